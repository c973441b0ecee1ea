"""Worker queues of a Deployment with the Celery executor."""

from dataclasses import replace

from django.db import transaction
from django.http import Http404, HttpResponse
from ninja import Router

from cloudui.web.api import ApiRequest
from cloudui.web.rest.errors import require_unchanged
from cloudui.web.rest.idempotency import IdempotencyKey, created_once
from cloudui.web.rest.schemas import Id
from deployments.access import deployment_to_edit, deployment_to_view
from deployments.models import WorkerQueue
from deployments.queues import service
from deployments.queues.schemas import QueueChanges, QueueName, QueueNew, QueueShown, QueuesShown
from deployments.queues.service import QueueInput, list_queues, queue_to_edit

PATH = "/deployments/{cid:deployment}/worker-queues"

router = Router(tags=["Worker queues"])


@router.get(PATH, response=QueuesShown, summary="List the worker queues")
def list_worker_queues(request: ApiRequest, deployment: Id) -> QueuesShown:
    """`default` first, then by name. The Kubernetes executor has none."""
    found = deployment_to_view(request.principal, None, deployment)
    return QueuesShown(worker_queues=[QueueShown.of(queue) for queue in list_queues(found)])


@router.post(PATH, response={201: QueueShown}, summary="Make a worker queue")
def create_worker_queue(
    request: ApiRequest, deployment: Id, body: QueueNew, idempotency_key: IdempotencyKey = ""
) -> HttpResponse:
    """Its workers come from the node pool of the worker type that is named, one of the Cluster's."""
    found = deployment_to_edit(request.principal, None, deployment)
    return created_once(
        request,
        idempotency_key,
        lambda: QueueShown.of(
            service.create_queue(request.principal, found, QueueInput(**body.model_dump()))
        ),
    )


@router.get(f"{PATH}/{{queue}}", response=QueueShown, summary="Read a worker queue")
def read_worker_queue(request: ApiRequest, deployment: Id, queue: QueueName) -> QueueShown:
    """The workers of one kind that take the tasks sent to its name."""
    found = deployment_to_view(request.principal, None, deployment)
    row = WorkerQueue.objects.of(found).filter(name=queue).first()
    if row is None:
        raise Http404
    return QueueShown.of(row)


@router.patch(f"{PATH}/{{queue}}", response=QueueShown, summary="Change a worker queue")
def change_worker_queue(
    request: ApiRequest, deployment: Id, queue: QueueName, changes: QueueChanges
) -> QueueShown:
    """Change some of it; what is missing stays as it is. A queue keeps its name."""
    with transaction.atomic():
        # What stays is read under the lock, so that it is not put back to what it was.
        found = queue_to_edit(request.principal, None, deployment, queue, locked=True)
        require_unchanged(changes, QueueShown.of(found))
        data = replace(QueueInput.of(found), **changes.model_dump(exclude_unset=True))
        changed = service.update_queue(request.principal, found, data)
    return QueueShown.of(changed)


@router.delete(f"{PATH}/{{queue}}", response={204: None}, summary="Delete a worker queue")
def delete_worker_queue(request: ApiRequest, deployment: Id, queue: QueueName) -> HttpResponse:
    """Tasks that are sent to it stay queued. `default` cannot be deleted."""
    found = queue_to_edit(request.principal, None, deployment, queue)
    service.delete_queue(request.principal, found)
    return HttpResponse(status=204)
