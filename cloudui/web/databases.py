"""Telling a database that cannot be used right now from a fault of ours: the first is 503 and counts against nobody."""

import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Iterator
from typing import Final

from django.db import Error, InterfaceError, OperationalError, connection, connections

from cloudui.web import metrics

RETRY_AFTER: Final = 2
SAY_SECONDS: Final = 60.0

# The file is locked, full, read-only, broken or gone. Other codes are about our statements.
SQLITE_CODES: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOTADB,
    }
)
PRIMARY_CODE: Final = 0xFF
# PostgreSQL's classes of states: connections, rollbacks for others' sake, resources, an operator's doing, the system.
POSTGRESQL_CLASSES: Final = ("08", "40", "53", "57", "58")
# Read-only, as a copy of another server is; a lock that was not waited for.
POSTGRESQL_STATES: Final = ("25006", "55P03")

logger = logging.getLogger(__name__)


def is_unavailable(error: BaseException | None) -> bool:
    """Whether an error, or what led to it, says that the database cannot be used right now."""
    return any(_says_so(link) for link in _chain(error))


def answers(seconds: float) -> bool:
    """Whether the database answers in time. Asked in a thread, since one that hangs would be waited for."""
    answered: queue.SimpleQueue[bool] = queue.SimpleQueue()

    def ask() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            answered.put(True)
        except Error:
            answered.put(False)
        finally:
            connection.close()

    threading.Thread(target=ask, name="ready", daemon=True).start()
    try:
        return answered.get(timeout=seconds)
    except queue.Empty:
        return False


def release() -> None:
    """Close this thread's connections outside of transactions: whoever waits for long leaves them to others."""
    for each in connections.all(initialized_only=True):
        if not each.in_atomic_block:
            each.close()


def report(error: BaseException, sentence: str = "") -> None:
    """Log that the database cannot be used, at most once a minute: every request meets the same. Each is counted."""
    metrics.count_failure("database")
    first = next((link for link in _chain(error) if _says_so(link)), error)
    if _reports.is_due():
        words = f"{sentence} The database cannot be used: {first}".split()
        logger.error("%s", " ".join(words))


def log(error: BaseException, sentence: str) -> None:
    """Log what could not be done: with its traceback, unless it is for a database that cannot be used."""
    if is_unavailable(error):
        report(error, sentence)
    else:
        logger.error("%s", sentence, exc_info=error)


def clear_reports() -> None:
    """Let the next report be written whenever the last one was."""
    _reports.clear()


class _Reports:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at = -SAY_SECONDS

    def is_due(self) -> bool:
        now = time.monotonic()
        with self._lock:
            if now - self._at < SAY_SECONDS:
                return False
            self._at = now
            return True

    def clear(self) -> None:
        self._at = -SAY_SECONDS


_reports: Final = _Reports()


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """What led to an error. It may go round: one that is raised again has in its context what it had caused."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        yield error
        seen.add(id(error))
        error = error.__cause__ or error.__context__


def _says_so(error: BaseException) -> bool:
    if not isinstance(error, Error):
        return False
    code = getattr(error.__cause__, "sqlite_errorcode", None)
    if code is not None:
        return code & PRIMARY_CODE in SQLITE_CODES
    state = getattr(error.__cause__, "sqlstate", None)
    if state is not None:
        return state.startswith(POSTGRESQL_CLASSES) or state in POSTGRESQL_STATES
    # Without a code: no connection, or one that was lost.
    return isinstance(error, OperationalError | InterfaceError)
