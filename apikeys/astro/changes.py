"""What the `astro` client changes of a Deployment, whichever protocol it speaks: all of it in one transaction, or nothing.

Each protocol reads its request into a `DeploymentChange` and calls `update_deployment`, or `create_deployment`. The
services of the Deployment decide and write the audit events, one a subject; no rule is made here, but what the client
means by what it sends. It fills what nobody chose with the current value, with 0 or with nothing, and those three keep:

- a number of 0, an empty list of worker queues, and None;
- a secret variable with an empty value;
- `ci_cd_enforced=False` of a Deployment file (`is_file`), which says so whether the file does or not.

A list of variables or alert e-mails is the complete new list, so that an empty one deletes all.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from cloudui.web.advice import Advice
from cloudui.web.principal import Principal
from deployments.access import deployment_to_edit
from deployments.deployment_file.checks import KUBERNETES_HAS_NONE
from deployments.details import service as details
from deployments.details.alert_emails import set_alert_emails
from deployments.models import Cluster, Deployment, Executor, RuntimeRelease, WorkerQueue
from deployments.models.queue import DEFAULT_QUEUE
from deployments.queues.service import QueueInput, list_queues, node_pools, replace_queues
from deployments.service import create_deployment as create
from deployments.variables.service import VariableInput, save_variables
from workspaces.access import workspace_to_add_deployment

NO_SUCH_CLUSTER: Final = (
    "There is no Cluster with the ID {}. astro deployment create without --cluster-id lists them."
)
NO_SUCH_RUNTIME: Final = "There is no Astro Runtime {} to choose here. These are offered: {}."
NO_SUCH_QUEUE: Final = "Worker queue {}: this Deployment has none with the ID {}. Read the Deployment again."
NO_SUCH_POOL: Final = (
    "Worker queue {}: the Cluster {} has no node pool with the ID {}. Its worker types are {}."
)
OTHER_NAME: Final = Advice(
    "Worker queue {}: its ID is that of the queue {}, and the name of a worker queue cannot be changed.",
    "Create another queue instead.",
)
NO_SUCH_EXECUTOR: Final = "Cloud UI has CeleryExecutor and KubernetesExecutor, and no other executor."

_WORDS: Final[Mapping[str, str]] = {
    "name": "Name",
    "description": "Description",
    "executor": "Executor",
    "scheduler_au": "Scheduler AU",
    "scheduler_replicas": "Scheduler count",
    "cluster": "Cluster",
    "runtime": "Runtime",
    "worker_type": "worker type",
    "min_workers": "minimum worker count",
    "max_workers": "maximum worker count",
    "concurrency": "worker concurrency",
}
_EXECUTORS: Final[Mapping[str, str]] = {
    name.upper(): executor
    for executor in Executor.values
    for name in (executor, executor.removesuffix("Executor"))
}


class ChangeRefused(Exception):
    """What was sent cannot be done. The text is for the client to print, `status` is the one of HTTP."""

    status: int = HTTPStatus.BAD_REQUEST


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueChange:
    """A worker queue as the client sends it, found by `id`, or by `name` without one.

    An empty `node_pool` keeps that of the queue, or takes the default. 0 and None choose the default of a number;
    `concurrency` is the most tasks on each worker.
    """

    name: str
    id: str = ""
    node_pool: str = ""
    min_workers: int | None = None
    max_workers: int | None = None
    concurrency: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentChange:
    """What a Deployment becomes; None keeps, as the head of this module says more closely. Lists are complete.

    Without the Celery executor `queues` has only one named `default`, which then stands for nothing. `is_file` is for
    `--deployment-file`, which never lowers CI/CD enforcement.
    """

    name: str | None = None
    description: str | None = None
    executor: str | None = None
    scheduler_au: int | None = None
    scheduler_replicas: int | None = None
    is_highly_available: bool | None = None
    ci_cd_enforced: bool | None = None
    dag_deploys_enabled: bool | None = None
    queues: Sequence[QueueChange] | None = None
    variables: Sequence[VariableInput] | None = None
    alert_emails: Sequence[str] | None = None
    is_file: bool = False


def executor_named(name: str) -> str:
    """The value of `Executor` for the client's name of it: `CELERY`, or `CeleryExecutor`, in any case.

    Raises ChangeRefused for any other; the client sends an empty one for its own AstroExecutor.
    """
    try:
        return _EXECUTORS[name.upper()]
    except KeyError:
        raise ChangeRefused(NO_SUCH_EXECUTOR) from None


@sensitive_variables()
def update_deployment(principal: Principal, deployment: Deployment, change: DeploymentChange) -> Deployment:
    """Change a Deployment as an Editor or an API key of this very Deployment. Nothing is written where nothing differs.

    Raises:
        Http404, PermissionDenied: when the Deployment or the right to it went meanwhile; PermissionDenied also for an
            API key that turns CI/CD enforcement off.
        ChangeRefused: for anything else that cannot be; then nothing is changed.
    """
    with transaction.atomic():
        locked = deployment_to_edit(principal, deployment.workspace_id, deployment.pk, locked=True)
        with _refused():
            details.update_deployment(principal, locked, **_configuration(change))
        return _change_parts(principal, locked, change)


@sensitive_variables()
def create_deployment(
    principal: Principal, workspace_id: str, change: DeploymentChange, *, cluster_id: str, runtime: str
) -> Deployment:
    """Make a Deployment as an Editor of the Workspace. `change` needs a name, `runtime` is one that is offered.

    CI/CD enforcement is also on where the Workspace says so for new Deployments. Raises Http404 or PermissionDenied for
    who may not create one there, ChangeRefused for anything else that cannot be; then nothing is made.
    """
    workspace = workspace_to_add_deployment(principal, workspace_id)
    cluster = Cluster.objects.filter(pk=cluster_id).first()
    if cluster is None:
        raise ChangeRefused(NO_SUCH_CLUSTER.format(cluster_id or "of this request"))
    offered = {release.version: release for release in RuntimeRelease.objects.offered()}
    if runtime not in offered:
        raise ChangeRefused(NO_SUCH_RUNTIME.format(runtime, ", ".join(offered)))
    values = _configuration(change)
    chosen: Any = {
        name: values.pop(name)
        for name in ("name", "description", "executor", "scheduler_au", "scheduler_replicas")
        if name in values
    }
    if not values.get("ci_cd_enforced"):
        values.pop("ci_cd_enforced", None)
    with transaction.atomic():
        with _refused():
            made = create(
                principal,
                workspace,
                **{"name": "", **chosen, "cluster": cluster, "runtime": offered[runtime]},
            )
            details.update_deployment(principal, made, **values)
        return _change_parts(principal, made, change)


def _configuration(change: DeploymentChange) -> dict[str, Any]:
    values = {
        "name": change.name,
        "description": change.description,
        "executor": change.executor,
        # The client sends 0 for what its file does not say.
        "scheduler_au": change.scheduler_au or None,
        "scheduler_replicas": change.scheduler_replicas or None,
        "is_highly_available": change.is_highly_available,
        "ci_cd_enforced": None if change.is_file and not change.ci_cd_enforced else change.ci_cd_enforced,
        "dag_deploys_enabled": change.dag_deploys_enabled,
    }
    return {field: value for field, value in values.items() if value is not None}


@sensitive_variables()
def _change_parts(principal: Principal, deployment: Deployment, change: DeploymentChange) -> Deployment:
    """Change what belongs to it, inside the transaction of the change."""
    locked = deployment_to_edit(principal, None, deployment.pk)
    if change.queues:
        queues = _queue_inputs(locked, change.queues)
        with _refused(lambda field: _queue_words(field, queues)):
            if queues:
                replace_queues(principal, locked, queues)
    if change.variables is not None:
        with _refused(str):
            save_variables(principal, locked, change.variables)
    if change.alert_emails is not None:
        with _refused(lambda _: ""):
            set_alert_emails(principal, locked, change.alert_emails)
    return deployment_to_edit(principal, None, deployment.pk)


def _queue_inputs(deployment: Deployment, queues: Sequence[QueueChange]) -> list[QueueInput]:
    if deployment.executor != Executor.CELERY:
        if {queue.name for queue in queues} - {DEFAULT_QUEUE}:
            raise ChangeRefused(f"{KUBERNETES_HAS_NONE} Leave them out, or change the executor.")
        return []
    present = list_queues(deployment)
    pools = node_pools(deployment.cluster)
    return [_queue_input(deployment, queue, present, pools) for queue in queues]


def _queue_input(
    deployment: Deployment, queue: QueueChange, present: Sequence[WorkerQueue], pools: Mapping[str, Any]
) -> QueueInput:
    before = next((each for each in present if each.pk == queue.id), None)
    if queue.id and before is None:
        raise ChangeRefused(NO_SUCH_QUEUE.format(queue.name, queue.id))
    if before is not None and before.name != queue.name:
        raise ChangeRefused(OTHER_NAME.format(queue.name, before.name))
    before = before or next((each for each in present if each.name == queue.name), None)
    if queue.node_pool:
        # A pool that offers no workers any more may stay, as the service decides.
        offered = [*pools.values(), *([before.node_pool] if before else [])]
        pool = next((each for each in offered if each.pk == queue.node_pool), None)
        if pool is None:
            raise ChangeRefused(
                NO_SUCH_POOL.format(queue.name, deployment.cluster.name, queue.node_pool, ", ".join(pools))
            )
    else:
        pool = before.node_pool if before else next(iter(pools.values()), None)
    return QueueInput.complete(
        pool,
        name=queue.name,
        worker_type=pool.worker_type if pool else "",
        min_workers=queue.min_workers,
        max_workers=queue.max_workers,
        concurrency=queue.concurrency,
    )


def _queue_words(field: str, queues: Sequence[QueueInput]) -> str:
    place, _, attribute = field.partition(".")
    return (
        f"Worker queue {queues[int(place)].name}, {_WORDS.get(attribute, attribute).lower()}"
        if attribute
        else ""
    )


@contextmanager
def _refused(words: Callable[[str], str] = lambda field: _WORDS.get(field, field)) -> Iterator[None]:
    """Turn what a service finds wrong into sentences, each after the words for its field."""
    try:
        yield
    except ValidationError as error:
        found = error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
        sentences = []
        for field, messages in found.items():
            place = "" if field == NON_FIELD_ERRORS else words(field)
            sentences += [f"{place}: {message}" if place else str(message) for message in messages]
        raise ChangeRefused(" ".join(sentences)) from error
