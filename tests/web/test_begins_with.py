"""How a text begins, in whatever case or as it is written, and nothing is a pattern."""

import pytest

from tests.factories import create_workspace
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db

NAMES = ["Analytics", "analysis", "ANA", "An\U0010fffe", "banana", "50%", "50_", "500", "\\x", "Ähre"]


@pytest.mark.parametrize(
    ("lookup", "word", "found"),
    [
        ("begins_with", "Ana", {"Analytics"}),
        ("begins_with", "ana", {"analysis"}),
        ("begins_with_any_case", "aNa", {"Analytics", "analysis", "ANA"}),
        ("begins_with_any_case", "an", {"Analytics", "analysis", "ANA", "An\U0010fffe"}),
        ("begins_with_any_case", "50%", {"50%"}),
        ("begins_with_any_case", "50_", {"50_"}),
        ("begins_with", "50", {"50%", "50_", "500"}),
        ("begins_with", "\\", {"\\x"}),
        ("begins_with_any_case", "Äh", {"Ähre"}),
        ("begins_with", "", set(NAMES)),
        ("begins_with", "x", set()),
    ],
)
def test_what_begins_so_is_found(lookup, word, found):
    for name in NAMES:
        create_workspace(name=name)

    rows = Workspace.objects.filter(**{f"name__{lookup}": word})

    assert set(rows.values_list("name", flat=True)) == found
