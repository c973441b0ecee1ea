"""One process at a time makes or changes the tables of a database, whichever machine it runs on.

On PostgreSQL an advisory lock of that database, over a connection of its own that no pool may hand to others, and of
a transaction, so that it ends with it also behind a pooler of connections; on SQLite a locked file beside the
database. Either ends with the process that holds it.
"""

import fcntl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from django.db import OperationalError, connection

# "CloudUI" in ASCII: any number that no other program takes in this database.
NUMBER: Final = 0x436C6F75645549
WAITING: Final = "Another process prepares this database. Waiting for it ..."

_held = threading.local()


@contextmanager
def tables_lock(say: Callable[[str], object]) -> Iterator[None]:
    """Hold the lock, which a thread may take again while it has it.

    Args:
        say: told, in a sentence, that somebody else has to be waited for.

    Raises:
        OperationalError: if the database cannot be reached.
    """
    if getattr(_held, "by_this_thread", False):
        yield
        return
    with _in_postgresql(say) if connection.vendor == "postgresql" else _beside_the_file(say):
        _held.by_this_thread = True
        try:
            yield
        finally:
            _held.by_this_thread = False


@contextmanager
def _in_postgresql(say: Callable[[str], object]) -> Iterator[None]:
    with connection.wrap_database_errors:
        session = connection.Database.connect(  # type: ignore[attr-defined] # psycopg
            **connection.get_connection_params()
        )
    try:
        with connection.wrap_database_errors:
            # A migration takes as long as it takes, here and on the other machine.
            for limit in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
                session.execute(f"SET LOCAL {limit} = 0")
            (is_ours,) = session.execute("SELECT pg_try_advisory_xact_lock(%s)", [NUMBER]).fetchone()
            if not is_ours:
                say(WAITING)
                session.execute("SELECT pg_advisory_xact_lock(%s)", [NUMBER])
        yield
    finally:
        session.close()


@contextmanager
def _beside_the_file(say: Callable[[str], object]) -> Iterator[None]:
    if connection.is_in_memory_db():  # type: ignore[attr-defined] # of SQLite only
        yield
        return
    path = Path(f"{connection.settings_dict['NAME']}.prepare.lock")
    try:
        path.touch()
    except OSError as error:
        raise OperationalError(str(error)) from error
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(WAITING)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
