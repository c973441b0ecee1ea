"""Who gets which status where: every route, asked by everybody, equals the committed table.

The table is access_matrix.txt beside this file. A new route is missed by name, with the lines to add; a changed
status shows the line as it was and as it is, so that every change of rights is read in review.
"""

from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path
from types import ModuleType

import pytest
from django.http import HttpResponse
from django.urls import path

from cloudui import urls
from tests.cast import ROLES
from tests.house import walk
from tests.house.routes import routes
from tests.house.walk import METHODS, Question, Walk

pytestmark = pytest.mark.django_db

TABLE = Path(__file__).with_name("access_matrix.txt")
WIDTH = 9


def test_every_route_answers_everybody_as_the_table_says(walked):
    committed = TABLE.read_text().splitlines()
    # With its comments, so that the numbers in the difference are those of the file.
    comments = [line for line in committed if line.startswith("#")]

    differences = list(unified_diff(committed, [*comments, *_lines(walked)], n=0, lineterm=""))[2:]

    assert not differences, f"{TABLE.name} and the routes differ:\n" + "\n".join(differences)


def test_nobody_meets_a_server_error(walked):
    assert not [question for question, answer in walked.answers.items() if answer.status >= 500]


def test_a_refusal_changes_nothing(walked):
    changed = [
        question for question, answer in walked.answers.items() if answer.status >= 400 and answer.changes
    ]

    assert not changed


def test_a_new_route_is_missed(monkeypatch, settings):
    extended = ModuleType("extended")
    added = path("brand-new", lambda request: HttpResponse())
    vars(extended).update(vars(urls), urlpatterns=[*urls.urlpatterns, added])
    settings.ROOT_URLCONF = extended
    monkeypatch.setattr(walk, "routes", lambda: [route for route in routes() if str(route) == "/brand-new"])

    lines = list(_lines(walk.walk()))

    assert [line.split() for line in lines] == [
        [*["302|200"], *["200"] * 6, "GET", "/brand-new"],
        [*["302|200"], *["200"] * 6, "POST", "/brand-new"],
    ]
    assert not set(lines) & set(TABLE.read_text().splitlines())


def _lines(walked: Walk) -> Iterator[str]:
    """The table as it is: a line for each route and method, a column for each role."""
    for route in walked.routes:
        for method in METHODS:
            cells = [_cell(walked, route, method, role) for role in ROLES]
            yield "".join(cell.ljust(WIDTH) for cell in cells) + method.ljust(6) + route


def _cell(walked: Walk, route: str, method: str, role: str) -> str:
    """The status without and with htmx; once if they are the same."""
    answers = [walked.answers.get(Question(route, method, role, is_htmx)) for is_htmx in (False, True)]
    return "|".join(dict.fromkeys(str(answer.status) for answer in answers if answer))
