"""Where Deployments run and which Airflow they run: the operators' tables, edited in the admin site."""

from typing import ClassVar, Self

from django.db import models

from cloudui.web.ids import ID_LENGTH, new_id


class ClusterKind(models.TextChoices):
    """Who runs the Airflows of a Cluster."""

    EXTERNAL = "external", "Somebody else: operators connect each Airflow"
    LOCAL = "local", "Cloud UI, on this machine"
    KUBERNETES = "kubernetes", "Cloud UI, on Kubernetes by the official Helm chart"


class Cluster(models.Model):
    """A place where Deployments run. Operators make it; the database keeps one that has Deployments."""

    id = models.CharField(primary_key=True, max_length=ID_LENGTH, default=new_id, editable=False)
    name = models.CharField(max_length=100, unique=True)
    kind = models.CharField(
        max_length=10,
        choices=ClusterKind,
        default=ClusterKind.EXTERNAL,
        db_default=ClusterKind.EXTERNAL,
        help_text="Who runs the Airflows of its Deployments.",
    )
    provider = models.CharField(max_length=50, help_text="Such as aws, azure, gcp or local.")
    region = models.CharField(max_length=50, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class NodePool(models.Model):
    """A kind of worker machine that a Cluster offers, unless `max_workers` is 0.

    What exceeds a limit that was lowered since stays until it is edited.
    """

    id = models.CharField(primary_key=True, max_length=ID_LENGTH, default=new_id, editable=False)
    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="node_pools")
    worker_type = models.CharField(max_length=50, help_text="The machine type, such as m5.xlarge.")
    cpu = models.DecimalField("CPU", max_digits=6, decimal_places=2, help_text="Cores of one worker.")
    memory_gib = models.DecimalField(
        "memory (GiB)", max_digits=7, decimal_places=2, help_text="Memory of one worker in GiB."
    )
    max_workers = models.PositiveIntegerField(default=10, help_text="The most workers of one queue.")
    is_default = models.BooleanField("default", default=False)

    class Meta:
        ordering: ClassVar = ["cluster", "-is_default", "worker_type"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["cluster", "worker_type"], name="one_pool_per_worker_type"),
            models.UniqueConstraint(
                fields=["cluster"], condition=models.Q(is_default=True), name="one_default_pool_per_cluster"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.worker_type} ({self.cpu.normalize():f} CPU, {self.memory_gib.normalize():f} GiB)"


class RuntimeReleaseQuerySet(models.QuerySet["RuntimeRelease"]):
    """Runtime releases, of which operators choose those offered to new Deployments."""

    def offered(self) -> Self:
        return self.filter(is_offered=True).order_by("-position", "-version")


class RuntimeRelease(models.Model):
    """An Airflow runtime, named by its version. One that is no longer offered stays for the Deployments that have it."""

    version = models.CharField(primary_key=True, max_length=30)
    airflow_version = models.CharField(max_length=30)
    channel = models.CharField(max_length=20, default="stable")
    is_offered = models.BooleanField("offered", default=True, help_text="New Deployments may choose it.")
    position = models.PositiveIntegerField(default=0, help_text="The highest is offered first.")

    objects: ClassVar[models.Manager["RuntimeRelease"]] = RuntimeReleaseQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-position"]
        indexes: ClassVar = [models.Index(fields=["-position", "-version"], name="release_by_position")]

    def __str__(self) -> str:
        return f"{self.version} (based on Airflow v{self.airflow_version})"
