"""The slots in which argon2 runs: one per core, shared by all processes of the machine.

More argon2 at once than there are cores is slower for everybody and costs 19 MiB each. Callers wait for a slot,
but never so many or so long that no thread is left for pages; beyond that they are told to come back.
"""

import functools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import connections

from cloudui.web import metrics
from cloudui.web.filelocks import FileLocks

# A burst of 50 pipelines is through in half a second on two cores; who waits this long meets a real flood.
WAIT_SECONDS: Final = 10.0
# Of the 64 threads of a process; the others keep serving pages.
MOST_WAITING: Final = 48


class SlotsBusy(Exception):
    """Too many are waiting for argon2. An HTTP answer is 503 with `Retry-After: retry_after`."""

    retry_after: Final = 2


@contextmanager
def argon2_slot(*, allow_transaction: bool = False) -> Iterator[None]:
    """Hold one slot while argon2 runs; wait for it up to 10 s.

    A waiting caller holds no database connection that others could use. It must not be inside a transaction
    either, which would make all writers wait for argon2; `allow_transaction` is for code that is not ours.

    Raises:
        SlotsBusy: if 48 callers wait in this process already, or no slot came free in time.
        RuntimeError: inside a transaction, unless that is allowed.
    """
    if not allow_transaction:
        _refuse_transaction()
    _return_pooled_connections()
    with metrics.waiting_for_slot():
        held = _slots(settings.DATA_DIR, slot_count()).acquire(timeout=WAIT_SECONDS)
    if held is None:
        metrics.count_refusal("argon2_slots")
        raise SlotsBusy
    try:
        with metrics.ARGON2_IN_USE.track_inprogress():
            yield
    finally:
        held.release()


def slot_count() -> int:
    """How many argon2 may run at once: `ARGON2_SLOTS`, or the cores this process may use."""
    return settings.ARGON2_SLOTS or len(os.sched_getaffinity(0))


@functools.cache
def _slots(data_dir: Path, count: int) -> FileLocks:
    directory = data_dir / "slots"
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    return FileLocks(
        [directory / f"argon2-{number}" for number in range(count)],
        most_waiting=MOST_WAITING,
    )


def _refuse_transaction() -> None:
    for connection in connections.all(initialized_only=True):
        # Django's test cases wrap each test in a transaction of their own, which is not the code's doing.
        if any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks):
            raise RuntimeError(
                "argon2 must not run inside a database transaction: compute first, then write."
            )


def _return_pooled_connections() -> None:
    for connection in connections.all(initialized_only=True):
        if "pool" in connection.settings_dict["OPTIONS"] and not connection.in_atomic_block:
            connection.close()
