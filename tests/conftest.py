"""What every test gets: a database that is put back, an empty cache, a marker for those that drive a browser.

People and their Workspaces are made by tests/factories.py.
"""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import TransactionTestCase
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from apikeys import usage
from apikeys.tokens import signing_keys, verified_secrets, verified_tokens
from cloudui.web import databases, disk, ratelimit
from deployments.airflow import client, waiting
from tests.disks import Left
from tests.mail_server import MailServer, running
from tests.mails import finish
from workspaces.audit import triggers as audit_triggers

# How fast a machine makes examples says nothing of the code.
hypothesis_settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("any machine")

# They need an Airflow of each version: make test-airflow.
collect_ignore = [] if os.environ.get("AIRFLOW_TESTS") else ["airflow"]
BROWSER_TESTS = Path(__file__).parent / "browser"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(BROWSER_TESTS):
            item.add_marker("browser")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker) -> Iterator[None]:
    """Put the database back after each test that really commits.

    Django empties every table then. Ours also holds what migrations bring (Clusters, releases of the
    Runtime), which the next test expects, and an audit log that refuses to be emptied.
    """
    with django_db_blocker.unblock():
        at_first = connection.creation.serialize_db_to_string()

    def put_back(self: TransactionTestCase) -> None:
        audit_triggers.drop(connection)
        call_command(
            "flush", verbosity=0, interactive=False, reset_sequences=False, inhibit_post_migrate=True
        )
        audit_triggers.create(connection)
        connection.creation.deserialize_db_from_string(at_first)
        ContentType.objects.clear_cache()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", put_back)
        yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            # A thread of the browser tests' server may hold one still, and the database could not be dropped.
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    """Limits on failures are counted in the cache, and one test's failures are not another's.

    Nor are the signing keys, secrets, tokens and outages that this process has seen.
    """
    cache.clear()
    signing_keys.clear_cache()
    verified_secrets.clear()
    verified_tokens.clear()
    usage.clear_counts()
    databases.clear_reports()


@pytest.fixture(autouse=True)
def _one_minute(monkeypatch) -> None:
    """Limits are counted by the clock's minute, and a slow test must not begin another one."""
    middle = time.time() // ratelimit.WINDOW_SECONDS * ratelimit.WINDOW_SECONDS + 30
    monkeypatch.setattr(ratelimit, "time", SimpleNamespace(time=lambda: middle))


@pytest.fixture(autouse=True)
def _patience(monkeypatch) -> None:
    """An Airflow of a test may take its time: a limit is what a test is about, or is none."""
    monkeypatch.setattr(waiting, "PAGE_SECONDS", 60)
    monkeypatch.setattr(client, "MORE_SECONDS", 60)


@pytest.fixture
def mail_server(settings) -> Iterator[MailServer]:
    """Has mails go through the outbox to a mail server, which takes them until a test says otherwise."""
    settings.EMAIL_BACKEND = "cloudui.web.outbox.backend.EmailBackend"
    settings.OUTBOX_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.OUTBOX_IN_BACKGROUND = True
    settings.EMAIL_HOST = "127.0.0.1"
    with running() as server:
        settings.EMAIL_PORT = server.port
        yield server
        server.release()
        finish()


@pytest.fixture
def disk_with(monkeypatch, tmp_path) -> Callable[[int], Left]:
    """Has every disk say that so many bytes are left above the reserve, of which nobody has reserved any."""

    def disk_with(free: int) -> Left:
        left = Left(free)
        monkeypatch.setattr(disk.os, "statvfs", left.statvfs)
        monkeypatch.setattr(disk, "_ledger", lambda: tmp_path / "reservations")
        return left

    return disk_with
