"""Keyset paging: a page costs the same wherever it lies and however many rows there are.

No OFFSET and no COUNT. A cursor holds the sort value and the primary key of the row at a page's edge. It
needs no signature: a made-up one shows rows the person may see anyway, starting somewhere else.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db.models import DateTimeField, F, Model, Q, QuerySet

Row = TypeVar("Row", bound=Model)
PAGE_SIZE = 25


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page of rows, with the cursors of the pages before and after, empty where there is none."""

    rows: Sequence[Row]
    before: str = ""
    after: str = ""
    # Of the last row, whether there is a further page or not: what is added later comes behind it.
    end: str = ""

    @property
    def previous_query(self) -> str:
        """The query of the previous page in a list without search and order; empty on the first."""
        return f"?{urlencode({'before': self.before})}" if self.before else ""

    @property
    def next_query(self) -> str:
        return f"?{urlencode({'after': self.after})}" if self.after else ""


def paginate(
    rows: QuerySet[Row],
    *,
    by: str,
    is_descending: bool = False,
    before: str = "",
    after: str = "",
    size: int = PAGE_SIZE,
    is_unique: bool = False,
) -> Page[Row]:
    """Take one page out of `rows`. A cursor that cannot be read counts as none, which is the first page.

    Args:
        rows: the rows that the person may see, in any order.
        by: the field or annotation to sort by; the primary key decides among equals.
        is_descending: whether the greatest comes first.
        before: the cursor of the row that follows the page.
        after: the cursor of the row that the page follows; wins over `before`.
        size: rows a page.
        is_unique: whether no two rows are equal, so that nothing has to decide.
    """
    is_by_time = isinstance(F(by).resolve_expression(rows.query).output_field, DateTimeField)
    cursor, is_backward = _cursor(after, is_by_time=is_by_time), False
    if cursor is None:
        cursor = _cursor(before, is_by_time=is_by_time)
        is_backward = cursor is not None
    goes_down = is_descending != is_backward
    beyond = rows
    if cursor is not None:
        try:
            beyond = rows.filter(_beyond(by, cursor, goes_down=goes_down))
        except (ValueError, ValidationError):
            # Well-formed, but of a list that is sorted by something else.
            cursor, is_backward, goes_down = None, False, is_descending
    order = order_of(by, is_descending=goes_down, is_unique=is_unique)
    # One row more than shown tells whether there is a further page.
    found = list(beyond.order_by(*order)[: size + 1])
    if not is_backward:
        page = first_page(found, by=by, size=size)
        return replace(page, before=_write(found[0], by)) if cursor is not None and found else page
    has_more = len(found) > size
    found = found[:size][::-1]
    if not found:
        return Page(rows=found)
    end = _write(found[-1], by)
    return Page(rows=found, end=end, before=_write(found[0], by) if has_more else "", after=end)


def order_of(by: str, *, is_descending: bool, is_unique: bool = False) -> list[str]:
    """The order of the rows of a list; see `paginate`."""
    sign = "-" if is_descending else ""
    return [f"{sign}{by}"] if is_unique else [f"{sign}{by}", f"{sign}pk"]


def first_page(found: Sequence[Row], *, by: str, size: int = PAGE_SIZE) -> Page[Row]:
    """The page of the first rows, of which `found` has one more than are shown if there are more."""
    rows = found[:size]
    end = _write(rows[-1], by) if rows else ""
    return Page(rows=rows, end=end, after=end if len(found) > size else "")


def is_cursor(text: str) -> bool:
    """Whether `text` is a cursor, for programs, which should be told instead of getting the first page again."""
    return _read(text) is not None


def _cursor(text: str, *, is_by_time: bool) -> tuple[Any, str] | None:
    """The cursor, unless it is of a list that is sorted by something else.

    Some times that are written as text cannot be told in UTC, which a database finds out too late.
    """
    cursor = _read(text)
    return cursor if cursor is not None and isinstance(cursor[0], datetime) == is_by_time else None


def _beyond(by: str, cursor: tuple[Any, str], *, goes_down: bool) -> Q:
    value, key = cursor
    strict = "lt" if goes_down else "gt"
    # The first condition is implied by the second, but only it lets a database seek in the index.
    return Q(**{f"{by}__{strict}e": value}) & (Q(**{f"{by}__{strict}": value}) | Q(**{f"pk__{strict}": key}))


def _write(row: Model, by: str) -> str:
    value = getattr(row, by)
    kind, text = ("t", value.isoformat()) if isinstance(value, datetime) else ("s", str(value))
    return base64.urlsafe_b64encode(json.dumps([kind, text, str(row.pk)]).encode()).decode().rstrip("=")


def _read(text: str) -> tuple[Any, str] | None:
    try:
        kind, value, key = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if not (isinstance(value, str) and isinstance(key, str)) or b"\0" in (value + key).encode():
            return None
        if kind != "t":
            return value, key
        moment = datetime.fromisoformat(value)
        return (moment.astimezone(UTC), key) if moment.tzinfo else None
    except (ValueError, TypeError, OverflowError, binascii.Error, RecursionError):
        return None
