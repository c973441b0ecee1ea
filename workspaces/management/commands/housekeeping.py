"""`manage.py housekeeping`: once a minute, delete what is too old. One process does it for all servers."""

import signal
import threading
from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from datetime import timedelta
from importlib import import_module
from typing import Final

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.module_loading import import_string

from cloudui.web import databases, logs, metrics

PAUSE_SECONDS: Final = 60


class Command(BaseCommand):
    """Run the tasks of the setting HOUSEKEEPING again and again until told to stop."""

    help = "Delete what is too old (settings.HOUSEKEEPING) once a minute, until stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="Do it once and end.")

    def handle(self, *, once: bool, **_options: object) -> None:
        """Work and pause; a signal ends the pause."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        run_tasks()
        while not once and not stop.wait(PAUSE_SECONDS):
            run_tasks()


def run_tasks() -> None:
    """Run each task; one that fails is logged, tried again the next minute, and does not stop the others."""
    results: dict[str, bool] = {}
    counts: dict[str, Mapping[str, int]] = {}
    for name in settings.HOUSEKEEPING:
        with logs.task():
            results[name] = _run_task(name, counts)
    try:
        metrics.record_round(settings.DATA_DIR / "metrics", results=results, counts=counts)
    except OSError as error:
        databases.log(error, "Housekeeping could not write down when it was done.")
    # The pause needs none, and a database that restarts during it is found again.
    databases.release()


def _run_task(name: str, counts: dict[str, Mapping[str, int]]) -> bool:
    """Returns whether it succeeded; what it counted is added to `counts`."""
    try:
        task: Callable[[], object] = import_string(name)
        if isinstance(counted := task(), Mapping):
            counts[name] = counted
    except Exception as error:  # noqa: BLE001 - whatever it is, the next minute is another attempt
        databases.log(error, f"Housekeeping could not finish {name}.")
        # Perhaps it is the connection that broke.
        databases.release()
        return False
    return True


def delete_expired_sessions() -> None:
    """Delete the sessions whose time is over."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()


def delete_old_log_entries() -> None:
    """Delete what the admin site itself logs of operators, when the audit log deletes its events."""
    oldest = timezone.now() - timedelta(days=settings.AUDIT_RETENTION_DAYS)
    LogEntry.objects.filter(action_time__lt=oldest).delete()
