"""The fields of a worker queue, in one place: every face, the audit log and the Deployment file derive theirs from it.

A new one needs what tests/deployments/queues/test_fields.py names as missing, and:

1. a column in deployments/models/queue.py, with its migration;
2. an attribute of `QueueInput` below; a number has its limits in a `Number`, and is said in `__str__`;
3. forms.py, schemas.py, templates/deployments/queues/ (with the conflict in edit.html), deployment_file/schema.py;
4. a number: in apikeys/astro/ changes.py, v1/deployment_schemas.py, graphql/schema.graphql and `ALIASES` of
   resolvers.py; else `complete` and `to_file` below, `_queue_input` in deployment_file/diff.py;
5. a word in docs/api.md and docs/deployments-as-code.md.
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
    """What a number of a worker queue may be; `greatest` is None where the node pool alone decides.

    `client_name` is in the file, and in camel case in GraphQL; `counts_workers`: no more than the node pool has.
    """

    client_name: str
    least: int
    greatest: int | None
    default: int
    counts_workers: bool = False

    def limits(self, pool: NodePool) -> tuple[int, int]:
        greatest = MOST if self.greatest is None else self.greatest
        return self.least, min(greatest, pool.max_workers) if self.counts_workers else greatest

    def default_for(self, pool: NodePool) -> int:
        return min(self.default, self.limits(pool)[1])


@dataclass(frozen=True, slots=True)
class QueueInput:
    """A worker queue as somebody wants it to be; `concurrency` is the most tasks on each worker."""

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
        return cls(**{field: getattr(queue, field) for field in cls.__slots__})

    @classmethod
    def complete(
        cls, pool: NodePool | None, *, name: str, worker_type: str, **numbers: int | None
    ) -> "QueueInput":
        """Fill in the defaults for None and 0; `pool` is None for an unknown worker type, which is refused later."""
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
        columns = asdict(self)
        return {"node_pool": pools[columns.pop("worker_type")], **columns}

    def to_event(self) -> dict[str, Any]:
        return {to_camel(field): value for field, value in asdict(self).items()}

    def to_file(self) -> dict[str, Any]:
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
