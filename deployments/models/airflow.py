"""The Airflow behind a Deployment: what should be, how it is entered, and what was last seen of it.

A Deployment without a row here has no Airflow. Pages and services write what should be; whoever looks at Airflow (the
keeper of those that run here, the checks of those that are connected) writes what was seen, by
`deployments.airflow.state`.
"""

from datetime import timedelta
from typing import ClassVar

from django.core.validators import URLValidator
from django.db import models
from django.utils import timezone

from deployments.models.deployment import Deployment, Status

REASON_LENGTH = 1000
# Those that look at it do so once a minute, or more often.
UNSEEN_AFTER = timedelta(minutes=5)


class Ground(models.TextChoices):
    """Who runs it, and where."""

    CONNECTED = "connected", "Connected by an operator"
    LOCAL = "local", "Run on this machine"
    KUBERNETES = "kubernetes", "Run on Kubernetes"


class AirflowAuth(models.TextChoices):
    """How the gateway is let in."""

    ACCOUNTS = "accounts", "A service account for each role"
    AUTH_MANAGER = "auth_manager", "The caller's own token, by our auth manager"


class AirflowRole(models.TextChoices):
    """Airflow's roles, from the least to the most; the values are those of Airflow 3's simple auth manager."""

    VIEWER = "viewer", "Viewer"
    USER = "user", "User"
    OP = "op", "Op"
    ADMIN = "admin", "Admin"


class Airflow(models.Model):
    """One row a Deployment, once it has an Airflow."""

    deployment = models.OneToOneField(
        Deployment, primary_key=True, on_delete=models.CASCADE, related_name="airflow"
    )
    ground = models.CharField(max_length=10, choices=Ground)
    # Without a path at its end, and the gateway adds `/api/v1` or `/api/v2`.
    base_url = models.CharField(
        "base URL", max_length=200, blank=True, validators=[URLValidator(schemes=["http", "https"])]
    )
    # As Airflow itself said.
    version = models.CharField(max_length=30, blank=True)
    auth = models.CharField(max_length=12, choices=AirflowAuth, default=AirflowAuth.ACCOUNTS)
    # By `deployments.airflow.accounts`; nobody else reads it.
    sealed_accounts = models.BinaryField(null=True, editable=False)

    # What should be.
    is_awake = models.BooleanField(default=True)
    restart_requested_at = models.DateTimeField(null=True, blank=True)

    # What was seen; the status is the Deployment's.
    reason = models.CharField(max_length=REASON_LENGTH, blank=True)
    # For each process: {"name": "scheduler", "state": "running", "detail": "..."}
    components = models.JSONField(default=list, blank=True)
    memory_bytes = models.PositiveBigIntegerField(null=True, blank=True)
    # Of one core, so that 1.5 is one and a half.
    processor = models.FloatField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)
    # The Deployment's `variables_version` that the running processes have; null where nobody can know.
    variables_version = models.PositiveIntegerField(null=True, blank=True)

    objects: ClassVar[models.Manager["Airflow"]] = models.Manager()

    def __str__(self) -> str:
        return self.base_url or self.get_ground_display()

    @staticmethod
    def of(deployment: Deployment) -> "Airflow | None":
        """The one of a Deployment, without a query for a Deployment from `visible_to`."""
        try:
            return deployment.airflow
        except Airflow.DoesNotExist:
            return None

    @property
    def is_run_by_us(self) -> bool:
        """Whether Cloud UI starts and stops it."""
        return self.ground != Ground.CONNECTED

    @property
    def signs_people_in(self) -> bool:
        """Whether people enter its web interface by the console: it has our auth manager."""
        return self.ground == Ground.LOCAL or self.auth == AirflowAuth.AUTH_MANAGER

    @property
    def needs_restart(self) -> bool:
        """Whether the running processes have older variables than the Deployment."""
        known = self.variables_version
        return self.is_awake and known is not None and known < self.deployment.variables_version

    @property
    def is_changing(self) -> bool:
        """Whether its status will be another one soon, without anybody doing anything."""
        status = self.deployment.status
        if not self.is_awake:
            return status != Status.HIBERNATING
        return status in {Status.CREATING, Status.HIBERNATING} or (self.is_run_by_us and self.is_restarting)

    @property
    def is_restarting(self) -> bool:
        """Whether a restart was asked for that nobody has seen yet."""
        asked = self.restart_requested_at
        return asked is not None and (self.started_at is None or self.started_at < asked)

    @property
    def is_unseen(self) -> bool:
        """Whether nobody has looked at it lately, so that what is known of it may be outdated."""
        return self.seen_at is not None and timezone.now() - self.seen_at > UNSEEN_AFTER
