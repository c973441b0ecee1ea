"""Whoever changes the tables is alone, also on several machines."""

import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection

from cloudui.web import tables_lock as module
from cloudui.web.keyring import ensure
from cloudui.web.tables_lock import WAITING, tables_lock

ROOT = Path(__file__).resolve().parents[2]
FRESH = "cloudui_prepared_at_once"


@pytest.fixture
def database(tmp_path, monkeypatch):
    """Have SQLite in a file, as it is outside of tests."""
    if connection.vendor == "sqlite":
        monkeypatch.setitem(connection.settings_dict, "NAME", tmp_path / "cloudui.sqlite3")
        monkeypatch.setattr(connection, "is_in_memory_db", lambda: False)


@pytest.mark.django_db
def test_the_second_waits_for_the_first_and_says_so(database):
    said: list[str] = []
    order: list[str] = []
    is_waiting, may_end = threading.Event(), threading.Event()

    def first() -> None:
        with tables_lock(said.append):
            is_waiting.set()
            may_end.wait(20)
            order.append("first")

    def second() -> None:
        def say(sentence: str) -> None:
            said.append(sentence)
            may_end.set()

        with tables_lock(say):
            order.append("second")

    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    threads[0].start()
    is_waiting.wait(20)
    threads[1].start()
    for thread in threads:
        thread.join(20)

    assert (order, said) == (["first", "second"], [WAITING])


@pytest.mark.django_db
def test_whoever_has_it_may_take_it_again_and_then_it_is_free(database):
    said: list[str] = []
    with tables_lock(said.append), tables_lock(said.append):
        pass
    with tables_lock(said.append):
        pass

    assert said == []


@pytest.mark.django_db
def test_migrate_holds_it(database, monkeypatch):
    held = []
    monkeypatch.setattr(
        "django.core.management.commands.migrate.Command.handle",
        lambda *_arguments, **_options: held.append(getattr(module._held, "by_this_thread", False)),
    )

    call_command("migrate")

    assert held == [True]


@pytest.mark.django_db
def test_a_database_that_cannot_be_reached_is_the_error_that_django_knows(database, monkeypatch):
    nowhere = {"NAME": "/nowhere/cloudui.sqlite3", "HOST": "/nowhere"}
    for name, value in nowhere.items():
        monkeypatch.setitem(connection.settings_dict, name, value)

    with pytest.raises(OperationalError), tables_lock(print):
        pass


def test_two_machines_that_prepare_one_database_for_the_first_time_both_succeed(tmp_path, django_db_blocker):
    ensure(tmp_path / "keys")
    with django_db_blocker.unblock(), _fresh_database(tmp_path) as url:
        machines = [
            subprocess.Popen(
                [sys.executable, "-W", "ignore", "manage.py", "prepare"],
                cwd=ROOT,
                env={
                    **os.environ,
                    "CLOUDUI_DATA_DIR": str(tmp_path / name),
                    "CLOUDUI_DEMO": "1",
                    "CLOUDUI_DEMO_PASSWORD": "a password for the demo",
                    "CLOUDUI_KEYS": (tmp_path / "keys/keys.json").read_text(),
                    "DATABASE_URL": url,
                    "DJANGO_SETTINGS_MODULE": "cloudui.settings",
                },
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            for name in ("one", "two")
        ]
        said = [machine.communicate(timeout=120)[0] for machine in machines]

    assert [machine.returncode for machine in machines] == [0, 0], said
    assert sorted(WAITING in text for text in said) == [False, True], said


@contextmanager
def _fresh_database(folder: Path):
    """The address of an empty one, of the kind that these tests run on."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{folder}/cloudui.sqlite3"
        return
    address = urlsplit(os.environ["DATABASE_URL"])
    with connection.Database.connect(
        **{**connection.get_connection_params(), "dbname": "postgres"}, autocommit=True
    ) as session:
        session.execute(f"DROP DATABASE IF EXISTS {FRESH} WITH (FORCE)")
        session.execute(f"CREATE DATABASE {FRESH}")
        try:
            yield address._replace(path=f"/{FRESH}").geturl()
        finally:
            session.execute(f"DROP DATABASE {FRESH} WITH (FORCE)")
