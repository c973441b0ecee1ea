"""How a Deployment begins and ends. Every change writes its audit event in the same transaction."""

from typing import NotRequired, TypedDict, Unpack

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from cloudui.web.principal import Principal
from deployments.access import deployment_to_delete
from deployments.deploys.retention import delete_after_commit
from deployments.models import Cluster, Deployment, Executor, RuntimeRelease
from deployments.models.deployment import NAME_TAKEN
from deployments.queues.service import ensure_default_queue
from workspaces import audit
from workspaces.access import workspace_to_add_deployment
from workspaces.models import Workspace

# A release name is one of millions, so a second attempt nearly always finds a free one.
ATTEMPTS = 5


class Choices(TypedDict):
    """What is chosen for a new Deployment.

    Attributes:
        name: 1 to 100 characters, unique in the Workspace whatever the case.
        cluster: where it runs.
        runtime: a release that is offered.
        description: 0 to 500 characters.
        executor: a value of `Executor`.
        scheduler_au: the resources of each scheduler, 5 to 30 Airflow units.
        scheduler_replicas: how many schedulers, 1 to 4.
    """

    name: str
    cluster: Cluster
    runtime: RuntimeRelease
    description: NotRequired[str]
    executor: NotRequired[str]
    scheduler_au: NotRequired[int]
    scheduler_replicas: NotRequired[int]


def create_deployment(principal: Principal, workspace: Workspace, **chosen: Unpack[Choices]) -> Deployment:
    """Make a Deployment, with its queue `default` if Celery runs the tasks.

    Its status is Unknown, because no Airflow has been registered that could be asked.

    Args:
        principal: who makes it; must still be Editor when it is made.
        workspace: the Workspace as the caller's rights showed it.
        **chosen: see `Choices`.

    Raises:
        Http404, PermissionDenied: when the Workspace or the right to it went meanwhile.
        ValidationError: on its field: a name that another Deployment has, even since a moment ago, a cluster
            that is gone or has no workers for Celery, a release that is no longer offered, a value outside its
            limits.
    """
    for _ in range(ATTEMPTS):
        try:
            return _create(principal, workspace, chosen)
        except IntegrityError as error:
            # Only the database can tell when two people choose a name at once.
            if Deployment.objects.of(workspace).named(chosen["name"]).exists():
                raise ValidationError({"name": NAME_TAKEN}) from error
            collision = error
    raise collision


def delete_deployment(principal: Principal, deployment: Deployment) -> int:
    """Delete a Deployment with all its API keys; whatever uses one is refused from the next request on.

    Args:
        principal: who deletes it.
        deployment: the Deployment as the caller's rights showed it.

    Returns:
        How many API keys went with it.

    Raises:
        Http404, PermissionDenied: when the Deployment or the right to it went meanwhile.
    """
    with transaction.atomic():
        # Under this lock nobody can add a key that the deletion would not see.
        locked = deployment_to_delete(principal, deployment.workspace_id, deployment.pk, locked=True)
        key_count = locked.api_key_count
        # And nobody can write about a key that is being used this moment: he is waited for, or finds it gone.
        list(locked.api_keys.select_for_update().order_by("pk").values_list("pk"))
        audit.record(
            principal,
            "deleteDeployment",
            workspace=locked.workspace_id,
            deployment=locked.pk,
            target=locked.pk,
            input={"id": locked.pk, "name": locked.name, "apiKeys": key_count},
        )
        delete_after_commit(locked)
        locked.delete()
    return key_count


def _create(principal: Principal, workspace: Workspace, chosen: Choices) -> Deployment:
    with transaction.atomic():
        permitted = workspace_to_add_deployment(principal, workspace.pk)
        _require_offered(chosen["cluster"], chosen["runtime"])
        deployment = Deployment(
            workspace=permitted, ci_cd_enforced=permitted.ci_cd_enforced_by_default, **chosen
        )
        deployment.clean_fields(exclude={"workspace", "cluster", "runtime"})
        deployment.touched_by(principal)
        deployment.save(force_insert=True)
        if deployment.executor == Executor.CELERY:
            ensure_default_queue(deployment)
        audit.record(
            principal,
            "createDeployment",
            workspace=permitted.pk,
            deployment=deployment.pk,
            target=deployment.pk,
            input={
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
