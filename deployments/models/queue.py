"""A worker queue: workers of one kind, which take the tasks that are sent to its name."""

from typing import ClassVar, Self

from django.db import models

from cloudui.web.ids import ID_LENGTH, new_id
from deployments.models.cluster import NodePool
from deployments.models.deployment import Deployment

QUEUE_NAME_LENGTH = 63
DEFAULT_QUEUE = "default"


class WorkerQueueQuerySet(models.QuerySet["WorkerQueue"]):
    """Worker queues; rights and limits are those of their Deployment."""

    def of(self, deployment: Deployment) -> Self:
        return self.filter(deployment=deployment).with_node_pools()

    def with_node_pools(self) -> Self:
        return self.select_related("node_pool").order_by(models.F("is_default").desc(), "name")


class WorkerQueue(models.Model):
    """Workers of one kind, as `QueueInput` describes them. Only Celery has queues, and always one named `default`."""

    id = models.CharField(primary_key=True, max_length=ID_LENGTH, default=new_id, editable=False)
    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="worker_queues")
    name = models.CharField(max_length=QUEUE_NAME_LENGTH)
    is_default = models.BooleanField("default", default=False)
    node_pool = models.ForeignKey(
        NodePool, on_delete=models.PROTECT, related_name="worker_queues", verbose_name="worker type"
    )
    min_workers = models.PositiveSmallIntegerField("minimum workers", default=0)
    max_workers = models.PositiveSmallIntegerField("maximum workers", default=10)
    concurrency = models.PositiveSmallIntegerField(
        default=16, help_text="The maximum number of tasks per worker."
    )
    version = models.PositiveIntegerField(default=1, db_default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[models.Manager["WorkerQueue"]] = WorkerQueueQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["deployment", "name"], name="one_queue_per_name"),
            models.UniqueConstraint(
                fields=["deployment"],
                condition=models.Q(is_default=True),
                name="one_default_queue_per_deployment",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def worker_type(self) -> str:
        return self.node_pool.worker_type
