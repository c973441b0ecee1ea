"""How a Deployment begins and ends. Every change writes its audit event in the same transaction."""

from typing import NotRequired, TypedDict, Unpack, cast

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from cloudui.web.names import unique_name
from cloudui.web.principal import Principal
from deployments import events
from deployments.access import deployment_to_delete
from deployments.airflow.service import add_local, require_ground
from deployments.deploys.bounds import record_counts_of
from deployments.deploys.retention import delete_after_commit
from deployments.details.service import clean_texts
from deployments.limits import require_room
from deployments.models import Cluster, ClusterKind, Deployment, Executor, RuntimeRelease
from deployments.models.deployment import NAME_TAKEN
from deployments.queues.service import ensure_default_queue
from workspaces.access import workspace_to_add_deployment
from workspaces.models import Workspace
from workspaces.principals import with_current_rights

# A release name is one of millions, so a second attempt nearly always finds a free one.
ATTEMPTS = 5


class Choices(TypedDict):
    """What is chosen for a new Deployment, by the names and within the limits of its fields."""

    name: str
    cluster: Cluster
    runtime: RuntimeRelease
    description: NotRequired[str]
    executor: NotRequired[str]
    scheduler_au: NotRequired[int]
    scheduler_replicas: NotRequired[int]


def create_deployment(principal: Principal, workspace: Workspace, **chosen: Unpack[Choices]) -> Deployment:
    """Make a Deployment, with its queue `default` if Celery runs the tasks.

    Its status is Not connected until an operator connects an Airflow; on a Cluster of this machine one is started.

    Raises:
        Http404, PermissionDenied: when the Workspace or the right to it went meanwhile.
        ValidationError: on its field: a name taken even since a moment ago, a cluster that is gone or has no workers
            for Celery, or cannot run Airflow here, a release no longer offered, any other wrong value; on `name` when the Workspace is full.
    """
    chosen = cast("Choices", clean_texts(chosen))
    for _ in range(ATTEMPTS):
        try:
            with unique_name(
                Deployment.objects.of(workspace).named(chosen["name"]).exists, refusal=NAME_TAKEN
            ):
                return _create(principal, workspace, chosen)
        except IntegrityError as error:
            collision = error
    raise collision


def delete_deployment(principal: Principal, deployment: Deployment) -> int:
    """Delete it with all its API keys, which are refused from the next request on, and return how many keys went."""
    with transaction.atomic():
        # Under this lock nobody can add a key that the deletion would not see.
        locked = deployment_to_delete(principal, deployment.workspace_id, deployment.pk, locked=True)
        key_count = locked.api_key_count
        # And nobody can write about a key that is used this moment: they are waited for, or find it gone.
        list(locked.api_keys.select_for_update().order_by("pk").values_list("pk"))
        events.record(
            principal,
            "deleteDeployment",
            locked,
            {"id": locked.pk, "name": locked.name, "apiKeys": key_count},
        )
        record_counts_of(locked)
        delete_after_commit(locked)
        locked.delete()
    return key_count


def _create(principal: Principal, workspace: Workspace, chosen: Choices) -> Deployment:
    with transaction.atomic():
        # A transaction may have waited for its turn to write.
        permitted = workspace_to_add_deployment(with_current_rights(principal), workspace.pk)
        require_room(permitted, field="name")
        _require_offered(chosen["cluster"], chosen["runtime"])
        require_ground(chosen["cluster"], chosen["runtime"])
        deployment = Deployment(
            workspace=permitted, ci_cd_enforced=permitted.ci_cd_enforced_by_default, **chosen
        )
        deployment.clean_fields(exclude={"workspace", "cluster", "runtime"})
        deployment.touched_by(principal)
        deployment.save(force_insert=True)
        if deployment.executor == Executor.CELERY:
            ensure_default_queue(deployment)
        if deployment.cluster.kind == ClusterKind.LOCAL:
            add_local(deployment)
        events.record(
            principal,
            "createDeployment",
            deployment,
            {
                "name": deployment.name,
                "description": deployment.description,
                "releaseName": deployment.release_name,
                "cluster": deployment.cluster.name,
                "executor": deployment.executor,
                "runtime": deployment.runtime.version,
                "schedulerAu": deployment.scheduler_au,
                "schedulerReplicas": deployment.scheduler_replicas,
                "ciCdEnforced": deployment.ci_cd_enforced,
            },
        )
    return deployment


def _require_offered(cluster: Cluster, runtime: RuntimeRelease) -> None:
    if not Cluster.objects.filter(pk=cluster.pk).exists():
        raise ValidationError({"cluster": "This cluster no longer exists. Select another one."})
    if not RuntimeRelease.objects.offered().filter(pk=runtime.pk).exists():
        raise ValidationError({"runtime": "This runtime is no longer offered. Select another one."})
