"""Keyset paging: every row once in both directions, and nothing that stands in a cursor is an error."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db.models.functions import Lower

from cloudui.web.paging import paginate
from tests.factories import create_workspace
from workspaces.models import AuditEvent, Workspace

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def create_workspaces(*, number, minutes_apart=0):
    for index in range(number):
        workspace = create_workspace(name=f"w{index:02}")
        moment = NOON + timedelta(minutes=minutes_apart * index)
        Workspace.objects.filter(pk=workspace.pk).update(created_at=moment)


def walk(**options):
    """The pages from the first to the last, and those from the last back to the first."""
    rows = Workspace.objects.annotate(sort_name=Lower("name"))
    forth = [paginate(rows, size=5, **options)]
    while forth[-1].after:
        forth.append(paginate(rows, size=5, after=forth[-1].after, **options))
    back = [forth[-1]]
    while back[-1].before:
        back.append(paginate(rows, size=5, before=back[-1].before, **options))
    return [[row.pk for row in page.rows] for page in forth], [[row.pk for row in page.rows] for page in back]


def cursor(*parts):
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


@pytest.mark.parametrize("number", [0, 1, 4, 5, 6, 10, 11])
@pytest.mark.parametrize("is_descending", [False, True])
@pytest.mark.parametrize(("by", "minutes_apart"), [("created_at", 1), ("created_at", 0), ("sort_name", 0)])
def test_every_row_is_met_once_in_both_directions(number, is_descending, by, minutes_apart):
    create_workspaces(number=number, minutes_apart=minutes_apart)
    sign = "-" if is_descending else ""
    rows = Workspace.objects.annotate(sort_name=Lower("name")).order_by(f"{sign}{by}", f"{sign}pk")

    forth, back = walk(by=by, is_descending=is_descending)

    assert [key for page in forth for key in page] == [row.pk for row in rows]
    assert [len(page) for page in forth[:-1]] == [5] * (len(forth) - 1)
    assert back[::-1] == forth


def test_the_first_page_has_none_before_and_the_last_none_after():
    create_workspaces(number=6)

    first = paginate(Workspace.objects.all(), by="name", size=5)
    last = paginate(Workspace.objects.all(), by="name", size=5, after=first.after)

    assert (first.before, last.after) == ("", "")
    assert first.after
    assert last.before


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "\0",
        "ü",
        "=" * 500,
        "[" * 5000,
        cursor(),
        cursor("s", "x"),
        cursor("s", 1, "x"),
        cursor("s", None, None),
        cursor("s", "x\0", "y"),
        cursor("s", "\ud800", "y"),
        cursor("t", "yesterday", "y"),
        cursor("t", "2026-01-01T12:00:00", "y"),
        cursor("t", "0001-01-01T00:00:00+23:59", "y"),
        cursor("s", "a name", "y"),
        cursor("s", "2026-01-01", "y"),
        cursor("s", "9999-12-31T23:59:59-23:59", "y"),
    ],
)
@pytest.mark.parametrize("where", ["before", "after"])
def test_a_cursor_that_cannot_be_read_shows_the_first_page(text, where):
    create_workspaces(number=6, minutes_apart=1)

    page = paginate(Workspace.objects.all(), by="created_at", size=5, **{where: text})

    assert [row.name for row in page.rows] == ["w00", "w01", "w02", "w03", "w04"]
    assert not page.before
    assert page.after


def test_a_cursor_of_a_list_by_age_shows_the_first_page_of_one_by_name():
    create_workspaces(number=6)
    rows = Workspace.objects.annotate(sort_name=Lower("name"))

    page = paginate(rows, by="sort_name", size=5, after=cursor("t", NOON.isoformat(), "y"))

    assert [row.name for row in page.rows] == ["w00", "w01", "w02", "w03", "w04"]


@pytest.mark.parametrize("key", ["not a number", "9" * 40, "-1", "1.5"])
def test_a_key_that_the_table_cannot_have_is_no_error(key):
    AuditEvent.objects.create(operation="op")

    for where in ("before", "after"):
        paginate(AuditEvent.objects.all(), by="at", **{where: cursor("t", NOON.isoformat(), key)})
