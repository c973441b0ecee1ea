"""What the REST interface takes and gives of worker queues."""

from typing import Annotated, ClassVar

from pydantic import BaseModel, Field

from cloudui.web.rest.schemas import Body, Moment, matching
from deployments.models import WorkerQueue
from deployments.models.queue import QUEUE_NAME_LENGTH
from deployments.queues.limits import CONCURRENCY, DEFAULT_CONCURRENCY, MIN_WORKERS, NAME_PATTERN, NAME_RULE

QueueName = Annotated[str, matching(f"^{NAME_PATTERN}$", NAME_RULE), Field(max_length=QUEUE_NAME_LENGTH)]
WorkerType = Annotated[str, Field(max_length=50, description="That of a node pool of the Cluster.")]
MinWorkers = Annotated[int, Field(ge=MIN_WORKERS[0], le=MIN_WORKERS[1])]
MaxWorkers = Annotated[int, Field(ge=1, le=32_767, description="The node pool may allow fewer.")]
Concurrency = Annotated[
    int, Field(ge=CONCURRENCY[0], le=CONCURRENCY[1], description="The most tasks at once on each worker.")
]


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
        return cls(
            name=queue.name,
            is_default=queue.is_default,
            worker_type=queue.node_pool.worker_type,
            min_workers=queue.min_workers,
            max_workers=queue.max_workers,
            concurrency=queue.concurrency,
            created_at=queue.created_at,
            updated_at=queue.updated_at,
        )


class QueuesShown(BaseModel):
    """The worker queues of a Deployment."""

    worker_queues: list[QueueShown]


class QueueNew(Body):
    """A worker queue to be made."""

    EXAMPLE: ClassVar = {"name": "heavy", "worker_type": "small", "max_workers": 5}

    name: QueueName
    worker_type: WorkerType
    min_workers: MinWorkers = 0
    max_workers: MaxWorkers
    concurrency: Concurrency = DEFAULT_CONCURRENCY


class QueueChanges(Body):
    """What changes of a worker queue; what is missing stays as it is."""

    EXAMPLE: ClassVar = {"concurrency": 8}

    worker_type: WorkerType = ""
    min_workers: MinWorkers = 0
    max_workers: MaxWorkers = 1
    concurrency: Concurrency = 1
