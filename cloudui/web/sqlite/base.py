"""Django's SQLite backend with a fair queue of writers.

SQLite lets one connection write at a time, and the others poll with growing pauses: under load one of them can
wait for 10 s while its neighbours write thousands of times. Here each write transaction takes a turn first
(`cloudui.web.filelocks`, a file beside the database), and the longest wait falls to a fraction of a second.
It needs `"transaction_mode": "IMMEDIATE"`, with which every `atomic()` is a write transaction. A statement
outside `atomic()` takes no turn: it relies on SQLite's own timeout.
"""

import functools
import sqlite3
from pathlib import Path
from typing import Any, Final

from django.db import OperationalError
from django.db.backends.sqlite3 import base

from cloudui.web.filelocks import FileLocks, HeldLock

# What SQLite itself waits where OPTIONS names no timeout.
DEFAULT_TIMEOUT_SECONDS: Final = 5.0


class DatabaseWrapper(base.DatabaseWrapper):
    """One connection, and its turn while a transaction is open."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Start without a connection and without a turn."""
        super().__init__(*args, **kwargs)
        self._queue: FileLocks | None = None
        self._turn: HeldLock | None = None
        self._turn_timeout = DEFAULT_TIMEOUT_SECONDS

    def get_new_connection(self, conn_params: dict[str, Any]) -> sqlite3.Connection:
        """Open the database and find the queue of its writers; one in memory has none."""
        connection: sqlite3.Connection = super().get_new_connection(conn_params)
        # SQLite knows the file however the settings spell it: as a path, relative or as a URI.
        _, _, path = connection.execute("PRAGMA database_list").fetchone()
        self._queue = _queue_beside(path) if path else None
        self._turn_timeout = conn_params.get("timeout", DEFAULT_TIMEOUT_SECONDS)
        return connection

    # Private: the places where Django begins and ends a transaction. Its type stubs leave them out.

    def _start_transaction_under_autocommit(self) -> None:
        self._take_turn()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._end_turn()
            raise

    def _commit(self) -> None:
        try:
            super()._commit()  # type: ignore[misc]
        finally:
            self._end_turn_unless_open()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._end_turn_unless_open()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self._end_turn()

    def _take_turn(self) -> None:
        if self._queue is None or self._turn is not None:
            return
        self._turn = self._queue.acquire(timeout=self._turn_timeout)
        if self._turn is None:
            raise OperationalError("database is locked")

    def _end_turn_unless_open(self) -> None:
        """Keep the turn where a failed COMMIT left the transaction open: a rollback follows."""
        if self.connection is None or not self.connection.in_transaction:
            self._end_turn()

    def _end_turn(self) -> None:
        if self._turn is not None:
            self._turn.release()
            self._turn = None


@functools.cache
def _queue_beside(path: str) -> FileLocks:
    return FileLocks([Path(f"{path}.lock")])
