"""Somebody who writes to the SQLite file without queueing, such as a shell that was left open."""

import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connections, transaction

from cloudui.web import databases

ALIAS = "disputed"


@pytest.fixture
def path(tmp_path, monkeypatch, django_db_blocker):
    """A database of ours, which each thread opens for itself."""
    path = tmp_path / "some.sqlite3"
    with sqlite3.connect(path) as plain:
        plain.execute("PRAGMA journal_mode=WAL")
        plain.execute("CREATE TABLE event (note TEXT)")
    plain.close()
    settings = {**connections.settings["default"], "ENGINE": "cloudui.web.sqlite", "NAME": path}
    settings["OPTIONS"] = {"transaction_mode": "IMMEDIATE", "timeout": 20}
    monkeypatch.setitem(connections.settings, ALIAS, settings)
    with django_db_blocker.unblock():
        yield path
        connections[ALIAS].close()
        del connections[ALIAS]


def insert():
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("INSERT INTO event VALUES ('noted')")


def test_a_stranger_who_holds_the_lock_is_not_waited_for_by_one_after_the_other(path):
    """A shell that was left open does not queue, and each of ours would wait for it in turn."""
    stranger = sqlite3.connect(path, isolation_level=None)
    stranger.execute("BEGIN IMMEDIATE")

    def write(_):
        began = time.monotonic()
        try:
            with transaction.atomic(using=ALIAS):
                insert()
        except OperationalError as error:
            return databases.is_unavailable(error), time.monotonic() - began
        finally:
            connections[ALIAS].close()
        return False, 0.0

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(write, range(6)))
        stranger.execute("ROLLBACK")
        after = threads.submit(write, 6)

    stranger.close()
    assert [refused for refused, _ in answers] == [True] * 6
    assert max(seconds for _, seconds in answers) < 2
    assert after.result() == (False, 0.0)


@pytest.mark.parametrize("seconds", [0.2, 1.0])
def test_a_stranger_who_is_quick_is_waited_for(path, seconds):
    stranger = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    stranger.execute("BEGIN IMMEDIATE")
    threading.Timer(seconds, stranger.execute, ["ROLLBACK"]).start()

    with transaction.atomic(using=ALIAS):
        insert()
        assert connections[ALIAS].connection.execute("PRAGMA busy_timeout").fetchone() == (20_000,)

    stranger.close()
