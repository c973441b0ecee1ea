"""The typed word that guards deletions: exact, without the spaces around it, with a hint about its case."""

import pytest

from cloudui.web.forms import TypedWordForm


@pytest.mark.parametrize("typed", ["Delete", " Delete", "Delete\n", "\t Delete  "])
def test_the_exact_word_passes(typed):
    assert TypedWordForm({"word": typed}, word="Delete").is_valid()


@pytest.mark.parametrize(
    ("word", "typed", "error"),
    [
        ("Delete", "", "Type Delete to confirm."),
        ("Delete", "   ", "Type Delete to confirm."),
        ("Delete", "delete", "Type Delete exactly (capital D)."),
        ("Delete", "DELETE", "Type Delete exactly (capital D)."),
        ("Delete", "Deletes", "Type Delete to confirm."),
        ("delete", "Delete", "Type delete exactly (small d)."),
        ("Delete heavy-tasks", "delete heavy-tasks", "Type Delete heavy-tasks exactly (capital D)."),
        ("Delete heavy-tasks", "Delete", "Type Delete heavy-tasks to confirm."),
    ],
)
def test_any_other_word_says_what_to_type(word, typed, error):
    form = TypedWordForm({"word": typed}, word=word)

    assert not form.is_valid()
    assert form.errors["word"] == [error]


def test_the_field_says_what_to_type():
    assert TypedWordForm(word="Delete")["word"].label == "Type Delete to confirm"
