"""Worker queues: making, changing and deleting them.

Each change locks the Deployment's row, checks rights and node pools again and writes its event in one transaction.
Each raises Http404 or PermissionDenied when the Deployment, the queue or the right to it went meanwhile.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.http import Http404

from cloudui.web.advice import Advice
from cloudui.web.principal import Principal
from cloudui.web.versions import require_version
from deployments.access import deployment_to_edit
from deployments.models import Deployment, Executor, NodePool, WorkerQueue
from deployments.models.queue import DEFAULT_QUEUE
from deployments.queues import rows
from deployments.queues.fields import QueueInput
from deployments.queues.limits import MAX_QUEUES, errors_of, require_valid
from deployments.queues.rows import drop_queues, ensure_default_queue, list_queues, node_pools

__all__ = [
    "MAX_QUEUES",
    "QueueInput",
    "create_queue",
    "delete_queue",
    "drop_queues",
    "ensure_default_queue",
    "list_queues",
    "node_pools",
    "queue_to_edit",
    "replace_queues",
    "update_queue",
]

ONLY_CELERY: Final = Advice(
    "Only the Celery executor has worker queues.", "Change the executor in Details first."
)
NAME_TAKEN = "A worker queue with this name already exists in this Deployment."
NAME_STAYS: Final = Advice("The name of a worker queue cannot be changed.", "Create another queue instead.")
DEFAULT_STAYS = "The default queue cannot be deleted."
# Of more nothing else is said, so that a long list costs no more than a short one.
MOST_SENT: Final = 10 * MAX_QUEUES
TOO_MANY: Final = Advice(f"A Deployment can have at most {MAX_QUEUES} worker queues.", "Delete one first.")


def queue_to_edit(
    principal: Principal, workspace_id: str | None, deployment_id: str, name: str, *, locked: bool = False
) -> WorkerQueue:
    """The queue of that name, for who may change its Deployment; takes and raises the same as `deployment_to_edit`."""
    deployment = deployment_to_edit(principal, workspace_id, deployment_id, locked=locked)
    queue = WorkerQueue.objects.of(deployment).filter(name=name).first()
    if queue is None:
        raise Http404
    queue.deployment = deployment
    return queue


def create_queue(principal: Principal, deployment: Deployment, data: QueueInput) -> WorkerQueue:
    """Make a queue; ValidationError on the field that is wrong, on none where there may be no (more) queues."""
    with transaction.atomic():
        locked = deployment_to_edit(principal, deployment.workspace_id, deployment.pk, locked=True)
        _require_celery(locked)
        present, pools = {queue.name: queue for queue in list_queues(locked)}, node_pools(locked.cluster)
        if len(present) >= MAX_QUEUES:
            raise ValidationError(TOO_MANY)
        errors = errors_of(data, pools)
        if data.name in present:
            errors["name"] = NAME_TAKEN
        require_valid(errors)
        queue = rows.create(principal, locked, data, pools)
        ensure_default_queue(locked)
        rows.save_count(principal, locked)
    return queue


def update_queue(
    principal: Principal, queue: WorkerQueue, data: QueueInput, *, version: int | None = None
) -> WorkerQueue:
    """Change everything of a queue but its name; `version` None replaces whatever is there.

    Raises StaleEdit when it has another version by now, and ValidationError on the field that is wrong.
    """
    with transaction.atomic():
        current = _locked(principal, queue)
        require_version(current, read=version, version=current.version, what="This worker queue was changed")
        pools = node_pools(current.deployment.cluster)
        # What stays as it is may stay, even where an operator lowered a limit since.
        errors = {} if data == QueueInput.of(current) else errors_of(data, pools)
        if data.name != current.name:
            errors["name"] = NAME_STAYS
        require_valid(errors)
        if rows.update(principal, current, data, pools):
            rows.save_count(principal, current.deployment)
    return current


def delete_queue(principal: Principal, queue: WorkerQueue) -> None:
    """Delete a worker queue (ValidationError for `default`); tasks sent to it stay queued for ever."""
    with transaction.atomic():
        current = _locked(principal, queue)
        if current.is_default:
            raise ValidationError(DEFAULT_STAYS)
        rows.delete(principal, current)
        rows.save_count(principal, current.deployment)


def replace_queues(
    principal: Principal, deployment: Deployment, queues: Sequence[QueueInput]
) -> list[WorkerQueue]:
    """Make the queues of a Deployment exactly these, matched by name, each with its own event: all or none.

    Raises ValidationError on `<place in queues, from 0>.<field of QueueInput>`, or on `__all__` for the set as such.
    """
    with transaction.atomic():
        locked = deployment_to_edit(principal, deployment.workspace_id, deployment.pk, locked=True)
        _require_celery(locked)
        pools = node_pools(locked.cluster)
        present = {queue.name: queue for queue in list_queues(locked)}
        require_valid(_errors_of_set(queues, present, pools))
        names = {data.name for data in queues}
        changes = 0
        for name, queue in present.items():
            if name not in names:
                rows.delete(principal, queue)
                changes += 1
        for data in queues:
            if data.name not in present:
                rows.create(principal, locked, data, pools)
                changes += 1
            else:
                changes += rows.update(principal, present[data.name], data, pools)
        if changes:
            rows.save_count(principal, locked)
    return list_queues(locked)


# Private


def _locked(principal: Principal, queue: WorkerQueue) -> WorkerQueue:
    deployment = queue.deployment
    current = queue_to_edit(principal, deployment.workspace_id, deployment.pk, queue.name, locked=True)
    if current.pk != queue.pk:
        # Deleted meanwhile, and another one took its name.
        raise Http404
    return current


def _require_celery(deployment: Deployment) -> None:
    if deployment.executor != Executor.CELERY:
        raise ValidationError(ONLY_CELERY)


def _errors_of_set(
    queues: Sequence[QueueInput], present: Mapping[str, WorkerQueue], pools: Mapping[str, NodePool]
) -> dict[str, str]:
    errors: dict[str, str] = {}
    seen: set[str] = set()
    if len(queues) > MOST_SENT:
        return {NON_FIELD_ERRORS: _too_many(len(queues))}
    for place, data in enumerate(queues):
        # What stays as it is may stay, even where an operator lowered a limit since.
        if data.name not in present or data != QueueInput.of(present[data.name]):
            errors |= {f"{place}.{field}": error for field, error in errors_of(data, pools).items()}
        if data.name in seen:
            errors[f"{place}.name"] = Advice("This name stands here twice.", "Use each name once.")
        seen.add(data.name)
    if DEFAULT_QUEUE not in seen:
        errors[NON_FIELD_ERRORS] = Advice(DEFAULT_STAYS, f"List a queue named {DEFAULT_QUEUE}.")
    elif len(seen) > MAX_QUEUES:
        errors[NON_FIELD_ERRORS] = _too_many(len(seen))
    return errors


def _too_many(number: int) -> str:
    return f"A Deployment can have at most {MAX_QUEUES} worker queues; these are {number}."
