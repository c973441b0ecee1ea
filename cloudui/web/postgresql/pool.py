"""psycopg's pool, made for a server that is killed, restarted, stopped or full while requests go on.

psycopg's own hands out the connections of a server that was restarted, one failed request each; looks for a server that
is gone after ever longer pauses, up to minutes; and waits for one that hangs without end. Here

- a connection that the server closed is noticed when it is taken, by a look at its socket and without asking the server;
- a new one is tried five times a second, and who asks meanwhile waits a second, or less once it is known to be gone:
  so a request fails late enough to live through a quick restart, and early enough to leave its thread to others;
- a thread asks the server for a new connection when a request has waited for an answer for some time, and if it gets
  none, cuts the connections that wait. However long a statement takes, the server answers that.

It overrides what psycopg_pool does not publish: tests/faults and tests/web/test_postgresql.py run all of it.
"""

import contextlib
import logging
import os
import select
import socket
import threading
import time
from typing import Any, Final

import psycopg
from psycopg.pq import TransactionStatus
from psycopg_pool import ConnectionPool, PoolTimeout
from psycopg_pool.base import AttemptWithBackoff

Connection = psycopg.Connection[Any]

RETRY_SECONDS: Final = 0.2
# For how long a lost connection is tried again before that needs another request.
RECONNECT_SECONDS: Final = 10.0
# After so long without a server it is gone. Until then requests wait for it.
GONE_SECONDS: Final = 1.0
# Who comes then waits for two attempts, if not too many do: their threads are for others too.
PATIENCE_SECONDS: Final = 0.5
MOST_WAITING: Final = 48
# When a request has waited for so long, the server is asked whether it lives, and how long that may take.
DOUBT_SECONDS: Final = 0.4
ANSWER_SECONDS: Final = 1.0
LOOK_SECONDS: Final = 0.2

logger = logging.getLogger(__name__)


class _Attempt(AttemptWithBackoff):
    """One attempt after the other, without ever longer pauses."""

    INITIAL_DELAY = RETRY_SECONDS
    DELAY_BACKOFF = 1.0


class Pool(ConnectionPool[Connection]):
    """The connections of a process."""

    def __init__(self, **options: Any) -> None:
        super().__init__(open=False, reconnect_timeout=RECONNECT_SECONDS, **options)
        self._failing_since: float | None = None
        self._is_gone = False
        self._answers = threading.Event()
        self._answers.set()
        # Since when: by thread for those that wait for a connection, and for each connection that was taken.
        self._asking: dict[int, float] = {}
        self._taken: dict[Connection, float] = {}

    def getconn(self, timeout: float | None = None) -> Connection:
        """Take a connection that the server has not closed.

        Raises:
            PoolTimeout: if there is none in time.
        """
        thread = threading.get_ident()
        self._asking[thread] = time.monotonic()
        try:
            while True:
                connection = self._take(timeout)
                if not _is_over(connection):
                    self._taken[connection] = time.monotonic()
                    return connection
                connection.close()
                self.putconn(connection)
        finally:
            self._asking.pop(thread, None)

    def putconn(self, conn: Connection) -> None:
        """Give a connection back."""
        self._taken.pop(conn, None)
        if self._failing_since is not None and conn.pgconn.transaction_status == TransactionStatus.IDLE:
            # There may be no new ones, but this one works.
            self._is_back()
        super().putconn(conn)

    def _take(self, timeout: float | None) -> Connection:
        if not self._answers.is_set() or self._is_gone:
            if len(self._asking) > MOST_WAITING:
                raise PoolTimeout("the server is gone, and enough requests wait for it")
            if not self._answers.wait(PATIENCE_SECONDS):
                raise PoolTimeout("the server does not answer")
            timeout = PATIENCE_SECONDS
        return super().getconn(timeout)

    # Private in psycopg_pool: how it makes connections.

    def _connect(self, *arguments: Any) -> Connection:
        try:
            connection = super()._connect(*arguments)
        except Exception:
            self._has_failed()
            raise
        self._is_back()
        return connection

    def _add_connection(self, attempt: AttemptWithBackoff | None, *, growing: bool = False) -> None:  # type: ignore[override] # as it is called
        super()._add_connection(attempt or _Attempt(timeout=self.reconnect_timeout), growing=growing)

    def _start_workers(self) -> None:
        super()._start_workers()
        threading.Thread(target=self._watch, name=f"{self.name}-watch", daemon=True).start()

    def _is_back(self) -> None:
        self._failing_since = None
        self._is_gone = False

    def _has_failed(self) -> None:
        now = time.monotonic()
        if self._failing_since is None:
            self._failing_since = now
        elif not self._is_gone and now - self._failing_since > GONE_SECONDS:
            self._is_gone = True
            self._send_away("the server is gone")

    def _send_away(self, why: str) -> None:
        """Fail all who wait."""
        with self._lock:
            waiting = list(self._waiting)
            self._waiting.clear()
        for client in waiting:
            client.fail(PoolTimeout(why))

    def _watch(self) -> None:
        asked_at = 0.0
        while not self.closed:
            time.sleep(LOOK_SECONDS)
            now = time.monotonic()
            # A long statement is no reason to ask more than once a second.
            if self._answers.is_set() and (now - asked_at < ANSWER_SECONDS or not self._is_waiting(now)):
                continue
            asked_at = now
            try:
                self._look()
            except Exception:
                logger.exception("The server of the database could not be watched")

    def _is_waiting(self, now: float) -> bool:
        since = [*self._asking.copy().values(), *self._taken.copy().values()]
        return bool(since) and now - min(since) > DOUBT_SECONDS

    def _look(self) -> None:
        if self._server_answers():
            self._answers.set()
        elif not self.closed:
            self._answers.clear()
            self._send_away("the server does not answer")
            for connection in list(self._taken):
                _cut(connection)

    def _server_answers(self) -> bool:
        """Whether it takes or refuses a new connection in time."""
        has_answered = threading.Event()

        def ask() -> None:
            with contextlib.suppress(Exception):
                psycopg.connect(**self._resolve_kwargs()).close()
            has_answered.set()

        # In a thread: psycopg cannot wait for less than two seconds, nor the system's resolver for less than it likes.
        threading.Thread(target=ask, name=f"{self.name}-question", daemon=True).start()
        return has_answered.wait(ANSWER_SECONDS)


def _is_over(connection: Connection) -> bool:
    """Whether the server has closed an idle connection: then there is something to read."""
    poll = select.poll()
    try:
        poll.register(connection.pgconn.socket, select.POLLIN)
    except psycopg.Error:
        return True
    if not poll.poll(0):
        return False
    try:
        ConnectionPool.check_connection(connection)
    except psycopg.Error:
        return True
    return False


def _cut(connection: Connection) -> None:
    """End a connection that a thread waits for, which then fails; closing it would take the socket from that thread."""
    with (
        contextlib.suppress(OSError, psycopg.Error),
        socket.socket(fileno=os.dup(connection.pgconn.socket)) as end,
    ):
        end.shutdown(socket.SHUT_RDWR)
