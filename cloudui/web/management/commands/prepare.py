"""`manage.py prepare`: everything that must be there before the server starts. `make run` calls it each time.

The first time it makes the keys, the tables, the static files and the demo data; later it finds nothing to do and
costs little. Two that run at once, on one machine or on several, wait for each other.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Final

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

from cloudui.web import keycheck, keyring
from cloudui.web.database_limits import too_many_connections
from cloudui.web.tables_lock import tables_lock

LOCK_FILE: Final = "prepare.lock"
STATIC_STAMP: Final = "static.stamp"
# Their versions decide what is served besides our own files.
STATIC_PACKAGES: Final = ("django", "django-htmx", "whitenoise", "brotli")


class Command(BaseCommand):
    """Make the installation ready to start, and say where it will answer."""

    help = "Make keys, tables, static files and, on the first start, demo data. Safe to repeat."
    # The keys may be missing still, and the start should be quick; `make lint` runs the checks.
    requires_system_checks = ()

    def handle(self, **_options: object) -> None:
        settings.DATA_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            with _alone(), tables_lock(self._say):
                _prepare_database()
                _prepare_static_files()
                is_fresh = not get_user_model().objects.exists()
                call_command("demo", show=not (is_fresh and _wants_demo()), stdout=self.stdout)
            too_many = too_many_connections()
        except OperationalError as error:
            raise CommandError(f"The database cannot be used: {error}") from error
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        if is_fresh and not _wants_demo():
            self.stdout.write("There are no accounts yet. Make the first: make superuser")
        self.stdout.write(f"Cloud UI answers at {settings.PUBLIC_URL}")
        if too_many:
            self.stderr.write(too_many)
        if not settings.PUBLIC.is_https and not settings.PUBLIC.is_local:
            self.stderr.write(
                "This is not for production: PUBLIC_URL is plain HTTP, so passwords and secrets cross the "
                "network unprotected."
            )

    def _say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()


@contextmanager
def _alone() -> Iterator[None]:
    with (settings.DATA_DIR / LOCK_FILE).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _prepare_database() -> None:
    """Make the keys and the tables, and see that they belong together."""
    # The database may be a file, which nobody else on this machine should read.
    previous = os.umask(0o077)
    try:
        if keycheck.may_create_keys():
            keyring.ensure(settings.DATA_DIR, settings.CLOUDUI_KEYS)
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", verbosity=0, interactive=False)
        keycheck.verify_or_register()
    finally:
        os.umask(previous)


def _prepare_static_files() -> None:
    """Collect and compress what browsers load, unless it is the same as the last time."""
    root, stamp = Path(settings.STATIC_ROOT), settings.DATA_DIR / STATIC_STAMP
    sources = dict(_static_sources())
    fingerprint = _fingerprint(sources)
    is_collected = (root / "staticfiles.json").exists()
    if is_collected and stamp.exists() and stamp.read_text() == fingerprint:
        return
    for name in sources:
        # Django keeps a copy that is newer than its source, and an unpacked release is old from the start.
        (root / name).unlink(missing_ok=True)
    call_command("collectstatic", verbosity=0, interactive=False)
    stamp.write_text(fingerprint)


def _static_sources() -> Iterator[tuple[str, Path]]:
    for finder in get_finders():
        for name, storage in finder.list([]):
            yield name, Path(storage.path(name))


def _fingerprint(sources: dict[str, Path]) -> str:
    facts = [f"{package} {version(package)}" for package in STATIC_PACKAGES]
    facts.append(str(settings.STATIC_ROOT))
    for name, path in sources.items():
        status = path.stat()
        facts.append(f"{name} {status.st_size} {status.st_mtime_ns}")
    return hashlib.sha256("\n".join(sorted(facts)).encode()).hexdigest()


def _wants_demo() -> bool:
    if settings.DEMO is None:
        return connection.vendor == "sqlite"
    return bool(settings.DEMO)
