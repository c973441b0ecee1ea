"""What the tests of worker queues share."""

from deployments.queues import service
from deployments.queues.service import QueueInput
from workspaces.models import AuditEvent

HEAVY = QueueInput(name="heavy-tasks", worker_type="large", min_workers=1, max_workers=5, concurrency=4)
STANDARD = QueueInput(name="default", worker_type="small", min_workers=0, max_workers=10, concurrency=16)


def names(deployment):
    return [queue.name for queue in service.list_queues(deployment)]


def events(deployment):
    rows = AuditEvent.objects.filter(deployment=deployment.pk).order_by("at", "pk")
    return [(event.operation, event.input) for event in rows]


def refused(error, field):
    return error.value.message_dict[field]
