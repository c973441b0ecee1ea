"""Where the processes of one web server keep their figures, so that any of them can tell those of all.

prometheus_client's files are shared memory: a process adds to its own and reads those of all. They have a number
instead of the process's, the first that no living process has. So a worker that replaces another goes on where that
one was, and there are never more files than there were workers at once. What is true of a living process only, such as
the slots it holds, goes with it.
"""

import fcntl
import itertools
import logging
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

# The name is prometheus_client's.
VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"
# Taken from the disk at the start: a page of a file that finds no space later would end the process (SIGBUS).
# Enough for a thousand pairs of route and status, and for some thousand counters.
ALLOCATED: Final = {"counter": 1 << 20, "histogram": 4 << 20, "gauge_livesum": 1 << 16}
METRICS: Final = "cloudui.web.metrics"

logger = logging.getLogger(__name__)


def clear(directory: Path) -> None:
    """Forget what an earlier server counted, if the disk lets us. Call it before any process joins."""
    with suppress(OSError):
        for file in directory.glob("*.db"):
            file.unlink(missing_ok=True)


def join(directory: Path) -> None:
    """Have this process keep its figures in `directory`, as long as it lives.

    Call it before `cloudui.web.metrics` is imported, which makes them. Where the disk does not take them the process
    counts for itself.

    Raises:
        RuntimeError: if it is too late.
    """
    if METRICS in sys.modules:
        raise RuntimeError(f"{METRICS} was imported before this process joined the others.")
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        number = next(each for each in itertools.count(1) if _lock(directory / f"{each}.lock") is not None)
        _allocate(directory, number)
    except OSError:
        logger.exception("Figures are not shared: the disk does not take them")
        os.environ.pop(VARIABLE, None)
        return
    os.environ[VARIABLE] = str(directory)
    from prometheus_client import values  # it looks at the variable

    values.ValueClass = values.MultiProcessValue(lambda: number)  # type: ignore[no-untyped-call]


def delete_dead(directory: Path) -> None:
    """Delete what was true of processes that live no more, if the disk lets us."""
    with suppress(OSError):
        for lock in directory.glob("*.lock"):
            if (descriptor := _lock(lock)) is not None:
                for file in directory.glob(f"gauge_live*_{lock.stem}.db"):
                    file.unlink(missing_ok=True)
                os.close(descriptor)


def _lock(file: Path) -> int | None:
    """Lock a file until this process ends, or the descriptor is closed; None if another process has it."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _allocate(directory: Path, number: int) -> None:
    for kind, size in ALLOCATED.items():
        file = directory / f"{kind}_{number}.db"
        if "live" in kind or not _is_whole(file):
            file.unlink(missing_ok=True)
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, size)
        finally:
            os.close(descriptor)


def _is_whole(file: Path) -> bool:
    """Whether the file can be read on: its process may have been killed, or the machine."""
    from prometheus_client.mmap_dict import MmapedDict  # loads the library, which only those who share need

    try:
        return bool(list(MmapedDict.read_all_values_from_file(str(file))))  # type: ignore[no-untyped-call]
    except Exception:  # noqa: BLE001 - whatever is wrong with it
        return False
