"""Without its database every page and route says so: 503 with `Retry-After`, in the shape of its face, and no traceback."""

import sqlite3
from itertools import product

import psycopg
import pytest
from django.db import DatabaseError, InterfaceError, OperationalError, connection, connections

from apikeys.tokens import signing_keys
from cloudui.web import databases
from tests.cast import HX
from tests.house.routes import body, make_ready, routes
from tests.house.walk import undone


def with_cause(error, cause):
    error.__cause__ = cause
    return error


def sqlite_error(name):
    cause = sqlite3.OperationalError(name)
    cause.sqlite_errorcode = getattr(sqlite3, name)
    return with_cause(OperationalError(name), cause)


def postgresql_error(name):
    return with_cause(DatabaseError(name), getattr(psycopg.errors, name)(name))


UNAVAILABLE = [
    OperationalError("the connection is lost"),
    InterfaceError("connection already closed"),
    with_cause(OperationalError("gone"), psycopg.OperationalError("gone")),
    *map(sqlite_error, ["SQLITE_BUSY", "SQLITE_FULL", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_IOERR"]),
    sqlite_error("SQLITE_IOERR_WRITE"),
    *map(
        postgresql_error,
        [
            "AdminShutdown",
            "CannotConnectNow",
            "ConnectionFailure",
            "DeadlockDetected",
            "DiskFull",
            "LockNotAvailable",
            "ReadOnlySqlTransaction",
            "TooManyConnections",
        ],
    ),
]
OURS = [
    ValueError("a fault"),
    DatabaseError("a fault"),
    sqlite_error("SQLITE_ERROR"),
    sqlite_error("SQLITE_CONSTRAINT"),
    *map(postgresql_error, ["UndefinedTable", "SyntaxError", "UniqueViolation", "DataError"]),
]


@pytest.fixture
def gone():
    """Inside of it the database fails by this error."""

    def _gone(error):
        def fail(*_arguments):
            raise error

        return connection.execute_wrapper(fail)

    return _gone


@pytest.mark.parametrize(("errors", "is_unavailable"), [(UNAVAILABLE, True), (OURS, False)])
def test_an_outage_is_told_from_a_fault_of_ours(errors, is_unavailable):
    assert [repr(error) for error in errors if databases.is_unavailable(error) != is_unavailable] == []


def test_what_an_outage_led_to_is_one():
    broken = DatabaseError("the transaction is broken")
    broken.__context__ = OperationalError("gone")

    assert databases.is_unavailable(broken)


def test_errors_that_led_to_each_other_are_looked_at_once():
    first, second = ValueError("first"), LookupError("second")
    first.__context__, second.__cause__ = second, first

    assert not databases.is_unavailable(first)


@pytest.mark.parametrize("is_htmx", [False, True])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_route_says_so(cast, gone, method, is_htmx):
    signing_keys.keys()
    wrong = []
    for route, role in product(routes(), ["owner", "admin"]):
        if is_htmx and (route.is_admin_site or route.is_for_programs):
            continue
        with undone():
            path, data = route.path(cast), None
            if method == "POST":
                make_ready(route, cast)
                data = body(route, cast)
            client = cast.fresh_client(role)
            client.raise_request_exception = False
            with gone(OperationalError("gone")):
                answer = getattr(client, method.lower())(path, data, headers=HX if is_htmx else None)
        if answer.status_code == 503:
            is_for_programs = route.is_for_programs or path.startswith("/v1/")
            kind = "application/json" if is_for_programs else "text/plain" if is_htmx else "text/html"
            assert answer.headers["Retry-After"] == "2", path
            assert answer.headers["Content-Type"].startswith(kind), path
        elif answer.status_code >= 500 or not asks_nothing(route, answer):
            wrong.append((method, str(route), role, answer.status_code))

    assert wrong == []


def asks_nothing(route, answer):
    """Whether it is answered without the database: refused by its method or its credentials, or the same for everybody."""
    return answer.status_code in {400, 401, 405} or (answer.status_code < 400 and route.needs_no_session)


def test_the_page_has_the_look_of_the_house(cast, gone):
    with gone(OperationalError("gone")):
        answer = cast.client("owner").get("/")

    assert answer.status_code == 503
    assert "<h1>Not available right now</h1>" in answer.text
    assert "Content-Security-Policy" in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


def test_it_is_logged_once_a_minute_and_without_a_traceback(cast, gone, caplog, monkeypatch):
    def ask():
        with gone(OperationalError("gone for\nnow")):
            for path in ("/", "/v1/whoami", "/account/"):
                cast.client("owner").get(path)
        return [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]

    line = "The database cannot be used: gone for now"
    assert ask() == [line]
    assert not any(record.exc_info for record in caplog.records)
    monkeypatch.setattr(databases, "SAY_SECONDS", 0)
    assert len(ask()) > 1


def test_a_fault_of_ours_is_still_one(cast, gone):
    client = cast.fresh_client("owner")
    client.raise_request_exception = False
    with gone(sqlite_error("SQLITE_ERROR")):
        assert client.get("/").status_code == 500


def test_the_connection_is_that_of_the_product():
    assert connections["default"].settings_dict["ENGINE"].startswith("cloudui.web.")
