"""One of several processes that write to the same SQLite file: `python sqlite_writer.py FILE SECONDS HOW`.

HOW is `read-then-write`, `insert` or `statement` (a write outside a transaction). Prints JSON: how many writes,
the slowest in seconds, the errors.
"""

import json
import sys
import time
from collections.abc import Callable

import django
from django.conf import settings
from django.db import DatabaseError, connection, transaction


def main(path: str, seconds: float, how: str, engine: str = "cloudui.web.sqlite") -> None:
    configure(path, engine)
    writes, slowest, errors = 0, 0.0, []
    write = WAYS[how]
    end = time.monotonic() + seconds
    while (start := time.monotonic()) < end:
        try:
            write()
        except DatabaseError as error:
            errors.append(str(error))
        writes += 1
        slowest = max(slowest, time.monotonic() - start)
    sys.stdout.write(json.dumps({"writes": writes, "slowest": slowest, "errors": errors}))


def configure(path: str, engine: str = "cloudui.web.sqlite") -> None:
    settings.configure(
        USE_TZ=True,
        DATABASES={
            "default": {
                "ENGINE": engine,
                "NAME": path,
                "OPTIONS": {
                    "transaction_mode": "IMMEDIATE",
                    "timeout": 20,
                    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
                },
            }
        },
    )
    django.setup()


def read_then_write() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT total FROM counter")
        (total,) = cursor.fetchone()
        cursor.execute("UPDATE counter SET total = %s", [total + 1])
        cursor.execute("INSERT INTO event (note) VALUES (%s)", ["counted"])


def insert() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO event (note) VALUES (%s)", ["noted"])


def statement() -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO event (note) VALUES (%s)", ["noted"])


WAYS: dict[str, Callable[[], None]] = {
    "read-then-write": read_then_write,
    "insert": insert,
    "statement": statement,
}


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), *sys.argv[3:])
