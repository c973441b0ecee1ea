"""Mutual exclusion between all threads of all processes of one machine, with locked files.

A lock is held by an open file (`flock`), so it ends with the process that holds it, however that ends. In each
process only the head of the queue looks for a free file, at short intervals: a process that has just released one
has no better chance of getting it again than the others have.
"""

import fcntl
import os
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

# Measured with 8 writers on two cores: looking more often takes more from the others than it gains, and this
# is as quick as blocking in `flock`, which could not be given up after a while.
LOOK_AGAIN_SECONDS: Final = 0.001


class HeldLock:
    """One locked file. Release it once; later calls do nothing."""

    __slots__ = ("_descriptor", "_process")

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor
        self._process = os.getpid()

    def release(self) -> None:
        """Let the next one have it."""
        if self._descriptor is None:
            return
        descriptor, self._descriptor = self._descriptor, None
        # A fork copies the open file, and unlocking a copy unlocks the parent's too.
        if self._process == os.getpid():
            fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)


class FileLocks:
    """Some equivalent files, of which each caller locks any one."""

    def __init__(self, paths: Sequence[Path], *, most_waiting: int = sys.maxsize) -> None:
        """Use `paths`, made when needed. No more than `most_waiting` threads of this process wait at a time."""
        self._paths = paths
        self._most_waiting = most_waiting
        self._new_queue()
        # Another thread may be the head of the queue while this one forks; it does not exist in the child.
        os.register_at_fork(after_in_child=self._new_queue)

    def acquire(self, *, timeout: float) -> HeldLock | None:
        """Lock one of the files; None if all stay taken for `timeout` seconds or too many wait already."""
        deadline = time.monotonic() + timeout
        room, head = self._room, self._head
        if not room.acquire(blocking=False):
            return None
        try:
            if not head.acquire(timeout=timeout):
                return None
            try:
                return self._look_until(deadline)
            finally:
                head.release()
        finally:
            room.release()

    # Private

    def _new_queue(self) -> None:
        self._room = threading.Semaphore(self._most_waiting)
        self._head = threading.Lock()

    def _look_until(self, deadline: float) -> HeldLock | None:
        descriptors: list[int] = []
        try:
            descriptors.extend(os.open(path, os.O_RDWR | os.O_CREAT, 0o600) for path in self._paths)
            while (free := next(filter(_try_to_lock, descriptors), None)) is None:
                if time.monotonic() >= deadline:
                    return None
                time.sleep(LOOK_AGAIN_SECONDS)
            descriptors.remove(free)
            return HeldLock(free)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)


def _try_to_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
