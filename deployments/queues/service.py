"""Worker queues: making, changing and deleting them.

Each change takes the lock of the Deployment's row, decides again, checks against the node pools as they are then
and writes its audit event in the same transaction.
"""

from collections.abc import Mapping, Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404

from cloudui.web.principal import Principal
from deployments.access import deployment_to_edit
from deployments.models import Deployment, Executor, NodePool, WorkerQueue
from deployments.models.queue import DEFAULT_QUEUE
from deployments.queues import rows as queue_rows
from deployments.queues.limits import MAX_QUEUES, Limits, QueueWanted, faults_of, limits, require
from deployments.queues.rows import drop_queues, ensure_default_queue, list_queues, node_pools

__all__ = [
    "MAX_QUEUES",
    "Limits",
    "QueueChanged",
    "QueueWanted",
    "create_queue",
    "delete_queue",
    "drop_queues",
    "ensure_default_queue",
    "limits",
    "list_queues",
    "node_pools",
    "queue_to_edit",
    "replace_queues",
    "update_queue",
]

ONLY_CELERY = "Only the Celery executor has worker queues. Change the executor in Details first."
NAME_TAKEN = "A worker queue with this name already exists in this Deployment."
NAME_STAYS = "The name of a worker queue cannot be changed. Create another queue instead."
DEFAULT_STAYS = "The default queue cannot be deleted."
TOO_MANY = f"A Deployment can have at most {MAX_QUEUES} worker queues. Delete one first."


class QueueChanged(Exception):
    """Somebody changed the queue after the form was opened."""

    def __init__(self, current: WorkerQueue) -> None:
        super().__init__("This worker queue was changed meanwhile.")
        self.current = current


def queue_to_edit(
    principal: Principal, workspace_id: str | None, deployment_id: str, name: str, *, locked: bool = False
) -> WorkerQueue:
    """The queue, for somebody who may change its Deployment, with `deployment` as his rights showed it.

    Args:
        principal: who asks.
        workspace_id: the Workspace named in the address, or None where the Deployment alone is.
        deployment_id: the Deployment named in the address.
        name: the queue named in the address.
        locked: hold the Deployment's row until the transaction ends.

    Raises:
        Http404: for strangers, and for a queue that is not there.
        PermissionDenied: for Members.
    """
    deployment = deployment_to_edit(principal, workspace_id, deployment_id, locked=locked)
    queue = WorkerQueue.objects.of(deployment).filter(name=name).first()
    if queue is None:
        raise Http404
    queue.deployment = deployment
    return queue


def create_queue(principal: Principal, deployment: Deployment, wanted: QueueWanted) -> WorkerQueue:
    """Make a worker queue.

    Raises:
        Http404, PermissionDenied: when the Deployment or the right to it went meanwhile.
        ValidationError: on the attribute of `QueueWanted` that is wrong; on `__all__` when the executor has no
            queues or there are as many as there may be.
    """
    with transaction.atomic():
        locked = deployment_to_edit(principal, deployment.workspace_id, deployment.pk, locked=True)
        _require_celery(locked)
        present, pools = {queue.name: queue for queue in list_queues(locked)}, node_pools(locked.cluster)
        if len(present) >= MAX_QUEUES:
            raise ValidationError(TOO_MANY)
        faults = faults_of(wanted, pools)
        if wanted.name in present:
            faults["name"] = NAME_TAKEN
        require(faults)
        queue = queue_rows.create(principal, locked, wanted, pools)
        ensure_default_queue(locked)
        queue_rows.count(principal, locked)
    return queue


def update_queue(
    principal: Principal, queue: WorkerQueue, wanted: QueueWanted, *, version: str | None = None
) -> WorkerQueue:
    """Change everything of a worker queue but its name.

    Args:
        principal: who changes it.
        queue: the queue as the caller's rights showed it.
        wanted: what it shall be; its name must be the queue's.
        version: the `updated_at` that the caller saw, in ISO format; None to replace whatever is there.

    Raises:
        Http404, PermissionDenied: when the queue or the right to it went meanwhile.
        QueueChanged: when somebody changed the queue since that version.
        ValidationError: on the attribute of `QueueWanted` that is wrong.
    """
    with transaction.atomic():
        current = _locked(principal, queue)
        if version is not None and version != current.updated_at.isoformat():
            raise QueueChanged(current)
        pools = node_pools(current.deployment.cluster)
        faults = faults_of(wanted, pools)
        if wanted.name != current.name:
            faults["name"] = NAME_STAYS
        require(faults)
        if queue_rows.update(principal, current, wanted, pools):
            queue_rows.count(principal, current.deployment)
    return current


def delete_queue(principal: Principal, queue: WorkerQueue) -> None:
    """Delete a worker queue; tasks sent to it stay queued for ever.

    Raises:
        Http404, PermissionDenied: when the queue or the right to it went meanwhile.
        ValidationError: for the default queue.
    """
    with transaction.atomic():
        current = _locked(principal, queue)
        if current.is_default:
            raise ValidationError(DEFAULT_STAYS)
        queue_rows.delete(principal, current)
        queue_rows.count(principal, current.deployment)


def replace_queues(
    principal: Principal, deployment: Deployment, wanted: Sequence[QueueWanted]
) -> list[WorkerQueue]:
    """Make the queues of a Deployment exactly these: all in one batch, or none.

    Args:
        principal: who changes them.
        deployment: the Deployment as the caller's rights showed it.
        wanted: the complete new set, `default` among them. Queues are matched by name; one that is not wanted
            is deleted.

    Returns:
        The queues as they are now. Each one made, changed or deleted has its own audit event; one that stays as
        it is has none.

    Raises:
        Http404, PermissionDenied: when the Deployment or the right to it went meanwhile.
        ValidationError: on `<place in wanted, from 0>.<attribute of QueueWanted>`, or on `__all__` for what is
            wrong with the set.
    """
    with transaction.atomic():
        locked = deployment_to_edit(principal, deployment.workspace_id, deployment.pk, locked=True)
        _require_celery(locked)
        pools = node_pools(locked.cluster)
        present = {queue.name: queue for queue in list_queues(locked)}
        require(_faults_of_set(wanted, present, pools))
        wanted_names = {queue.name for queue in wanted}
        changes = 0
        for name, queue in present.items():
            if name not in wanted_names:
                queue_rows.delete(principal, queue)
                changes += 1
        for each in wanted:
            if each.name not in present:
                queue_rows.create(principal, locked, each, pools)
                changes += 1
            else:
                changes += queue_rows.update(principal, present[each.name], each, pools)
        if changes:
            queue_rows.count(principal, locked)
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


def _faults_of_set(
    wanted: Sequence[QueueWanted], present: Mapping[str, WorkerQueue], pools: Mapping[str, NodePool]
) -> dict[str, str]:
    faults: dict[str, str] = {}
    seen: set[str] = set()
    for place, each in enumerate(wanted):
        # What stays as it is may stay, even where an operator lowered a limit since.
        if each.name not in present or each != QueueWanted.of(present[each.name]):
            faults |= {f"{place}.{field}": fault for field, fault in faults_of(each, pools).items()}
        if each.name in seen:
            faults[f"{place}.name"] = "This name stands here twice. Use each name once."
        seen.add(each.name)
    if DEFAULT_QUEUE not in seen:
        faults["__all__"] = f"{DEFAULT_STAYS} List a queue named {DEFAULT_QUEUE}."
    elif len(seen) > MAX_QUEUES:
        faults["__all__"] = (
            f"A Deployment can have at most {MAX_QUEUES} worker queues; these are {len(seen)}."
        )
    return faults
