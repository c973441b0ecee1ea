"""What Django's signals tell of the locks of the database, for the metrics."""

import time
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from cloudui.web import metrics


def connect() -> None:
    """Listen from now on."""
    connection_created.connect(_watch_locks, dispatch_uid=__name__)


def _watch_locks(connection: BaseDatabaseWrapper, **_kwargs: object) -> None:
    # SQLite has one lock for all rows, which its own backend measures (cloudui.web.sqlite).
    if connection.vendor == "postgresql" and _measure_lock not in connection.execute_wrappers:
        # The first, since `execute_wrapper()`, inside which this may happen, takes the last one away at its end.
        connection.execute_wrappers.insert(0, _measure_lock)


def _measure_lock(execute: Any, sql: str, *arguments: Any) -> Any:
    """Run a statement; if it locks rows, measure it: it takes as long as it waits for them."""
    if " FOR " not in sql:
        return execute(sql, *arguments)
    began = time.perf_counter()
    try:
        return execute(sql, *arguments)
    finally:
        metrics.observe_writer_wait("row", time.perf_counter() - began)
