"""The SQLite backend rewrites a statement as Django does, and once."""

import functools
import sqlite3
from contextlib import closing, nullcontext

import pytest

from cloudui.web.sqlite.cursor import LONGEST_REMEMBERED, Cursor, _converted

LONG = "x" * LONGEST_REMEMBERED


@pytest.fixture
def cursor():
    _converted.cache_clear()
    with closing(sqlite3.connect(":memory:")) as connection:
        yield connection.cursor(factory=functools.partial(Cursor, in_turn=nullcontext))


@pytest.mark.parametrize(
    ("statement", "params", "answer"),
    [
        ("SELECT %s, '100%%', %s", [1, "%s"], (1, "100%", "%s")),
        ("SELECT %(a)s, %(b)s, %(a)s", {"a": 1, "b": 2}, (1, 2, 1)),
        (f"SELECT %s, '{LONG}'", [1], (1, LONG)),
        ("SELECT '%s'", None, ("%s",)),
    ],
    ids=["by place", "by name", "long", "without values"],
)
def test_a_statement_is_understood_alike_each_time(cursor, statement, params, answer):
    answers = [cursor.execute(statement, params).fetchone() for _ in range(2)]

    assert answers == [answer, answer]


def test_only_statements_of_usual_length_are_remembered(cursor):
    for _ in range(2):
        cursor.execute("SELECT %s", [1])
        cursor.execute(f"SELECT %s, '{LONG}'", [1])

    assert (_converted.cache_info().misses, _converted.cache_info().hits) == (1, 1)
