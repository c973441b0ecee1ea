"""What is counted and measured, for `/metrics` (docs/monitoring.md). Apps record by the functions at the end.

Labels are few: patterns of URLs, methods that exist, names from the code. None is what a caller sent, and none names a
Workspace, a Deployment, a key or a person.
"""

import json
import os
import threading
import time
from bisect import bisect_left
from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.multiprocess import MultiProcessCollector

from cloudui.web import metric_files

disable_created_metrics()  # type: ignore[no-untyped-call]

# Of this process alone; with `join` of cloudui.web.metric_files the values are in files that all processes read.
OWN: Final = CollectorRegistry()


class _Batched(Histogram):
    """A histogram that takes many observations at once, at the cost of one."""

    def observe_all(self, amounts: list[float]) -> None:
        """Observe each amount."""
        self._sum.inc(sum(amounts))
        bounds = self._upper_bounds
        for index, count in Tally([bisect_left(bounds, each) for each in amounts]).items():
            self._buckets[index].inc(count)


WAITS: Final = (0.001, 0.01, 0.1, 1, 10)

REQUESTS: Final = Counter(
    "cloudui_requests", "Requests answered", ["route", "method", "status"], registry=OWN
)
REQUEST_SECONDS: Final = _Batched(
    "cloudui_request_seconds",
    "Seconds to an answer",
    ["route", "status"],
    buckets=(0.01, 0.03, 0.1, 0.3, 1, 3, 10),
    registry=OWN,
)
REQUESTS_WAITING: Final = Gauge(
    "cloudui_requests_waiting", "Requests without a thread", multiprocess_mode="livesum", registry=OWN
)
WORKERS: Final = Gauge("cloudui_workers", "Web processes", multiprocess_mode="livesum", registry=OWN)
EXCHANGES: Final = Counter("cloudui_exchanges", "Exchanges of key secrets", ["result"], registry=OWN)
ARGON2_IN_USE: Final = Gauge(
    "cloudui_argon2_slots_in_use", "Slots in use", multiprocess_mode="livesum", registry=OWN
)
ARGON2_WAITING: Final = Gauge(
    "cloudui_argon2_waiting", "Callers waiting for a slot", multiprocess_mode="livesum", registry=OWN
)
ARGON2_WAIT_SECONDS: Final = Histogram(
    "cloudui_argon2_wait_seconds", "Seconds waited for a slot", buckets=WAITS, registry=OWN
)
WRITER_WAIT_SECONDS: Final = Histogram(
    "cloudui_writer_wait_seconds",
    "Seconds waited for a lock of the database",
    ["lock"],
    buckets=WAITS,
    registry=OWN,
)
DEPLOYS: Final = Counter("cloudui_deploys", "Deploys and roll-backs", ["result"], registry=OWN)
DEPLOY_BYTES: Final = Counter("cloudui_deploy_bytes", "Bytes of DAGs unpacked", registry=OWN)
FAILURES: Final = Counter(
    "cloudui_dependency_failures", "Failures of what this needs", ["dependency"], registry=OWN
)
REFUSALS: Final = Counter("cloudui_limit_refusals", "Refused by a limit", ["limit"], registry=OWN)

MAILS: Final = Counter("cloudui_mails", "Attempts to send a mail", ["result"], registry=OWN)

# From the start, so that the first one is seen to be one more than none.
_KNOWN: Final = (
    (EXCHANGES, ("issued", "invalid", "refused", "too_many_failures", "too_many_exchanges", "not_offered")),
    (EXCHANGES, ("busy", "error")),
    (DEPLOYS, ("succeeded", "refused", "no_space", "failed", "in_progress")),
    (FAILURES, ("database", "cache", "mail", "store")),
    (
        REFUSALS,
        ("exchanges", "refreshes", "failed_exchanges", "sign_ins", "argon2_slots", "requests_waiting"),
    ),
    (MAILS, ("sent", "failed", "given_up", "dropped")),
    (REFUSALS, ("changes", "idempotency_keys", "open_uploads", "disk_space")),
)
for _counter, _values in _KNOWN:
    for _value in _values:
        _counter.labels(_value)


def registry() -> CollectorRegistry:
    """The figures of all processes of this server; those of this process where it does not share them."""
    directory = os.environ.get(metric_files.VARIABLE)
    if directory is None:
        return OWN
    metric_files.delete_dead(Path(directory))
    shared = CollectorRegistry()
    MultiProcessCollector(shared, path=directory)  # type: ignore[no-untyped-call]
    return shared


def count_requests(answered: Iterable[tuple[str, str, int, float]]) -> None:
    """Count requests, each a route, a method, a status and the seconds that it took."""
    seconds: defaultdict[tuple[str, str, int], list[float]] = defaultdict(list)
    for route, method, status, took in answered:
        seconds[route, method, status].append(took)
    for (route, method, status), amounts in seconds.items():
        REQUESTS.labels(route, method, status).inc(len(amounts))
        if status == HTTPStatus.INSUFFICIENT_STORAGE:
            # Whatever it was that a disk had no space for (cloudui.web.disk).
            REFUSALS.labels("disk_space").inc(len(amounts))
        REQUEST_SECONDS.labels(route, status).observe_all(amounts)


@contextmanager
def waiting_for_slot() -> Iterator[None]:
    """Measure how long a slot for argon2 is waited for."""
    began = time.perf_counter()
    ARGON2_WAITING.inc()
    try:
        yield
    finally:
        ARGON2_WAITING.dec()
        ARGON2_WAIT_SECONDS.observe(time.perf_counter() - began)


def observe_writer_wait(lock: str, seconds: float) -> None:
    """Note how long a writer waited: for the one `writer` of SQLite, or for a `row` of PostgreSQL."""
    WRITER_WAIT_SECONDS.labels(lock).observe(seconds)


def count_exchange(result: str) -> None:
    """Count an exchange: `issued`, or why not."""
    EXCHANGES.labels(result).inc()


def count_deploy(result: str, size: int = 0) -> None:
    """Count a deploy or a roll-back: `succeeded` or why not, and the bytes of its files."""
    DEPLOYS.labels(result).inc()
    if size:
        DEPLOY_BYTES.inc(size)


def count_failure(dependency: str) -> None:
    """Count that something could not be used: `database`, `cache`, `mail` or `store`."""
    FAILURES.labels(dependency).inc()


def count_refusal(limit: str) -> None:
    """Count that a limit refused something."""
    REFUSALS.labels(limit).inc()


def count_mail(result: str) -> None:
    """Count an attempt to send a mail: `sent`, `failed`, `given_up`, or `dropped` where too many waited."""
    MAILS.labels(result).inc()


# Housekeeping is another process, which may end after each round: it leaves one small file.
HOUSEKEEPING: Final = "housekeeping.json"


def record_round(
    directory: Path, *, results: Mapping[str, bool], counts: Mapping[str, Mapping[str, int]]
) -> None:
    """Keep when each task of housekeeping last succeeded, and how often it failed; OSError if the disk does not.

    Args:
        directory: which the web server reads too.
        results: whether it succeeded, by task. What is not among them is forgotten.
        counts: by task what it counted, which is added up.
    """
    before, now = read_rounds(directory), time.time()
    rounds = {}
    for task, has_succeeded in results.items():
        known = before.get(task, {})
        total = Tally(known.get("counts", {}))
        total.update(counts.get(task, {}))
        rounds[task] = {
            "succeeded_at": now if has_succeeded else known.get("succeeded_at"),
            "failures": known.get("failures", 0) + (not has_succeeded),
            "counts": total,
        }
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Two may be at once, also in one process.
    partial = directory / f"{HOUSEKEEPING}.{os.getpid()}.{threading.get_ident()}"
    partial.write_text(json.dumps(rounds))
    partial.replace(directory / HOUSEKEEPING)


def read_rounds(directory: Path) -> dict[str, dict[str, Any]]:
    """What `record_round` keeps, by task; empty where there is nothing that can be read."""
    try:
        rounds: dict[str, dict[str, Any]] = json.loads((directory / HOUSEKEEPING).read_text())
    except (OSError, ValueError):
        return {}
    return rounds
