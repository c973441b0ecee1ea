"""The console has one style sheet a component, none reaches into another's, and all of them are served."""

import pytest

from tests.house.styles import not_served, parts, reaches

BUTTON = ".button { color: var(--button-fg, red); &:hover { color: blue; } }"


def test_every_sheet_is_served():
    assert not_served() == []


def test_no_sheet_reaches_into_another_component():
    assert list(reaches(parts())) == []


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("tokens.css", []),
        ("components/card.css", []),
        ("admin.css", []),
        ("card.css", ["card.css"]),
        ("components/new/card.css", ["components/new/card.css"]),
    ],
)
def test_the_guard_sees_what_is_not_served(name, found, tmp_path):
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).touch()

    assert not_served(tmp_path) == found


@pytest.mark.parametrize(
    ("card", "found"),
    [
        (".card { --button-fg: green; } .cards, .card__head > button { margin: 0.5rem; }", []),
        ('/* As .button. */ .card { background: url("../img/a.button"); }', []),
        (".card .button { color: green; }", ["card.css names .button of components/button.css"]),
        (
            ".card { > .button--small { color: green; } }",
            ["card.css names .button--small of components/button.css"],
        ),
        (".card:has(.button:hover) { color: green; }", ["card.css names .button of components/button.css"]),
        ('.card [class*="button"] { color: green; }', ["card.css names a class as an attribute"]),
        (".card .fresh { color: green; }", ["card.css names .fresh, and so does another"]),
    ],
    ids=["a knob", "no selector", "descendant", "nested", "in :has()", "attribute", "nobody's own"],
)
def test_the_guard_sees_a_reach_into_another_component(card, found):
    sheets = {"card.css": card, "components/button.css": BUTTON, "components/news.css": ".news, .fresh {}"}

    assert [line for line in reaches(sheets) if line.startswith("card.css")] == found
