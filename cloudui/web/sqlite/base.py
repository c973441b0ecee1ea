"""Django's SQLite backend with a fair queue of writers, and a memory for how it spells statements.

SQLite lets one connection write at a time, and the others poll with growing pauses: under load one of them can
wait for 10 s while its neighbours write thousands of times. Here each write transaction first acquires a lock
(`cloudui.web.filelocks`, a file beside the database), and the longest wait falls to a fraction of a second.
It needs `"transaction_mode": "IMMEDIATE"`, with which every `atomic()` is a write transaction. A statement outside
`atomic()` that writes queues too: in a loop it would leave those who poll no moment to come in.

Whoever has our lock and still waits for SQLite's waits for somebody who does not queue, such as a shell that was left
open. That is given up soon, and for all who queue at once: a file says so while it lasts.
"""

import functools
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from django.db import OperationalError
from django.db.backends.sqlite3 import base

from cloudui.web import metrics
from cloudui.web.filelocks import FileLocks, HeldLock
from cloudui.web.sqlite.cursor import Cursor

# What SQLite itself waits where OPTIONS names no timeout.
DEFAULT_TIMEOUT_SECONDS: Final = 5.0
# How long somebody who does not queue is waited for, and how long it is believed that it would be in vain.
STRANGER_SECONDS: Final = 1.5


class DatabaseWrapper(base.DatabaseWrapper):
    """One connection, with the writers' lock while a transaction is open."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._queue: FileLocks | None = None
        self._in_vain: Path | None = None
        self._lock: HeldLock | None = None
        self._lock_timeout = DEFAULT_TIMEOUT_SECONDS

    def get_new_connection(self, conn_params: dict[str, Any]) -> sqlite3.Connection:
        """Open the database and find the queue of its writers; one in memory has none."""
        connection: sqlite3.Connection = super().get_new_connection(conn_params)
        # SQLite knows the file however the settings spell it: as a path, relative or as a URI.
        _, _, path = connection.execute("PRAGMA database_list").fetchone()
        self._queue = _queue_beside(path) if path else None
        self._in_vain = Path(f"{path}.busy") if path else None
        self._lock_timeout = conn_params.get("timeout", DEFAULT_TIMEOUT_SECONDS)
        return connection

    def create_cursor(self, name: str | None = None) -> Cursor:
        cursor: Cursor = self.connection.cursor(factory=functools.partial(Cursor, in_turn=self.in_turn))
        return cursor

    @contextmanager
    def in_turn(self) -> Iterator[None]:
        """Be the one who writes for one statement; OperationalError if the turn does not come in time."""
        self._acquire_lock()
        try:
            with self._giving_up_soon():
                yield
        finally:
            self._release_lock()

    # Private: the places where Django begins and ends a transaction. Its type stubs leave them out.

    def _start_transaction_under_autocommit(self) -> None:
        self._acquire_lock()
        try:
            self._begin()
        except BaseException:
            self._release_lock()
            raise

    def _commit(self) -> None:
        try:
            super()._commit()  # type: ignore[misc]
        finally:
            self._release_lock_unless_open()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._release_lock_unless_open()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self._release_lock()

    def _begin(self) -> None:
        with self._giving_up_soon():
            super()._start_transaction_under_autocommit()  # type: ignore[misc]

    @contextmanager
    def _giving_up_soon(self) -> Iterator[None]:
        """While this has our lock, wait for somebody who does not queue, but not as long as SQLite would."""
        if self._in_vain is None or self.connection is None:
            yield
            return
        is_known = _is_recent(self._in_vain)
        self._wait_up_to(0 if is_known else min(STRANGER_SECONDS, self._lock_timeout))
        try:
            yield
        except (OperationalError, sqlite3.OperationalError) as error:
            if not is_known and _is_busy(error):
                self._in_vain.touch()
            raise
        else:
            if is_known:
                self._in_vain.unlink(missing_ok=True)
        finally:
            self._wait_up_to(self._lock_timeout)

    def _wait_up_to(self, seconds: float) -> None:
        self.connection.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")

    def _acquire_lock(self) -> None:
        if self._queue is None or self._lock is not None:
            return
        began = time.perf_counter()
        self._lock = self._queue.acquire(timeout=self._lock_timeout)
        metrics.observe_writer_wait("writer", time.perf_counter() - began)
        if self._lock is None:
            raise OperationalError("database is locked")

    def _release_lock_unless_open(self) -> None:
        if self.connection is None or not self.connection.in_transaction:
            self._release_lock()

    def _release_lock(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None


@functools.cache
def _queue_beside(path: str) -> FileLocks:
    return FileLocks([Path(f"{path}.lock")])


def _is_recent(file: Path) -> bool:
    try:
        return time.time() - file.stat().st_mtime < STRANGER_SECONDS
    except FileNotFoundError:
        return False


def _is_busy(error: BaseException) -> bool:
    raw = error.__cause__ if isinstance(error, OperationalError) else error
    return getattr(raw, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY
