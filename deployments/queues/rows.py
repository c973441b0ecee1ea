"""The rows of worker queues, for services that hold the Deployment's row and have checked rights and limits."""

from collections.abc import Mapping
from typing import Any, Final

from django.core.exceptions import ValidationError

from cloudui.web.advice import Advice
from cloudui.web.principal import Principal
from deployments import events
from deployments.models import Cluster, Deployment, NodePool, WorkerQueue
from deployments.models.queue import DEFAULT_QUEUE
from deployments.queues.fields import QueueInput, default_input

NO_NODE_POOLS: Final = Advice(
    "This cluster has no node pools, and the Celery executor needs workers.",
    "Select another cluster or the Kubernetes executor, or ask an operator to add a node pool.",
)


def list_queues(deployment: Deployment) -> list[WorkerQueue]:
    """The queues with their node pools, `default` first, then by name; none for the Kubernetes executor."""
    queues = list(WorkerQueue.objects.of(deployment))
    for queue in queues:
        queue.deployment = deployment
    return queues


def node_pools(cluster: Cluster | str) -> dict[str, NodePool]:
    """The node pools of a Cluster that have workers, by worker type, the Cluster's default first."""
    pools = NodePool.objects.filter(cluster=cluster, max_workers__gte=1)
    return {pool.worker_type: pool for pool in pools.order_by("-is_default", "worker_type")}


def ensure_default_queue(deployment: Deployment) -> WorkerQueue:
    """Give a Celery Deployment its queue `default` if it has none; ValidationError on `cluster` without node pools."""
    queues = list_queues(deployment)
    default = next((queue for queue in queues if queue.is_default), None)
    if default is not None:
        return default
    pools = node_pools(deployment.cluster)
    if not pools:
        raise ValidationError({"cluster": NO_NODE_POOLS})
    made = _insert(deployment, default_input(next(iter(pools.values()))), pools)
    deployment.worker_queue_count = len(queues) + 1
    deployment.save(update_fields=["worker_queue_count"])
    return made


def drop_queues(deployment: Deployment) -> list[str]:
    """Delete all queues of a Deployment, whose row the caller holds, and whose event it writes; their names."""
    names = [queue.name for queue in list_queues(deployment)]
    WorkerQueue.objects.filter(deployment=deployment).delete()
    deployment.worker_queue_count = 0
    deployment.save(update_fields=["worker_queue_count"])
    return names


def create(
    principal: Principal, deployment: Deployment, data: QueueInput, pools: Mapping[str, NodePool]
) -> WorkerQueue:
    """Add a queue that is valid, with its event."""
    queue = _insert(deployment, data, pools)
    _record(principal, "createWorkerQueue", queue, data.to_event())
    return queue


def update(principal: Principal, queue: WorkerQueue, data: QueueInput, pools: Mapping[str, NodePool]) -> bool:
    """Change a queue to what is valid, with its event; whether there was anything to change."""
    before = QueueInput.of(queue)
    if before == data:
        return False
    for column, value in data.to_columns(pools).items():
        setattr(queue, column, value)
    queue.version += 1
    queue.save()
    _record(principal, "updateWorkerQueue", queue, {**data.to_event(), "before": before.to_event()})
    return True


def delete(principal: Principal, queue: WorkerQueue) -> None:
    """Remove a queue, with its event."""
    _record(principal, "deleteWorkerQueue", queue, {"name": queue.name})
    queue.delete()


def save_count(principal: Principal, deployment: Deployment) -> None:
    """Say who changed the queues, and how many there are under the lock."""
    deployment.worker_queue_count = WorkerQueue.objects.filter(deployment=deployment).count()
    deployment.save_change(principal, "worker_queue_count")


# Private


def _insert(deployment: Deployment, data: QueueInput, pools: Mapping[str, NodePool]) -> WorkerQueue:
    return WorkerQueue.objects.create(
        deployment=deployment, is_default=data.name == DEFAULT_QUEUE, **data.to_columns(pools)
    )


def _record(principal: Principal, operation: str, queue: WorkerQueue, given: Mapping[str, Any]) -> None:
    events.record(principal, operation, queue.deployment, given, target=queue.pk)
