"""What a worker queue may be: its name, its kind of worker, and how many of them (product.md 2.2).

The limits are those of the control-plane contract's `workerQueueOptions`, except for the most workers, which
the operators set for each kind of worker of a Cluster.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.core.exceptions import ValidationError

from deployments.models import NodePool, WorkerQueue
from deployments.models.queue import DEFAULT_QUEUE, QUEUE_NAME_LENGTH

# How many queues a Deployment may have, `default` among them.
MAX_QUEUES: Final = 10

# The name becomes part of the names of machines, so a hyphen stands inside only. The pages check it too.
NAME_PATTERN: Final = r"[a-z]([\-a-z]*[a-z])?"
NAME_RULE: Final = "Use lower-case letters, with hyphens between them."

MIN_WORKERS: Final = (0, 10)
CONCURRENCY: Final = (1, 64)
DEFAULT_MAX_WORKERS: Final = 10
DEFAULT_CONCURRENCY: Final = 16

# The greatest number that the column holds.
_MOST_WORKERS = 32_767


@dataclass(frozen=True, slots=True)
class QueueWanted:
    """A worker queue as somebody wants it.

    Attributes:
        name: lower-case letters and hyphens.
        worker_type: that of a node pool of the Deployment's Cluster.
        min_workers: how many workers always stand by.
        max_workers: how many workers there are at most.
        concurrency: the most tasks at once on each worker.
    """

    name: str
    worker_type: str
    min_workers: int
    max_workers: int
    concurrency: int

    @classmethod
    def of(cls, queue: WorkerQueue) -> "QueueWanted":
        """A queue as it is."""
        return cls(
            name=queue.name,
            worker_type=queue.node_pool.worker_type,
            min_workers=queue.min_workers,
            max_workers=queue.max_workers,
            concurrency=queue.concurrency,
        )


@dataclass(frozen=True, slots=True)
class Limits:
    """The least and the greatest that each number may be."""

    min_workers: tuple[int, int]
    max_workers: tuple[int, int]
    concurrency: tuple[int, int]

    @property
    def default_max_workers(self) -> int:
        """The most workers of a queue for which nobody chose."""
        return min(DEFAULT_MAX_WORKERS, self.max_workers[1])


def limits(node_pool: NodePool) -> Limits:
    """The limits of a queue whose workers come from this node pool."""
    most = min(node_pool.max_workers, _MOST_WORKERS)
    return Limits(
        min_workers=(MIN_WORKERS[0], min(MIN_WORKERS[1], most)),
        max_workers=(1, most),
        concurrency=CONCURRENCY,
    )


def default_wanted(node_pool: NodePool) -> QueueWanted:
    """The queue `default` as a Deployment gets it when nobody chose."""
    return QueueWanted(
        name=DEFAULT_QUEUE,
        worker_type=node_pool.worker_type,
        min_workers=0,
        max_workers=limits(node_pool).default_max_workers,
        concurrency=DEFAULT_CONCURRENCY,
    )


def faults_of(wanted: QueueWanted, pools: Mapping[str, NodePool]) -> dict[str, str]:
    """What is wrong with a wanted queue, and what to do about it.

    Args:
        wanted: the queue.
        pools: the node pools of the Cluster that have workers, by worker type.

    Returns:
        A sentence for each attribute of `QueueWanted` that is wrong; nothing if all are right.
    """
    faults = {}
    if fault := name_fault(wanted.name):
        faults["name"] = fault
    pool = pools.get(wanted.worker_type)
    if pool is None:
        return {**faults, "worker_type": _no_such_type(pools)}
    allowed = limits(pool)
    if fault := _outside(wanted.min_workers, allowed.min_workers):
        faults["min_workers"] = fault
    if fault := _outside(wanted.max_workers, allowed.max_workers):
        faults["max_workers"] = f"{fault} The most for {pool.worker_type} is {allowed.max_workers[1]}."
    if fault := _outside(wanted.concurrency, allowed.concurrency):
        faults["concurrency"] = fault
    if not faults.keys() & {"min_workers", "max_workers"} and wanted.min_workers > wanted.max_workers:
        faults["min_workers"] = f"Enter at most {wanted.max_workers}, which is the maximum of this queue."
    return faults


def name_fault(name: str) -> str:
    """What is wrong with a queue's name; empty if nothing is."""
    if not name:
        return "Enter a name."
    if len(name) > QUEUE_NAME_LENGTH:
        return f"Use at most {QUEUE_NAME_LENGTH} characters; this has {len(name)}."
    return "" if re.fullmatch(NAME_PATTERN, name) else NAME_RULE


def require(faults: Mapping[str, str]) -> None:
    """Refuse what has faults.

    Raises:
        ValidationError: with each fault on its field.
    """
    if faults:
        raise ValidationError(dict(faults))


def _outside(number: int, allowed: tuple[int, int]) -> str:
    least, greatest = allowed
    return "" if least <= number <= greatest else f"Enter a number from {least} to {greatest}."


def _no_such_type(pools: Mapping[str, NodePool]) -> str:
    if not pools:
        return "The Cluster has no node pools. An operator has to add one first."
    return f"Select one of the Cluster's worker types: {', '.join(pools)}."
