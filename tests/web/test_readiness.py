"""Whether the machine can do its work: what `/readyz` says where a folder takes no files."""

import errno
from types import SimpleNamespace

import pytest
from django.test import Client

from cloudui.web import disk, middleware

pytestmark = pytest.mark.django_db


def fail_below(monkeypatch, folder, failure):
    make = disk.tempfile.TemporaryFile

    def made(**where):
        if where["dir"] == folder:
            raise failure
        return make(**where)

    monkeypatch.setattr(disk.tempfile, "TemporaryFile", made)


READ_ONLY = OSError(errno.EROFS, "Read-only file system")


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (READ_ONLY, "Read-only file system"),
        (PermissionError(errno.EACCES, "Permission denied"), "Permission denied"),
        (OSError(errno.EIO, "Input/output error"), "Input/output error"),
        (FileNotFoundError(errno.ENOENT, "No such file or directory"), "No such file or directory"),
    ],
)
def test_a_data_directory_that_takes_nothing_takes_the_machine_out(monkeypatch, settings, failure, reason):
    fail_below(monkeypatch, settings.DATA_DIR, failure)

    answer = Client().get("/readyz")

    assert (answer.status_code, answer.content.decode()) == (
        503,
        f"not writable: {settings.DATA_DIR} ({reason})\n",
    )


def test_so_does_the_folder_of_sqlite(monkeypatch, tmp_path):
    sqlite = SimpleNamespace(vendor="sqlite", settings_dict={"NAME": tmp_path / "db.sqlite3"})
    monkeypatch.setattr(middleware, "connection", sqlite)
    fail_below(monkeypatch, tmp_path, READ_ONLY)

    answer = Client().get("/readyz")

    assert answer.status_code == 503
    assert str(tmp_path) in answer.content.decode()


def test_a_store_that_takes_nothing_is_only_told(monkeypatch, settings, tmp_path):
    settings.DAGS_ROOT = tmp_path / "dags"
    fail_below(monkeypatch, settings.DAGS_ROOT, READ_ONLY)
    line = f"not writable: {settings.DAGS_ROOT} (Read-only file system)"
    # Before the first deploy there is none.
    assert line not in Client().get("/readyz").content.decode()
    settings.DAGS_ROOT.mkdir()

    answer = Client().get("/readyz")

    assert (answer.status_code, answer.content.splitlines()[0]) == (200, b"ready")
    assert line in answer.content.decode().splitlines()


def test_a_full_disk_is_not_one_that_cannot_be_written_to(monkeypatch, settings):
    fail_below(monkeypatch, settings.DATA_DIR, OSError(errno.ENOSPC, "No space left on device"))

    assert Client().get("/readyz").status_code == 200
