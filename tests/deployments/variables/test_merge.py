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


def test_changes_of_different_variables_are_brought_together(as_editor, some_variables, meanwhile):
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


@pytest.mark.parametrize(("choice", "kept"), [("mine", "mine"), ("theirs", "theirs")])
def test_what_both_changed_needs_a_choice(as_editor, some_variables, meanwhile, choice, kept):
    sent = open_form(as_editor, some_variables)
    type_value(sent, "REGION", "mine")
    meanwhile(REGION="theirs")

    merged = send(as_editor, some_variables, sent)
    undecided = send(as_editor, some_variables, fields(merged))

    assert (merged.status_code, undecided.status_code) == (409, 422)
    for response in (merged, undecided):
        row = shown_rows(response)["REGION"]
        assert "mine" in row
        assert "There now: theirs" in row
        assert "eu-central" not in row
    assert "Choose which one to keep." in shown_rows(undecided)["REGION"]
    decided = fields(undecided)
    assert (
        send(
            as_editor, some_variables, decided, **{f"choice-{number_of(decided, 'REGION')}": choice}
        ).status_code
        == 302
    )
    assert stored(some_variables)["REGION"] == (kept, False)


@pytest.mark.parametrize(("choice", "kept"), [("mine", "typed-secret-m"), ("theirs", "typed-secret-t")])
def test_two_new_values_of_a_secret_need_a_choice_and_neither_is_shown(
    as_editor, some_variables, meanwhile, choice, kept
):
    sent = open_form(as_editor, some_variables)
    type_value(sent, "TOKEN", "typed-secret-m")
    meanwhile(TOKEN="typed-secret-t")

    merged = send(as_editor, some_variables, sent)

    assert merged.status_code == 409
    assert "typed-secret" not in merged.content.decode()
    assert "Mine: the secret that you typed" in shown_rows(merged)["TOKEN"]
    decided = fields(merged)
    assert (
        send(
            as_editor, some_variables, decided, **{f"choice-{number_of(decided, 'TOKEN')}": choice}
        ).status_code
        == 302
    )
    assert stored(some_variables)["TOKEN"] == (kept, True)


@pytest.mark.parametrize(("choice", "left"), [("mine", {"TOKEN"}), ("theirs", {"TOKEN", "REGION"})])
def test_deleting_what_somebody_else_changed_needs_a_choice(
    as_editor, some_variables, meanwhile, choice, left
):
    sent = open_form(as_editor, some_variables)
    delete(sent, "REGION")
    meanwhile(REGION="theirs")

    merged = send(as_editor, some_variables, sent)
    assert "Mine: delete it" in shown_rows(merged)["REGION"]
    decided = fields(merged)
    assert (
        send(
            as_editor, some_variables, decided, **{f"choice-{number_of(decided, 'REGION')}": choice}
        ).status_code
        == 302
    )

    assert set(stored(some_variables)) == left


@pytest.mark.parametrize(("choice", "left"), [("mine", {"TOKEN", "REGION"}), ("theirs", {"TOKEN"})])
def test_changing_what_somebody_else_deleted_needs_a_choice(
    as_editor, some_variables, meanwhile, choice, left
):
    sent = open_form(as_editor, some_variables)
    type_value(sent, "REGION", "mine")
    meanwhile(without=["REGION"])

    merged = send(as_editor, some_variables, sent)
    assert "There now: Deleted" in shown_rows(merged)["REGION"]
    decided = fields(merged)
    assert (
        send(
            as_editor, some_variables, decided, **{f"choice-{number_of(decided, 'REGION')}": choice}
        ).status_code
        == 302
    )

    assert set(stored(some_variables)) == left


def test_a_key_that_both_added_needs_a_choice(as_editor, some_variables, meanwhile):
    sent = open_form(as_editor, some_variables)
    type_value(sent, "NEW", "mine")
    meanwhile(NEW="theirs")

    merged = send(as_editor, some_variables, sent)
    assert "There now: theirs" in shown_rows(merged)["NEW"]
    decided = fields(merged)
    assert decided["key"].count("NEW") == 1
    send(as_editor, some_variables, decided, **{f"choice-{number_of(decided, 'NEW')}": "mine"})

    assert stored(some_variables)["NEW"] == ("mine", False)


def test_the_same_change_twice_is_no_conflict(as_editor, some_variables, meanwhile):
    sent = open_form(as_editor, some_variables)
    type_value(sent, "REGION", "same")
    meanwhile(REGION="same")

    merged = send(as_editor, some_variables, sent)

    assert merged.status_code == 409
    assert not page(merged).select("[type=radio]")


def test_a_third_save_while_deciding_is_merged_again(as_editor, some_variables, meanwhile):
    sent = open_form(as_editor, some_variables)
    type_value(sent, "REGION", "mine")
    meanwhile(REGION="theirs")
    decided = fields(send(as_editor, some_variables, sent))
    meanwhile(REGION="theirs again")

    again = send(as_editor, some_variables, decided, **{f"choice-{number_of(decided, 'REGION')}": "mine"})

    assert again.status_code == 409
    assert "There now: theirs again" in shown_rows(again)["REGION"]
    last = fields(again)
    assert last["value"][number_of(last, "REGION")] == "mine"
