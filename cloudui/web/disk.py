"""Space on the disks that uploads are written to, reserved before their first byte.

`DISK_RESERVE_MIB` of each stay free, so that uploads never stop the database. All processes of the machine share one
ledger, a folder in the data directory with a file for each reservation. Its holder keeps the file locked (`flock`), so
a reservation ends with its process, however that ends. What is written shows in what the file system has left, so a
reservation shrinks by it. Others fill a disk, too: what is left is looked at again with every 4 MiB.
"""

import errno
import fcntl
import functools
import os
import struct
import tempfile
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from django.conf import settings

from cloudui.web.filelocks import FileLocks
from cloudui.web.ids import new_id

MIB: Final = 1024 * 1024
EVERY_BYTES: Final = 4 * MIB
# As many files can be made as the reserve would hold of this size; small file systems run out of those first.
BYTES_A_FILE: Final = 64 * 1024
FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
# Whoever holds the ledger reads a few small files.
LEDGER_SECONDS: Final = 10.0
LOOK_AGAIN_SECONDS: Final = 0.05
# The device of the file system, and the bytes that its holder may still write.
RECORD: Final = struct.Struct("=QQ")


class NoSpace(Exception):
    """What is left of the disk is kept for others. An HTTP answer is 507 (RFC 4918 section 11.5).

    With `is_taken` there is space, and other uploads have reserved it.
    """

    retry_after: Final = 60

    def __init__(self, *, is_taken: bool = False) -> None:
        super().__init__()
        self.is_taken = is_taken

    def __str__(self) -> str:
        """What to tell people."""
        if self.is_taken:
            return (
                "There is too little space on the server's disk for this beside other uploads. Nothing was stored. "
                "Try again in a minute. If that does not help, ask whoever operates the server to free space."
            )
        return (
            "The server's disk is almost full, and what is left is kept for the database. Nothing was stored. "
            "Ask whoever operates the server to free space, then try again."
        )


class Space:
    """Bytes of a file system that are kept for one writer, until they are written or this is released or forgotten."""

    def __init__(self, folder: Path, size: int) -> None:
        """Write into the ledger, which the caller holds. Outside of this module `reserve` makes one."""
        self._folder = folder
        self._device = folder.stat().st_dev
        self._size = size
        self._used = self._told = 0
        self._lock = threading.Lock()
        path = _ledger() / new_id()
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        self._end = weakref.finalize(self, _delete, path, self._descriptor, os.getpid())
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._tell()
        except BaseException:
            self._end()
            raise

    def use(self, size: int) -> None:
        """Tell that `size` bytes more are written. Raises NoSpace if others have filled the disk meanwhile."""
        self._used += size
        if self._used - self._told < EVERY_BYTES:
            return
        with self._lock:
            if self._end.alive:
                self._tell()
        _require(self._folder, 0)

    def release(self) -> None:
        """Leave what was not written to others."""
        with self._lock:
            self._end()

    def _tell(self) -> None:
        self._told = self._used
        os.pwrite(self._descriptor, RECORD.pack(self._device, max(self._size - self._used, 0)), 0)


def reserve(folder: Path, size: int, *, wait_seconds: float = 0) -> Space:
    """Keep `size` bytes at most for whoever is about to write them. Release them when nothing more is written.

    Waits up to `wait_seconds` where other uploads have taken what is left. Raises NoSpace if less than the reserve
    would be left, OSError if the folder, which must exist, or the data directory cannot be used.
    """
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            with _held_ledger(folder, size):
                return Space(folder, size)
        except NoSpace as error:
            if not error.is_taken or time.monotonic() >= deadline:
                raise
        time.sleep(LOOK_AGAIN_SECONDS)


def require_space(folder: Path, size: int) -> None:
    """Look whether `size` bytes could be reserved now; nothing is kept. Raises as `reserve`."""
    with _held_ledger(folder, size):
        pass


def is_full(folder: Path) -> bool:
    """Whether less than the reserve is left where this folder lies; False for one that is not there."""
    try:
        _require(folder, 0)
    except NoSpace:
        return True
    except OSError:
        return False
    return False


def write_failure(folder: Path) -> str:
    """Why nothing can be written into a folder, in the system's words; empty if it can, or if only space is missing.

    It is tried, with a file that has no name: not every file system that takes nothing says so of itself.
    """
    try:
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return "" if error.errno in FULL else error.strerror or str(error)


# Private


@contextmanager
def _held_ledger(folder: Path, size: int) -> Iterator[None]:
    """Be the only one to reserve, while there is space for `size` bytes more."""
    _ledger().mkdir(parents=True, exist_ok=True, mode=0o700)
    held = _lock(_ledger()).acquire(timeout=LEDGER_SECONDS)
    if held is None:
        raise NoSpace(is_taken=True)
    try:
        _require(folder, size, outstanding=_outstanding(folder.stat().st_dev))
        yield
    except OSError as error:
        if error.errno in FULL:
            raise NoSpace from error
        raise
    finally:
        held.release()


def _require(folder: Path, size: int, *, outstanding: int = 0) -> None:
    system = os.statvfs(folder)
    kept = settings.DISK_RESERVE_MIB * MIB
    free = system.f_bavail * system.f_frsize - kept - size
    # Some file systems make room for files as they need it, and say that they have none.
    if free < 0 or (system.f_files and system.f_favail < kept // BYTES_A_FILE):
        raise NoSpace
    if free < outstanding:
        raise NoSpace(is_taken=True)


def _outstanding(device: int) -> int:
    """Bytes of this file system that are reserved and not written. What dead processes left is deleted."""
    total = 0
    with os.scandir(_ledger()) as entries:
        for entry in entries:
            try:
                descriptor = os.open(entry.path, os.O_RDONLY)
            except FileNotFoundError:
                continue
            try:
                fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                where, size = RECORD.unpack(os.pread(descriptor, RECORD.size, 0))
                total += size if where == device else 0
            else:
                Path(entry.path).unlink(missing_ok=True)
            finally:
                os.close(descriptor)
    return total


def _delete(path: Path, descriptor: int, process: int) -> None:
    # A fork has a copy of it all, and the parent still writes.
    if process == os.getpid():
        path.unlink(missing_ok=True)
    os.close(descriptor)


def _ledger() -> Path:
    return Path(settings.DATA_DIR, "reservations")


@functools.cache
def _lock(ledger: Path) -> FileLocks:
    return FileLocks([ledger.with_suffix(".lock")])
