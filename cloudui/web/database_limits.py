"""Whether PostgreSQL admits as many connections as the processes of this machine may open."""

import os
from typing import Any, Final

from django.conf import settings
from django.db import connection

# Besides the workers: housekeeping, the gateway, and what keeps the Airflows of this machine.
OTHERS: Final = 3
# The least of what the server leaves to those who are no superusers, the role and the database admit.
ADMITTED: Final = """
    SELECT least(
        current_setting('max_connections')::int - coalesce(sum(setting::int), 0),
        (SELECT nullif(rolconnlimit, -1) FROM pg_roles WHERE rolname = current_user),
        (SELECT nullif(datconnlimit, -1) FROM pg_database WHERE datname = current_database())
    )
    FROM pg_settings WHERE name IN ('superuser_reserved_connections', 'reserved_connections')
"""


def worker_count() -> int:
    """How many processes of the web server there are: `WEB_WORKERS`, or one for each core this process may use."""
    return settings.WEB_WORKERS or len(os.sched_getaffinity(0))


def too_many_connections() -> str:
    """A sentence that says what to do if the processes of this machine may open too many; empty if they fit."""
    pool: dict[str, Any] = connection.settings_dict["OPTIONS"].get("pool") or {}
    if connection.vendor != "postgresql" or not pool:
        return ""
    workers, size = worker_count(), pool["max_size"]
    needed = (workers + OTHERS) * size
    with connection.cursor() as cursor:
        cursor.execute(ADMITTED)
        (admitted,) = cursor.fetchone()
    if needed <= admitted:
        return ""
    fitting = max(1, admitted // size - OTHERS)
    return (
        f"PostgreSQL admits {admitted} connections, and {workers} workers with the other processes may open "
        f"{needed}, {size} each; requests would fail under load. Set WEB_WORKERS to {fitting} or less, or raise "
        "max_connections."
    )
