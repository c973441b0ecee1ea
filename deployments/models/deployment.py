"""A Deployment: one Airflow and all that belongs to it."""

import secrets
from typing import ClassVar, Self

from django.core.validators import MaxValueValidator, MinValueValidator, URLValidator
from django.db import models
from django.db.models.functions import Lower

from cloudui.web.ids import ID_LENGTH, new_id
from cloudui.web.orders import ByteOrder
from cloudui.web.principal import Kind, Principal
from deployments.models.cluster import Cluster, RuntimeRelease
from workspaces.models import Role, Workspace

NAME_LENGTH = 100
DESCRIPTION_LENGTH = 500
NAME_TAKEN = "A Deployment with this name already exists in this Workspace."

# What the create page offers, in Airflow units (AU; one is 0.1 CPU and 0.375 GiB) and schedulers.
SCHEDULER_AU = (5, 30)
SCHEDULER_REPLICAS = (1, 4)

_ADJECTIVES = (  # noqa: SIM905 - words read best as words
    "amber bright brisk calm clear cosmic crisp dawn deep distant early electric fair fluent gentle "
    "golden grand humble icy jovial keen lively lucid lunar mellow misty noble patient polar primal "
    "proud quiet radiant rapid regal serene silver solar stable steady still sunny swift tidal vast vivid"
).split()
_NOUNS = (  # noqa: SIM905 - words read best as words
    "asteroid aurora beacon binary canyon comet corona cosmos crater delta eclipse ember equinox fjord "
    "galaxy glacier gravity harbor horizon island lagoon meadow meteor moon nebula nova orbit parallax "
    "perigee photon planet prism pulsar quasar ridge ring river satellite spectrum spiral summit transit "
    "tundra vector zenith"
).split()


def new_release_name() -> str:
    """A fresh release name such as `bright-comet-1234`, the namespace in which Airflow runs."""
    number = secrets.randbelow(9000) + 1000
    return f"{secrets.choice(_ADJECTIVES)}-{secrets.choice(_NOUNS)}-{number}"


class Executor(models.TextChoices):
    """How Airflow runs tasks; the values are Airflow's own class names."""

    CELERY = "CeleryExecutor", "Celery"
    KUBERNETES = "KubernetesExecutor", "Kubernetes"


class Status(models.TextChoices):
    """What is known of the Airflow behind a Deployment; never claimed without having been seen."""

    CREATING = "CREATING", "Creating"
    DEPLOYING = "DEPLOYING", "Deploying"
    HEALTHY = "HEALTHY", "Healthy"
    UNHEALTHY = "UNHEALTHY", "Unhealthy"
    HIBERNATING = "HIBERNATING", "Hibernating"
    # The word that clients know for it.
    NOT_CONNECTED = "UNKNOWN", "Not connected"


class DeploymentQuerySet(models.QuerySet["Deployment"]):
    """Deployments; `visible_to` is the only way by which somebody may reach one."""

    def visible_to(self, principal: Principal) -> Self:
        """Each with `caller_role`; an Organization Owner sees all as Admin, an API key only its own."""
        # Whoever needs the accounts of its Airflow reads them.
        rows = self.select_related("workspace", "cluster", "runtime", "airflow").defer(
            "airflow__sealed_accounts"
        )
        if principal.kind is Kind.API_KEY:
            return rows.filter(pk=principal.deployment).annotate(caller_role=models.Value(0))
        if principal.is_owner:
            return rows.annotate(caller_role=models.Value(Role.ADMIN.value))
        return rows.filter(workspace__memberships__user_id=principal.id).annotate(
            caller_role=models.F("workspace__memberships__role")
        )

    def of(self, workspace: Workspace) -> Self:
        return self.filter(workspace=workspace)

    def named(self, name: str) -> Self:
        """Those that have this name, as the database compares names."""
        return self.alias(lower_name=Lower("name")).filter(lower_name=Lower(models.Value(name)))

    def matching(self, text: str) -> Self:
        """Those whose name, release name or ID contains `text`, whatever the case; all for an empty one."""
        if not text:
            return self
        return self.filter(
            models.Q(name__icontains=text)
            | models.Q(release_name__icontains=text)
            | models.Q(id__icontains=text)
        )

    def locked(self) -> Self:
        return self.select_for_update(of=("self",))


class Deployment(models.Model):
    """An Airflow as its team sees it. All that belongs to it changes under this row's lock, its counters too.

    `save_change` saves some fields and who did it; a plain `save` would put back what others changed meanwhile.
    """

    id = models.CharField(primary_key=True, max_length=ID_LENGTH, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT, related_name="deployments")
    name = models.CharField(max_length=NAME_LENGTH)
    description = models.CharField(max_length=DESCRIPTION_LENGTH, blank=True)
    release_name = models.CharField(max_length=63, unique=True, default=new_release_name, editable=False)
    cluster = models.ForeignKey(Cluster, on_delete=models.PROTECT, related_name="deployments")
    executor = models.CharField(max_length=20, choices=Executor, default=Executor.CELERY)
    runtime = models.ForeignKey(RuntimeRelease, on_delete=models.PROTECT, related_name="deployments")
    scheduler_au = models.PositiveSmallIntegerField(
        "scheduler resources (AU)",
        default=SCHEDULER_AU[0],
        validators=[MinValueValidator(SCHEDULER_AU[0]), MaxValueValidator(SCHEDULER_AU[1])],
    )
    scheduler_replicas = models.PositiveSmallIntegerField(
        "scheduler count",
        default=SCHEDULER_REPLICAS[0],
        validators=[MinValueValidator(SCHEDULER_REPLICAS[0]), MaxValueValidator(SCHEDULER_REPLICAS[1])],
    )
    ci_cd_enforced = models.BooleanField("CI/CD enforcement", default=False)
    dag_deploys_enabled = models.BooleanField("DAG deploys", default=True)
    is_highly_available = models.BooleanField("high availability", default=False)
    alert_emails = models.JSONField("alert e-mails", default=list, blank=True)
    status = models.CharField(max_length=20, choices=Status, default=Status.NOT_CONNECTED)
    airflow_url = models.CharField(
        "Airflow URL",
        max_length=200,
        blank=True,
        validators=[URLValidator(schemes=["http", "https"])],
        help_text="The address of the Airflow webserver. Operators only.",
    )
    api_key_count = models.PositiveIntegerField("API keys", default=0, editable=False)
    variable_count = models.PositiveIntegerField("environment variables", default=0, editable=False)
    worker_queue_count = models.PositiveIntegerField("worker queues", default=0, editable=False)
    # They rise with each change. Alert e-mails have none; the versions of worker queues are in their rows.
    configuration_version = models.PositiveIntegerField(default=1, editable=False)
    variables_version = models.PositiveIntegerField(default=1, editable=False)
    # The one whose files Airflow reads.
    current_deploy = models.ForeignKey(
        "deployments.Deploy",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    updated_by_kind = models.CharField(max_length=10, blank=True, editable=False)
    updated_by_id = models.CharField(max_length=40, blank=True, editable=False)
    updated_by_name = models.CharField(max_length=254, blank=True, editable=False)

    objects: ClassVar[models.Manager["Deployment"]] = DeploymentQuerySet.as_manager()

    # Set by visible_to(); 0 for an API key, whose rights are decided by its kind.
    caller_role: int

    class Meta:
        """Names are unique within a Workspace, whatever the case (the CLI finds Deployments by name)."""

        constraints: ClassVar = [
            models.UniqueConstraint(
                "workspace",
                Lower("name"),
                name="deployment_name_is_unique_in_workspace",
                violation_error_message=NAME_TAKEN,
            )
        ]
        # The orders of a Workspace's list, and what operators search and sort by in all Workspaces.
        indexes: ClassVar = [
            models.Index(fields=["workspace", "updated_at", "id"], name="deployment_by_update"),
            models.Index(fields=["workspace", "created_at", "id"], name="deployment_by_age"),
            models.Index(fields=["created_at", "id"], name="deployment_by_age_anywhere"),
            models.Index(ByteOrder(Lower("name")), "id", name="deployment_by_name"),
        ]

    def __str__(self) -> str:
        return self.name

    def save_change(self, principal: Principal, *fields: str) -> None:
        self.touched_by(principal)
        self.save(
            update_fields=[*fields, "updated_at", "updated_by_kind", "updated_by_id", "updated_by_name"]
        )

    def touched_by(self, principal: Principal) -> None:
        self.updated_by_kind = principal.kind
        self.updated_by_id = principal.id
        self.updated_by_name = principal.name[:254]
