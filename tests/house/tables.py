"""Everything the database holds, whatever its tables are."""

from typing import Any

from django.db import connection

Rows = list[tuple[Any, ...]]


def dump(*, besides: tuple[str, ...] = ()) -> dict[str, Rows]:
    """The rows of every table by its name, in a fixed order, with binary values as bytes."""
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
        return {name: _rows(cursor, name) for name in sorted(names) if name not in besides}


def _rows(cursor: Any, table: str) -> Rows:
    cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
    plain = (tuple(_plain(value) for value in row) for row in cursor.fetchall())
    return sorted(plain, key=repr)


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value
