"""Every route asked by everybody in every way, once; the guards look at the answers.

Each request is undone before the next one, so that what a POST does for one person changes nothing for another.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookies import SimpleCookie
from itertools import product
from typing import Any, Final, NamedTuple

from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client

from apikeys.tokens import signing_keys
from tests.cast import HX, ROLES, Cast, assemble
from tests.house.routes import Route, body, make_ready, routes

METHODS: Final = ("GET", "POST")
READING: Final = ("SELECT", "SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT", "EXPLAIN", "PRAGMA")


class Question(NamedTuple):
    """Who asks for what, and how."""

    route: str
    method: str
    role: str
    is_htmx: bool


@dataclass(frozen=True)
class Answer:
    """What came back, and the statements with which the database was changed meanwhile."""

    status: int
    headers: dict[str, str]
    body: bytes
    changes: tuple[str, ...]


@dataclass(frozen=True)
class Walk:
    """All questions with their answers."""

    routes: dict[str, Route]
    answers: dict[Question, Answer]

    def pages(self) -> Iterator[tuple[Question, Answer]]:
        """What people get."""
        for question, answer in self.answers.items():
            if not self.routes[question.route].is_for_programs:
                yield question, answer


def walk() -> Walk:
    """Assemble the cast and let everybody knock at every door. The database stays as it was."""
    found = {str(route): route for route in routes()}
    answers = {}
    with undone():
        cast = assemble()
        # Made at first need, which somebody's GET may be.
        signing_keys.clear_cache()
        signing_keys.keys()
        for route, method in product(found.values(), METHODS):
            # The admin site knows nothing of htmx.
            for is_htmx in (False,) if route.is_admin_site else (False, True):
                for role, answer in _ask_as_everybody(cast, route, method, is_htmx=is_htmx):
                    answers[Question(str(route), method, role, is_htmx)] = answer
    signing_keys.clear_cache()
    return Walk(found, answers)


def ask(
    client: Client,
    path: str,
    method: str = "GET",
    data: dict[str, Any] | None = None,
    *,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Ask once and undo what it did, in the database, in the cache and in the browser."""
    cookies = client.cookies.output(header="", sep=";")
    with undone(), recorded_changes() as changes:
        send = getattr(client, method.lower())
        response = send(path, data, headers=headers) if data is not None else send(path, headers=headers)
        content = response.getvalue()
    client.cookies = SimpleCookie(cookies)
    cache.clear()
    return Answer(response.status_code, dict(response.headers), content, tuple(changes))


def _ask_as_everybody(
    cast: Cast, route: Route, method: str, *, is_htmx: bool
) -> Iterator[tuple[str, Answer]]:
    path, headers = route.path(cast), HX if is_htmx else None
    with undone():
        data = body(route, cast) if method == "POST" else None
        if method == "POST":
            make_ready(route, cast)
        for role in ROLES:
            yield role, ask(cast.client(role), path, method, data, headers=headers)


@contextmanager
def undone() -> Iterator[None]:
    """Undo what happens inside.

    For our code this is no transaction, just as the one around a test is none: argon2 refuses to run in one.
    """
    block = transaction.atomic()
    block._from_testcase = True  # read by Django and by cloudui.web.slots
    with block:
        yield
        transaction.set_rollback(True)


@contextmanager
def recorded_changes() -> Iterator[list[str]]:
    """The statements that change rows, besides those of sessions."""
    changes: list[str] = []

    def record(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        if not sql.lstrip().upper().startswith(READING) and "django_session" not in sql:
            changes.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(record):
        yield changes
