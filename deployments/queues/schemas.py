"""What the REST interface takes and gives of worker queues."""

from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, Field

from cloudui.web.rest.schemas import Body, Moment, matching
from deployments.models import WorkerQueue
from deployments.models.queue import QUEUE_NAME_LENGTH
from deployments.queues.fields import MOST, NUMBERS
from deployments.queues.limits import NAME_PATTERN, NAME_RULE


def _number(field: str, description: str | None = None) -> Any:
    number = NUMBERS[field]
    return Field(ge=number.least, le=number.greatest or MOST, description=description)


QueueName = Annotated[str, matching(f"^{NAME_PATTERN}$", NAME_RULE), Field(max_length=QUEUE_NAME_LENGTH)]
WorkerType = Annotated[str, Field(max_length=50, description="That of a node pool of the Cluster.")]
MinWorkers = Annotated[int, _number("min_workers")]
MaxWorkers = Annotated[int, _number("max_workers", "The node pool may allow fewer.")]
Concurrency = Annotated[int, _number("concurrency", "The most tasks at once on each worker.")]


class QueueShown(BaseModel):
    """A worker queue."""

    name: str
    is_default: bool
    worker_type: str
    min_workers: int
    max_workers: int
    concurrency: int
    created_at: Moment
    updated_at: Moment

    @classmethod
    def of(cls, queue: WorkerQueue) -> "QueueShown":
        """A row with its node pool."""
        return cls.model_validate(queue, from_attributes=True)


class QueuesShown(BaseModel):
    """The worker queues of a Deployment."""

    worker_queues: list[QueueShown]


class QueueNew(Body):
    """A worker queue to be made."""

    EXAMPLE: ClassVar = {"name": "heavy", "worker_type": "small", "max_workers": 5}

    name: QueueName
    worker_type: WorkerType
    min_workers: MinWorkers = NUMBERS["min_workers"].default
    max_workers: MaxWorkers
    concurrency: Concurrency = NUMBERS["concurrency"].default


class QueueChanges(Body):
    """What changes of a worker queue; what is missing stays as it is."""

    EXAMPLE: ClassVar = {"concurrency": 8}
    VIEW: ClassVar = QueueShown

    worker_type: WorkerType = ""
    min_workers: MinWorkers = 0
    max_workers: MaxWorkers = 1
    concurrency: Concurrency = 1
