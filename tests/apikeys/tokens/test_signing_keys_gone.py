"""Signing keys while the database is gone."""

from threading import Barrier, Event, Thread

import pytest
from django.db import OperationalError

from apikeys.tokens import signing_keys

pytestmark = pytest.mark.django_db


def test_those_who_wait_for_one_that_cannot_read_the_keys_do_not_try_in_turn(monkeypatch):
    """Each would wait for a database that is gone, and the last for all of them."""
    reads, failures, all_wait = [], [], Barrier(6)

    def gone():
        reads.append("read")
        Event().wait(0.3)
        raise OperationalError("gone")

    def ask():
        all_wait.wait()
        try:
            signing_keys.keys()
        except OperationalError as error:
            failures.append(str(error))

    monkeypatch.setattr(signing_keys, "_read", gone)
    threads = [Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == ["gone"] * 6
    assert len(reads) < 3
    monkeypatch.undo()
    assert signing_keys.keys() is not None
