"""PostgreSQL admits the connections of all processes, or the start says what to do."""

import pytest
from django.db import connection

from cloudui import configuration
from cloudui.web import database_limits
from cloudui.web.database_limits import too_many_connections

pytestmark = pytest.mark.django_db


@pytest.fixture
def postgresql(monkeypatch, settings):
    """A function that says how many connections a PostgreSQL server admits, and how many workers there are."""

    def postgresql(admitted: int, *, workers: int):
        settings.WEB_WORKERS = workers
        monkeypatch.setattr(connection, "vendor", "postgresql")
        monkeypatch.setitem(
            connection.settings_dict, "OPTIONS", {"pool": {"max_size": configuration.POOL_SIZE}}
        )
        monkeypatch.setattr(database_limits, "ADMITTED", f"SELECT {admitted}")

    return postgresql


@pytest.mark.parametrize(("admitted", "workers"), [(97, 9), (97, 1), (32, 1)])
def test_what_fits_is_not_mentioned(postgresql, admitted, workers):
    postgresql(admitted, workers=workers)

    assert too_many_connections() == ""


@pytest.mark.parametrize(
    ("admitted", "workers", "needed", "fitting"), [(97, 10, 104, 9), (97, 64, 536, 9), (31, 1, 32, 1)]
)
def test_what_does_not_fit_is_told_with_the_numbers(postgresql, admitted, workers, needed, fitting):
    postgresql(admitted, workers=workers)

    sentence = too_many_connections()

    assert (
        f"admits {admitted} connections, and {workers} workers with the other processes may open {needed}"
        in sentence
    )
    assert f"Set WEB_WORKERS to {fitting} or less, or raise max_connections." in sentence


def test_of_the_server_itself_it_is_asked_and_sqlite_has_no_limit(settings):
    settings.WEB_WORKERS = 1
    assert too_many_connections() == ""
    settings.WEB_WORKERS = 10_000

    assert ("WEB_WORKERS" in too_many_connections()) == (connection.vendor == "postgresql")
