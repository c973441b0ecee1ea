"""The SQLite backend: one writer at a time has the lock, and it ends with the transaction however that ends."""

import sqlite3
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from django.db import OperationalError, connections, transaction
from django.db.utils import IntegrityError

from cloudui.web.filelocks import FileLocks
from cloudui.web.sqlite import base
from tests.web.sqlite_files import count, make_database, read

ROOT = Path(__file__).resolve().parents[2]
ALIAS = "locked"


@pytest.fixture
def path(tmp_path):
    return make_database(tmp_path / "some.sqlite3")


@pytest.fixture
def configure(monkeypatch, django_db_blocker):
    def configure(name, **options):
        settings = {**connections.settings["default"], "ENGINE": "cloudui.web.sqlite", "NAME": name}
        settings["OPTIONS"] = {"transaction_mode": "IMMEDIATE", "timeout": 20, **options}
        monkeypatch.setitem(connections.settings, ALIAS, settings)
        return connections[ALIAS]

    with django_db_blocker.unblock():
        yield configure
        connections[ALIAS].close()
        del connections[ALIAS]


@pytest.fixture
def connection(configure, path):
    return configure(path)


@pytest.fixture
def locks(path):
    """The lock as other processes see it."""
    return FileLocks([Path(f"{path}.lock")])


@pytest.fixture
def lock_is_free(locks):
    def lock_is_free():
        held = locks.acquire(timeout=0)
        if held is not None:
            held.release()
        return held is not None

    return lock_is_free


def insert(connection, note="noted"):
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO event (note) VALUES (%s)", [note])


def in_transaction(connection):
    with transaction.atomic(using=ALIAS):
        insert(connection)


def test_threads_of_one_process_exclude_each_other_too(connection, path, configure, django_db_blocker):
    def work():
        for _ in range(25):
            with transaction.atomic(using=ALIAS), connections[ALIAS].cursor() as cursor:
                cursor.execute("SELECT total FROM counter")
                (total,) = cursor.fetchone()
                cursor.execute("UPDATE counter SET total = %s", [total + 1])
        connections[ALIAS].close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert read(path, "SELECT total FROM counter") == 100


def test_the_lock_lasts_from_the_beginning_to_the_commit(connection, lock_is_free, path):
    assert lock_is_free()
    with transaction.atomic(using=ALIAS):
        assert not lock_is_free()
        insert(connection)
        with transaction.atomic(using=ALIAS):
            insert(connection)
        assert not lock_is_free()
    assert lock_is_free()
    assert count(path) == 2


def test_a_savepoint_that_is_rolled_back_keeps_the_lock(connection, lock_is_free, path):
    with transaction.atomic(using=ALIAS):
        insert(connection, "kept")
        with suppress(ZeroDivisionError), transaction.atomic(using=ALIAS):
            insert(connection, "dropped")
            raise ZeroDivisionError
        assert not lock_is_free()
    assert lock_is_free()
    assert count(path) == 1


def test_an_exception_releases_the_lock_and_ends_the_transaction(connection, lock_is_free, path):
    with suppress(ZeroDivisionError), transaction.atomic(using=ALIAS):
        insert(connection)
        raise ZeroDivisionError

    assert lock_is_free()
    assert count(path) == 0


def test_closing_in_the_middle_releases_the_lock_and_drops_the_transaction(connection, lock_is_free, path):
    with transaction.atomic(using=ALIAS):
        insert(connection)
        connection.close()
        assert lock_is_free()

    assert count(path) == 0
    with transaction.atomic(using=ALIAS):
        insert(connection)
        assert not lock_is_free()
    assert lock_is_free()
    assert count(path) == 1


def test_a_commit_that_fails_releases_the_lock_with_the_rollback(connection, lock_is_free, monkeypatch):
    at_rollback = []
    rollback = connection._rollback

    def watched():
        at_rollback.append(lock_is_free())
        rollback()

    monkeypatch.setattr(connection, "_rollback", watched)
    with pytest.raises(IntegrityError, match="FOREIGN KEY"), transaction.atomic(using=ALIAS):
        connection.cursor().execute("INSERT INTO child VALUES (12345)")

    assert at_rollback == [False]
    assert lock_is_free()


def test_on_commit_hooks_run_when_the_lock_is_released(connection, lock_is_free):
    seen = []
    with transaction.atomic(using=ALIAS):
        transaction.on_commit(lambda: seen.append(lock_is_free()), using=ALIAS)

    assert seen == [True]


def test_a_beginning_that_fails_releases_the_lock(configure, path, lock_is_free):
    connection = configure(path, timeout=0.05)
    connection.ensure_connection()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")  # somebody who knows no lock, such as the sqlite3 shell

    with pytest.raises(OperationalError, match="database is locked"), transaction.atomic(using=ALIAS):
        pass

    assert lock_is_free()
    other.close()
    with transaction.atomic(using=ALIAS):
        insert(connection)


def test_waiting_for_the_lock_ends_as_waiting_for_sqlite_does(configure, path, locks):
    configure(path, timeout=0.05)
    held = locks.acquire(timeout=0)

    with pytest.raises(OperationalError, match="database is locked"), transaction.atomic(using=ALIAS):
        pass

    held.release()
    with transaction.atomic(using=ALIAS):
        pass


def test_the_timeout_is_the_one_of_the_options(connection):
    connection.ensure_connection()

    assert (connection._lock_timeout, connection.vendor) == (20, "sqlite")


def test_a_statement_that_writes_outside_a_transaction_waits_for_its_turn(
    configure, path, locks, lock_is_free
):
    connection = configure(path, timeout=0.05)
    held = locks.acquire(timeout=0)

    with pytest.raises(OperationalError, match="database is locked"):
        insert(connection)
    with connection.cursor() as cursor:
        cursor.execute("SELECT total FROM counter")
        assert cursor.fetchone() == (0,)

    held.release()
    insert(connection)
    assert (count(path), lock_is_free()) == (1, True)


@pytest.mark.parametrize("way", ["transaction", "statement"])
def test_as_soon_as_a_stranger_has_gone_nobody_is_refused_any_more(configure, path, monkeypatch, way):
    monkeypatch.setattr(base, "STRANGER_SECONDS", 60)
    connection = configure(path, timeout=0.05)
    connection.ensure_connection()
    write = {"statement": lambda: insert(connection), "transaction": lambda: in_transaction(connection)}[way]
    stranger = sqlite3.connect(path, isolation_level=None)
    stranger.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError, match="database is locked"):
        write()
    assert Path(f"{path}.busy").exists()

    stranger.close()
    write()

    assert not Path(f"{path}.busy").exists()


def test_a_statement_that_fails_of_itself_says_nothing_of_a_stranger(connection, path):
    with pytest.raises(OperationalError, match="no such table"):
        connection.cursor().execute("INSERT INTO missing VALUES (1)")

    assert not Path(f"{path}.busy").exists()


@pytest.mark.parametrize("spelling", ["some.sqlite3", "file:{}", "file:{}?cache=private"])
def test_all_spellings_of_a_file_share_one_queue(configure, path, lock_is_free, monkeypatch, spelling):
    monkeypatch.chdir(path.parent)
    configure(spelling.format(path))

    with transaction.atomic(using=ALIAS):
        assert not lock_is_free()


def test_a_database_in_memory_has_no_queue(configure, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    connection = configure(":memory:")

    with transaction.atomic(using=ALIAS):
        connection.cursor().execute("CREATE TABLE event (note TEXT)")

    assert connection._queue is None
    assert list(tmp_path.iterdir()) == []


def test_a_forked_child_leaves_the_lock_to_its_parent(path):
    code = (
        "import os, sys; sys.path.insert(0, 'tests/web'); import sqlite_writer\n"
        "sqlite_writer.configure(sys.argv[1])\n"
        "from pathlib import Path\n"
        "from django.db import connection, transaction\n"
        "from cloudui.web.filelocks import FileLocks\n"
        "free = lambda: FileLocks([Path(sys.argv[1] + '.lock')]).acquire(timeout=0) is not None\n"
        "with transaction.atomic():\n"
        "    if os.fork() == 0:\n"
        "        connection._release_lock(); os._exit(0)\n"
        "    os.wait(); print('parent has it', not free())\n"
        "print('then free', free())"
    )
    command = [sys.executable, "-c", code, str(path)]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)

    assert answer.stdout == "parent has it True\nthen free True\n"
