"""`manage.py prepare`: makes what is missing, and the second time changes nothing."""

import fcntl
import io
import os
import shutil
import stat

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

from cloudui import configuration
from cloudui.web import keycheck
from cloudui.web.keyring import keyring
from cloudui.web.management.commands import prepare
from tests.factories import create_user
from workspaces.models import AuditEvent, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def sources(tmp_path):
    """The static files of a small installation."""
    directory = tmp_path / "sources"
    directory.mkdir()
    (directory / "page.css").write_text("a {}")
    return directory


@pytest.fixture
def data_dir(settings, tmp_path, sources):
    settings.DATA_DIR = tmp_path / "var"
    settings.STATIC_ROOT = tmp_path / "var/static"
    settings.DAGS_ROOT = tmp_path / "var/dags"
    settings.STATICFILES_DIRS = [sources]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    manifest = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": manifest}}
    settings.DEMO = True
    keyring.reload()
    yield settings.DATA_DIR
    keyring.reload()


def run():
    out, err = io.StringIO(), io.StringIO()
    call_command("prepare", stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def everything_in(directory):
    return {
        path.relative_to(directory): (path.stat().st_mtime_ns, path.stat().st_size)
        for path in directory.rglob("*")
        if path.is_file() and path.name != prepare.LOCK_FILE
    }


def test_the_first_start_makes_keys_static_files_and_demo_data(data_dir):
    out, _ = run()

    assert stat.S_IMODE((data_dir / "keys.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700
    assert (data_dir / "static/staticfiles.json").exists()
    assert User.objects.filter(email="owner@example.com").exists()
    assert "Cloud UI answers at http://localhost:8871\n" in out
    assert f"Password: {(data_dir / 'demo-password').read_text().strip()}\n" in out


def test_the_second_start_changes_nothing_and_says_the_same(data_dir):
    first, _ = run()
    files, events = everything_in(data_dir), AuditEvent.objects.count()

    second, _ = run()

    assert second == first
    assert everything_in(data_dir) == files
    assert AuditEvent.objects.count() == events


def test_a_changed_static_file_is_collected_again(data_dir, sources):
    run()
    (sources / "page.css").write_text("a { color: red }")
    # As an unpacked release has it: older than what was collected.
    os.utime(sources / "page.css", (1_000_000_000, 1_000_000_000))

    run()

    assert (data_dir / "static/page.css").read_text() == "a { color: red }"


def test_static_files_that_were_removed_come_back(data_dir):
    run()
    shutil.rmtree(data_dir / "static")

    run()

    assert (data_dir / "static/page.css").exists()


def test_without_demo_data_it_tells_how_the_first_account_is_made(data_dir, settings):
    settings.DEMO = False

    out, _ = run()

    assert not User.objects.exists()
    assert "There are no accounts yet. Make the first: make superuser" in out
    assert "Demo sign-ins" not in out


def test_unless_asked_for_demo_data_is_made_on_sqlite_only(data_dir, settings):
    settings.DEMO = None

    run()

    assert User.objects.exists() == (connection.vendor == "sqlite")


def test_an_installation_with_accounts_gets_no_demo_data(data_dir):
    create_user()

    out, _ = run()

    assert User.objects.count() == 1
    assert "Demo sign-ins" not in out


def test_lost_keys_stop_the_start_and_are_not_made_anew(data_dir):
    run()
    (data_dir / "keys.json").unlink()
    keyring.reload()

    with pytest.raises(CommandError, match="The key file does not belong to this database"):
        run()

    assert not (data_dir / "keys.json").exists()


def test_a_database_that_cannot_be_used_is_one_sentence(data_dir, monkeypatch):
    def unreachable():
        raise OperationalError("connection refused")

    monkeypatch.setattr(keycheck, "may_create_keys", unreachable)

    with pytest.raises(CommandError, match=r"^The database cannot be used: connection refused$"):
        run()


@pytest.mark.parametrize(
    ("address", "is_warned"),
    [
        ("http://localhost:8871", False),
        ("https://console.example.com", False),
        ("http://console.example.com", True),
        ("http://192.0.2.7:8871", True),
    ],
)
def test_plain_http_for_others_is_not_for_production(data_dir, settings, address, is_warned):
    settings.PUBLIC = configuration.public_url(address)

    _, err = run()

    assert ("This is not for production" in err) == is_warned


def test_only_one_prepares_at_a_time(data_dir):
    run()

    with (data_dir / prepare.LOCK_FILE).open() as file, prepare._alone(), pytest.raises(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
