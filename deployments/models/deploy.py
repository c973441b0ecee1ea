"""A deploy: one version of a Deployment's DAGs, or the return to an earlier one."""

from typing import ClassVar, Final, Self

from django.db import models
from django.db.models import Case, ExpressionWrapper, F, When

from cloudui.web.ids import ID_LENGTH, new_id
from deployments.models.deployment import DESCRIPTION_LENGTH, Deployment


class DeployStatus(models.TextChoices):
    """How far a deploy came; one that stays at RECEIVING was interrupted."""

    RECEIVING = "RECEIVING", "Receiving"
    SUCCEEDED = "SUCCEEDED", "Succeeded"
    FAILED = "FAILED", "Failed"


class DeployKind(models.TextChoices):
    """What was deployed."""

    DAGS = "DAGS", "DAGs"
    IMAGE = "IMAGE", "Image"
    IMAGE_AND_DAGS = "IMAGE_AND_DAGS", "Image and DAGs"


# What a row says that was written before this was counted: a whole block more than its files for each of them.
_ESTIMATE: Final = ExpressionWrapper(
    F("size") + 4096 * F("file_count"), output_field=models.BigIntegerField()
)
STORED: Final = Case(
    When(stored_bytes=0, then=_ESTIMATE), default=F("stored_bytes"), output_field=models.BigIntegerField()
)


class DeployQuerySet(models.QuerySet["Deploy"]):
    """Deploys, of which each Deployment keeps its whole history, and the files of some."""

    def of(self, deployment: Deployment) -> Self:
        return self.filter(deployment=deployment)

    def uploads(self) -> Self:
        """Those whose own files are kept, each with what they take on the disk in `stored`."""
        return self.filter(has_files=True, version=F("id")).annotate(stored=STORED)


class Deploy(models.Model):
    """What was deployed, by whom and when; its files are in the store's folder `version`, as long as `has_files`."""

    id = models.CharField(primary_key=True, max_length=ID_LENGTH, default=new_id, editable=False)
    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="deploys")
    status = models.CharField(max_length=10, choices=DeployStatus, default=DeployStatus.RECEIVING)
    kind = models.CharField(
        max_length=20, choices=DeployKind, default=DeployKind.DAGS, db_default=DeployKind.DAGS
    )
    description = models.CharField(max_length=DESCRIPTION_LENGTH, blank=True)
    # The deploy whose files these are: itself, or the one that was rolled back to.
    version = models.CharField(max_length=ID_LENGTH)
    rolled_back_to = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="returns"
    )
    has_files = models.BooleanField(default=False)
    size = models.PositiveBigIntegerField(default=0, help_text="Bytes of all files together.")
    file_count = models.PositiveIntegerField(default=0)
    stored_bytes = models.PositiveBigIntegerField(
        db_default=0, default=0, help_text="Bytes on the disk, in whole blocks; 0 if that was not counted."
    )
    checksum = models.CharField("SHA-256 of the archive", max_length=64, blank=True)
    image = models.CharField("image, with its tag", max_length=500, blank=True, default="", db_default="")
    client = models.CharField("program that sent it", max_length=60, blank=True, default="", db_default="")
    commit_sha = models.CharField(max_length=64, blank=True, default="", db_default="")
    commit_branch = models.CharField(max_length=200, blank=True, default="", db_default="")
    commit_repository = models.CharField(max_length=200, blank=True, default="", db_default="")
    commit_url = models.CharField(max_length=200, blank=True, default="", db_default="")
    reason = models.CharField("why it failed", max_length=500, blank=True)
    made_by_kind = models.CharField(max_length=10)
    made_by_id = models.CharField(max_length=40)
    made_by_name = models.CharField(max_length=254)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["Deploy"]] = DeployQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["deployment", "-created_at", "id"], name="deploy_history"),
            models.Index(fields=["deployment"], condition=models.Q(has_files=True), name="deploy_with_files"),
            # For the last failures of all Deployments together (deployments.attention).
            models.Index(fields=["status", "-created_at"], name="deploy_by_status"),
        ]

    def __str__(self) -> str:
        return self.pk


class DeployFailures(models.Model):
    """How often deploys of one caller to one Deployment failed in an hour, after the first (deployments.deploys.bounds)."""

    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="+")
    made_by_kind = models.CharField(max_length=10)
    made_by_id = models.CharField(max_length=40)
    made_by_name = models.CharField(max_length=254)
    # When the first one failed, which has an event of its own, and when the last one did.
    since = models.DateTimeField()
    until = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["deployment", "made_by_kind", "made_by_id"], name="one_count_of_failures"
            )
        ]

    def __str__(self) -> str:
        return f"{self.count} more failed deploys of {self.made_by_name}"
