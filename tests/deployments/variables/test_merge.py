"""Two people edit the variables at once: what each changed is kept, what both changed is decided."""

import pytest

from deployments.variables.service import VariableInput, list_variables, save_variables
from tests.deployments.helpers import page, text
from tests.deployments.variables.pages import (
    delete,
    fields,
    number_of,
    open_form,
    send,
    shown_rows,
    stored,
    type_value,
)
from tests.factories import create_member
from workspaces.models import Role
from workspaces.principals import principal_for


@pytest.fixture
def meanwhile(some_variables):
    """A function by which another Editor changes some of the variables."""
    other = principal_for(create_member(workspace=some_variables.workspace, role=Role.EDITOR))

    def meanwhile(*, without=(), **changed):
        now = {one.key: VariableInput(one.key, None, one.is_secret) for one in list_variables(some_variables)}
        for key, value in changed.items():
            now[key] = VariableInput(key, value, is_secret=key in now and now[key].is_secret)
        save_variables(other, some_variables, [one for key, one in now.items() if key not in without])

    return meanwhile


@pytest.fixture
def decide(as_editor, some_variables):
    """Sends a merged form again with the choice for one of its variables."""

    def decide(merged, key, choice):
        sent = fields(merged)
        return send(as_editor, some_variables, sent, **{f"choice-{number_of(sent, key)}": choice})

    return decide


def test_changes_of_different_variables_are_merged(as_editor, some_variables, meanwhile):
    sent = open_form(as_editor, some_variables)
    type_value(sent, "REGION", "mine")
    meanwhile(TOKEN="theirs", ADDED="theirs")

    merged = send(as_editor, some_variables, sent)

    assert merged.status_code == 409
    assert "Somebody saved the variables while you were editing them." in text(merged)
    rows = shown_rows(merged)
    assert "Changed meanwhile" in rows["TOKEN"]
    assert "Added meanwhile" in rows["ADDED"]
    assert not page(merged).select("[type=radio]")
    assert stored(some_variables)["REGION"] == ("eu-central", False)
    assert send(as_editor, some_variables, fields(merged)).status_code == 302
    assert stored(some_variables) == {
        "REGION": ("mine", False),
        "TOKEN": ("theirs", True),
        "ADDED": ("theirs", False),
    }


def test_what_somebody_else_deleted_is_told_and_stays_deleted(as_editor, some_variables, meanwhile):
    sent = open_form(as_editor, some_variables)
    type_value(sent, "NEW", "mine")
    meanwhile(without=["REGION"])

    merged = send(as_editor, some_variables, sent)

    assert merged.status_code == 409
    assert "Deleted meanwhile: REGION ." in text(merged)
    assert send(as_editor, some_variables, fields(merged)).status_code == 302
    assert set(stored(some_variables)) == {"TOKEN", "NEW"}


# The key, what I type (None deletes), what the other Editor does, what the row says; then the value that is stored if
# mine is chosen and if theirs is (None for no variable).
@pytest.mark.parametrize(
    ("key", "mine", "theirs", "says", "kept_mine", "kept_theirs"),
    [
        ("REGION", "mine", {"REGION": "theirs"}, "There now: theirs", "mine", "theirs"),
        ("TOKEN", "typed-m", {"TOKEN": "typed-t"}, "Mine: the secret that you typed", "typed-m", "typed-t"),
        ("REGION", None, {"REGION": "theirs"}, "Mine: delete it", None, "theirs"),
        ("REGION", "mine", {"without": ["REGION"]}, "There now: Deleted", "mine", None),
        ("NEW", "mine", {"NEW": "theirs"}, "There now: theirs", "mine", "theirs"),
    ],
    ids=["changed", "secret", "deleted by me", "deleted by them", "added"],
)
@pytest.mark.parametrize("choice", ["mine", "theirs"])
def test_what_both_changed_needs_a_choice(
    as_editor, some_variables, meanwhile, decide, key, mine, theirs, says, kept_mine, kept_theirs, choice
):
    sent = open_form(as_editor, some_variables)
    if mine is None:
        delete(sent, key)
    else:
        type_value(sent, key, mine)
    meanwhile(**theirs)
    others = {name: value for name, value in stored(some_variables).items() if name != key}

    merged = send(as_editor, some_variables, sent)
    undecided = send(as_editor, some_variables, fields(merged))

    assert (merged.status_code, undecided.status_code) == (409, 422)
    for response in (merged, undecided):
        assert says in shown_rows(response)[key]
        assert mine is None or "eu-central" not in shown_rows(response)[key]
        assert "typed-" not in response.content.decode()
        assert fields(response)["key"].count(key) == 1
    assert "Choose which one to keep." in shown_rows(undecided)[key]
    assert decide(undecided, key, choice).status_code == 302
    kept = kept_mine if choice == "mine" else kept_theirs
    assert stored(some_variables) == others | ({key: (kept, key == "TOKEN")} if kept else {})


def test_the_same_change_twice_is_no_conflict(as_editor, some_variables, meanwhile):
    sent = open_form(as_editor, some_variables)
    type_value(sent, "REGION", "same")
    meanwhile(REGION="same")

    merged = send(as_editor, some_variables, sent)

    assert merged.status_code == 409
    assert not page(merged).select("[type=radio]")


def test_a_third_save_while_deciding_is_merged_again(as_editor, some_variables, meanwhile, decide):
    sent = open_form(as_editor, some_variables)
    type_value(sent, "REGION", "mine")
    meanwhile(REGION="theirs")
    merged = send(as_editor, some_variables, sent)
    meanwhile(REGION="theirs again")

    again = decide(merged, "REGION", "mine")

    assert again.status_code == 409
    assert "There now: theirs again" in shown_rows(again)["REGION"]
    last = fields(again)
    assert last["value"][number_of(last, "REGION")] == "mine"
