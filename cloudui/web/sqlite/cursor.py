"""A cursor that has a statement that writes by itself wait for its turn, and that rewrites each statement once."""

import functools
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final

from django.db.backends.sqlite3 import base

WRITES: Final = ("INSERT", "UPDATE", "DELETE", "REPLACE")
# A statement with a value for each of many rows is longer, and seldom the same twice.
LONGEST_REMEMBERED: Final = 4096


class Cursor(base.SQLiteCursorWrapper):
    """Django's cursor, where `in_turn` is the turn of who writes for one statement.

    Django writes %s where SQLite reads ?, and looks for it in each statement anew: a fifteenth of a call with a token.
    PostgreSQL's driver has such a memory of its own.
    """

    def __init__(
        self, connection: sqlite3.Connection, in_turn: Callable[[], AbstractContextManager[None]]
    ) -> None:
        super().__init__(connection)
        self._in_turn = in_turn

    def execute(self, query: str, params: Any = None) -> Any:
        if self.connection.in_transaction or not query.startswith(WRITES):
            return super().execute(query, params)
        with self._in_turn():
            return super().execute(query, params)

    def executemany(self, query: str, param_list: Any) -> Any:
        if self.connection.in_transaction:
            return super().executemany(query, param_list)
        with self._in_turn():
            return super().executemany(query, param_list)

    def convert_query(self, query: str, *, param_names: list[str] | None = None) -> str:
        if param_names is None and len(query) <= LONGEST_REMEMBERED:
            return _converted(query)
        converted: str = super().convert_query(query, param_names=param_names)
        return converted


@functools.lru_cache(maxsize=512)
def _converted(query: str) -> str:
    return base.FORMAT_QMARK_REGEX.sub("?", query).replace("%%", "%")
