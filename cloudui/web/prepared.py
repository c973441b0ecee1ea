"""Queries that are written in the ORM and turned into SQL once, and then run with other values.

To build a query of three tables takes Django ten times as long as the database needs to answer it, and the pages that
everybody opens build the same ones each time (docs/performance.md). What is read is as fresh as with any query: only
the statement is remembered, never a row.

It uses what Django does not publish: how a compiled query tells which columns make which model. tests/web/test_prepared.py
and the tests of each query compare it with the ORM.
"""

import functools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final, Generic, NoReturn, ParamSpec, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import CharField, QuerySet, Value
from django.db.models.query import ModelIterable, ValuesListIterable, get_related_populators

P = ParamSpec("P")
Row = TypeVar("Row")


def prepared(*shape: str) -> Callable[[Callable[P, QuerySet[Any, Row]]], Callable[P, list[Row]]]:
    """Make a function that returns a query one that runs it, and build the query once.

    All arguments are passed by name. The function is called with a stand-in for each value, which it may compare with
    columns and must not look at: so it cannot branch on one. None is no value, since SQL writes another condition then;
    with it there is another statement. What the function reads elsewhere, such as the clock, it would read once and for
    all: a moment is an argument.

    Args:
        shape: the names of the arguments that decide the query instead of being values in it. As many statements are
            kept as there are combinations of them.

    Raises:
        TypeError: at the first run, if the function decides by a value or reads the clock, or if its rows are neither
            models nor tuples.
    """

    def decorate(make: Callable[P, QuerySet[Any, Row]]) -> Callable[P, list[Row]]:
        statements: dict[tuple[object, ...], _Statement[Row]] = {}

        @functools.wraps(make)
        def run(*_: P.args, **arguments: P.kwargs) -> list[Row]:
            decided = {name: value for name, value in arguments.items() if name in shape or value is None}
            key = tuple(decided.items())
            if key not in statements:
                stand_ins = {name: _StandIn(name) for name in arguments if name not in decided}
                statements[key] = _Statement(make(**{**decided, **stand_ins}))  # type: ignore[arg-type, call-arg] # named as they came
            return statements[key].run(arguments)

        return run

    return decorate


def each(values: Iterable[str]) -> dict[str, str]:
    """Names for values of which a query takes any number, its `shape`; the function finds them in its `**ids`."""
    return {f"id{number}": value for number, value in enumerate(values)}


class _StandIn:
    """What the function gets for a value. It may do nothing with it but compare it with columns."""

    def __init__(self, name: str) -> None:
        self._name = name

    def resolve_expression(self, *_: object, **__: object) -> "_Place":
        return _Place(self._name)

    def _refuse(self, *_: object) -> NoReturn:
        raise TypeError(f"A prepared query cannot decide by a value: {self._name}")

    __bool__ = __eq__ = __hash__ = __str__ = _refuse


class _Place(Value):
    """The place of a value in the statement; of a text's kind only because Django wants to know one."""

    def __init__(self, name: str) -> None:
        super().__init__(name, output_field=CharField())

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]

    def __str__(self) -> str:
        # What a relation compares with a list of values it would make texts of: name the field behind it.
        raise TypeError(f"A prepared query would lose a value: {self.value}")


class _Statement(Generic[Row]):
    """One statement, with what it takes to run it and to make objects of its rows."""

    def __init__(self, rows: QuerySet[Any, Row]) -> None:
        self._alias: Final = rows.db
        # Of its own: what is prepared for the columns holds on to it, and a thread's connection ends with the thread.
        connection = connections.create_connection(self._alias)
        compiler: Any = rows.query.get_compiler(connection=connection)
        self._sql: str = ""
        self._params: Sequence[Any] = ()
        try:
            self._sql, self._params = compiler.as_sql()
        except EmptyResultSet:
            return
        finally:
            connection.close()
        if any(map(_is_moment, self._params)):
            raise TypeError("A prepared query would keep a moment: make it an argument.")
        converters = compiler.get_converters([column for column, *_ in compiler.select])
        self._convert = functools.partial(compiler.apply_converters, converters=converters)
        self._build = _builder(rows, compiler)

    def run(self, values: Mapping[str, Any]) -> list[Row]:
        if not self._sql:
            return []
        connection = connections[self._alias]
        adapt = connection.ops.adapt_unknown_value
        params = [
            adapt(values[param.value]) if isinstance(param, _Place) else param for param in self._params
        ]
        with connection.cursor() as cursor:
            cursor.execute(self._sql, params)
            rows = cursor.fetchall()
        return [self._build(row) for row in self._convert(rows)]


def _is_moment(param: object) -> bool:
    """Whether a value in the statement is a time or a day, which SQLite gets as a text."""
    return isinstance(param, date) or (
        isinstance(param, str) and re.match(r"\d{4}-\d\d-\d\d", param) is not None
    )


def _builder(rows: QuerySet[Any, Any], compiler: Any) -> Callable[[Sequence[Any]], Any]:
    """As django.db.models.query.ModelIterable does it, but prepared once."""
    iterable = rows._iterable_class  # noqa: SLF001 - nor is it published
    if iterable is ValuesListIterable:
        return tuple
    if iterable is not ModelIterable:
        raise TypeError("A prepared query gives models, or tuples as values_list() does.")
    select, info = compiler.select, compiler.klass_info
    start, end = info["select_fields"][0], info["select_fields"][-1] + 1
    names = [column.target.attname for column, *_ in select[start:end]]
    related = get_related_populators(info, select, rows.db)  # type: ignore[call-arg] # as of Django 6
    annotations = tuple((compiler.annotation_col_map or {}).items())

    def build(row: Sequence[Any]) -> Any:
        made = info["model"].from_db(rows.db, names, row[start:end])
        for populator in related:
            populator.populate(row, made)
        for name, position in annotations:
            setattr(made, name, row[position])
        return made

    return build
