"""Paging in the REST interface: `limit` and `cursor` in, `items` and `next_cursor` out, never a count."""

from collections.abc import Sequence
from typing import Annotated, TypeVar

from django.db.models import Model, QuerySet
from ninja import Query

from cloudui.web.paging import PAGE_SIZE, is_cursor, paginate
from cloudui.web.rest.errors import invalid

Row = TypeVar("Row", bound=Model)

Limit = Annotated[int, Query(ge=1, le=100, description="How many to return at the most.")]
Cursor = Annotated[
    str,
    Query(
        max_length=2000,
        description="Where to go on: the `next_cursor` of the page before. The first page without it.",
    ),
]

LIMIT = PAGE_SIZE
NO_CURSOR = "This is not a cursor. Send the next_cursor of the page before."


def require_cursor(cursor: str) -> None:
    """Raise ApiError (422) for what is no cursor: the first page again would lead a program in circles."""
    if cursor and not is_cursor(cursor):
        raise invalid([("cursor", NO_CURSOR)])


def page_of(rows: QuerySet[Row], *, by: str, limit: int, cursor: str) -> tuple[Sequence[Row], str | None]:
    """One page of rows and the cursor of the next one, None on the last; ApiError as `require_cursor`."""
    require_cursor(cursor)
    page = paginate(rows, by=by, after=cursor, size=limit)
    return page.rows, page.after or None
