"""How a text begins, in whatever case or as it is written, and nothing is a pattern."""

import pytest
from django.db.models import F, Value

from cloudui.web.prefixes import Folded, StartsWith
from tests.factories import create_workspace
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db

NAMES = ["Analytics", "analysis", "ANA", "An\U0010fffe", "banana", "50%", "50_", "500", "\\x", "Ähre"]


@pytest.mark.parametrize(
    ("lookup", "word", "found"),
    [
        ("starts_with", "Ana", {"Analytics"}),
        ("starts_with", "ana", {"analysis"}),
        ("folded__starts_with", "aNa", {"Analytics", "analysis", "ANA"}),
        ("folded__starts_with", "an", {"Analytics", "analysis", "ANA", "An\U0010fffe"}),
        ("folded__starts_with", "50%", {"50%"}),
        ("folded__starts_with", "50_", {"50_"}),
        ("starts_with", "50", {"50%", "50_", "500"}),
        ("starts_with", "\\", {"\\x"}),
        ("folded__starts_with", "Äh", {"Ähre"}),
        ("starts_with", "", set(NAMES)),
        ("starts_with", "x", set()),
    ],
)
def test_what_begins_so_is_found(lookup, word, found):
    for name in NAMES:
        create_workspace(name=name)

    rows = Workspace.objects.filter(**{f"name__{lookup}": word})

    assert set(rows.values_list("name", flat=True)) == found


def test_other_expressions_begin_too():
    create_workspace(name="Analytics")

    assert Workspace.objects.filter(StartsWith(Folded(F("name")), "ANA")).exists()
    assert Workspace.objects.filter(StartsWith(Value("abc"), "ab")).exists()
