"""A deploy that a client announced, and uploads in pieces to a URL of its own before it becomes one."""

from typing import ClassVar, Self

from django.db import models
from django.utils import timezone

from cloudui.web.ids import ID_LENGTH, new_id
from deployments.models.deployment import DESCRIPTION_LENGTH, Deployment


class StagedDeployQuerySet(models.QuerySet["StagedDeploy"]):
    """Announced deploys, of which only those that have not ended count."""

    def open(self) -> Self:
        return self.filter(ends_at__gt=timezone.now())


class StagedDeploy(models.Model):
    """What is known of a `Deploy` before it exists; of its upload's URL only the hash of the secret part is kept."""

    id = models.CharField(primary_key=True, max_length=ID_LENGTH, default=new_id, editable=False)
    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="staged_deploys")
    # Null for an image alone, which has nothing to upload.
    capability_hash = models.CharField(max_length=64, unique=True, null=True)  # noqa: DJ001 - unique but for none
    description = models.CharField(max_length=DESCRIPTION_LENGTH, blank=True)
    source = models.JSONField(default=dict)
    made_by_kind = models.CharField(max_length=10)
    made_by_id = models.CharField(max_length=40)
    uploaded_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    ends_at = models.DateTimeField(db_index=True)

    objects: ClassVar[models.Manager["StagedDeploy"]] = StagedDeployQuerySet.as_manager()

    def __str__(self) -> str:
        return self.pk
