"""The fields of a worker queue, in one place: every face, the audit log and the Deployment file derive theirs from it.

A new field of a worker queue needs:

1. a column in deployments/models/queue.py, and `manage.py makemigrations deployments`;
2. an attribute of `QueueInput` below; a number has its limits and default in a `Number`, and is said in `__str__`;
3. a field of `QueueForm` in forms.py, and a place in templates/deployments/queues/: _numbers.html, _queue.html,
   the head of its column in index.html and the notice of a conflict in edit.html;
4. a field of `QueueShown`, `QueueNew` and `QueueChanges` in schemas.py;
5. a field of `Queue` in deployments/deployment_file/schema.py;
6. for a number, a field of `QueueChange` in apikeys/astro/changes.py, a line of `type WorkerQueue` in
   apikeys/astro/graphql/schema.graphql and of `ALIASES` in resolvers.py, and a field of `QueueShown` and `QueueSent`
   in apikeys/astro/v1/deployment_schemas.py;
   for anything else, `QueueInput.complete` and `to_file`, and `_queue_input` in deployment_file/diff.py;
7. a word in docs/api.md and docs/deployments-as-code.md.

What is forgotten of 1 to 6 is named by tests/deployments/queues/test_fields.py.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Final, get_type_hints

from pydantic.alias_generators import to_camel

from deployments.models import NodePool, WorkerQueue
from deployments.models.queue import DEFAULT_QUEUE

# The greatest number that a column holds (PositiveSmallIntegerField).
MOST: Final = 32_767


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """What a number of a worker queue may be.

    Attributes:
        client_name: its name in the Deployment file, and in camel case in the client's GraphQL.
        least: the least that it may be.
        greatest: the greatest; None where the node pool alone decides.
        default: what it is where nobody chose, if the node pool has as many workers.
        counts_workers: whether it cannot be more than the workers of the node pool.
    """

    client_name: str
    least: int
    greatest: int | None
    default: int
    counts_workers: bool = False

    def limits(self, pool: NodePool) -> tuple[int, int]:
        """The least and the greatest for a queue whose workers come from this node pool."""
        greatest = MOST if self.greatest is None else self.greatest
        return self.least, min(greatest, pool.max_workers) if self.counts_workers else greatest

    def default_for(self, pool: NodePool) -> int:
        """What it is where nobody chose."""
        return min(self.default, self.limits(pool)[1])


@dataclass(frozen=True, slots=True)
class QueueInput:
    """A worker queue as somebody wants it to be; what it may be is decided in `limits`.

    `worker_type` is that of a node pool of the Deployment's Cluster, `concurrency` the most tasks on each worker.
    """

    name: str
    worker_type: str
    min_workers: Annotated[
        int, Number(client_name="min_worker_count", least=0, greatest=10, default=0, counts_workers=True)
    ]
    max_workers: Annotated[
        int, Number(client_name="max_worker_count", least=1, greatest=None, default=10, counts_workers=True)
    ]
    concurrency: Annotated[int, Number(client_name="worker_concurrency", least=1, greatest=64, default=16)]

    @classmethod
    def of(cls, queue: WorkerQueue) -> "QueueInput":
        """A queue as it is."""
        return cls(**{field: getattr(queue, field) for field in cls.__slots__})

    @classmethod
    def complete(
        cls, pool: NodePool | None, *, name: str, worker_type: str, **numbers: int | None
    ) -> "QueueInput":
        """A queue of which not every number was chosen: None and 0 stand for the default.

        `pool` is the one of the worker type; None if there is none, which is refused later.
        """
        defaults = {
            field: number.default_for(pool) if pool else number.default for field, number in NUMBERS.items()
        }
        chosen = {field: number for field, number in numbers.items() if number}
        return cls(name=name, worker_type=worker_type, **{**defaults, **chosen})

    def __str__(self) -> str:
        return (
            f"{self.worker_type}, {self.min_workers} to {self.max_workers} workers, "
            f"{self.concurrency} tasks each"
        )

    def to_columns(self, pools: Mapping[str, NodePool]) -> dict[str, Any]:
        """The columns of a row, the node pool out of those of the Cluster, by worker type."""
        columns = asdict(self)
        return {"node_pool": pools[columns.pop("worker_type")], **columns}

    def to_event(self) -> dict[str, Any]:
        """As the audit log names it."""
        return {to_camel(field): value for field, value in asdict(self).items()}

    def to_file(self) -> dict[str, Any]:
        """As the Deployment file names it: the name first, the others in the order of the alphabet."""
        fields = asdict(self)
        others = {number.client_name: fields[field] for field, number in NUMBERS.items()}
        return {"name": self.name, **dict(sorted([*others.items(), ("worker_type", self.worker_type)]))}


NUMBERS: Final[Mapping[str, Number]] = {
    field: hint.__metadata__[0]
    for field, hint in get_type_hints(QueueInput, include_extras=True).items()
    if hasattr(hint, "__metadata__")
}


def default_input(pool: NodePool) -> QueueInput:
    """The queue `default` as a Deployment gets it when nobody chose."""
    return QueueInput.complete(pool, name=DEFAULT_QUEUE, worker_type=pool.worker_type)
