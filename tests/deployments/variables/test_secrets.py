"""Secret variables in the edit form: kept when blank, and never shown, not even to who typed them."""

import pytest

from tests.deployments.helpers import one, text
from tests.deployments.variables.pages import (
    SECRET,
    edit_url,
    fields,
    number_of,
    open_form,
    send,
    stored,
    type_value,
)


def test_a_secret_that_was_typed_survives_add_and_errors_without_being_shown(as_editor, some_variables):
    sent = open_form(as_editor, some_variables)
    type_value(sent, "TOKEN", "typed-secret-1")
    type_value(sent, "9BAD", "typed-secret-2", secret=True)

    added = send(as_editor, some_variables, sent, add="1")
    refused = send(as_editor, some_variables, fields(added))

    assert refused.status_code == 422
    for response in (added, refused):
        assert "typed-secret" not in response.content.decode()
    again = fields(refused)
    again["key"][number_of(again, "9BAD")] = "GOOD"
    assert send(as_editor, some_variables, again).status_code == 302
    assert stored(some_variables)["TOKEN"] == ("typed-secret-1", True)
    assert stored(some_variables)["GOOD"] == ("typed-secret-2", True)


def test_a_typed_secret_does_not_become_plain_by_unticking(as_editor, some_variables):
    sent = open_form(as_editor, some_variables)
    type_value(sent, "FRESH", "typed-secret", secret=True)
    again = fields(send(as_editor, some_variables, sent, add="1"))
    again["secret"] = [number for number in again["secret"] if number != str(number_of(again, "FRESH"))]

    refused = send(as_editor, some_variables, again)

    assert refused.status_code == 422
    assert "Type the value again: what was typed as a secret is not shown." in text(refused)
    assert "typed-secret" not in refused.content.decode()
    assert "FRESH" not in stored(some_variables)


def test_what_was_sealed_for_one_person_is_nothing_for_another(as_editor, as_admin, some_variables):
    sent = open_form(as_editor, some_variables)
    type_value(sent, "FRESH", "typed-secret", secret=True)
    stolen = fields(send(as_editor, some_variables, sent, add="1"))

    refused = send(as_admin, some_variables, stolen)

    assert refused.status_code == 422
    assert "Type the value again" in text(refused)
    assert "FRESH" not in stored(some_variables)


@pytest.mark.parametrize("draft", ["nonsense", "AAAA", "====", "ü", "\x00", "A" * 4000])
def test_a_seal_that_cannot_be_opened_is_not_said_to_be_saved(as_editor, some_variables, draft):
    sent = open_form(as_editor, some_variables)
    sent["draft"][number_of(sent, "TOKEN")] = draft

    refused = send(as_editor, some_variables, sent)

    assert refused.status_code == 422
    assert "Type the value again" in text(refused)
    assert send(as_editor, some_variables, fields(refused)).status_code == 302
    assert stored(some_variables)["TOKEN"] == (SECRET, True)


def test_marking_as_secret_keeps_the_value_and_unmarking_needs_a_new_one(as_editor, some_variables):
    sent = open_form(as_editor, some_variables)
    type_value(sent, "REGION", "eu-central", secret=True)
    assert send(as_editor, some_variables, sent).status_code == 302
    assert stored(some_variables)["REGION"] == ("eu-central", True)

    sent = open_form(as_editor, some_variables)
    type_value(sent, "REGION", "", secret=False)
    response = send(as_editor, some_variables, sent)

    assert response.status_code == 422
    box = one(response, "textarea[aria-invalid=true]")
    error = one(response, f"#{box['aria-describedby']}")
    assert error.get_text() == "Enter a new value: what was secret is never shown."
    assert stored(some_variables)["REGION"] == ("eu-central", True)


def test_a_blank_secret_keeps_its_value_and_its_key_cannot_be_edited(as_editor, some_variables):
    form = one(as_editor.get(edit_url(some_variables)), "form[action$=edit]")
    assert [field.get("type") for field in form.select("input[name=key]")] == ["hidden", "hidden", None]
    sent = open_form(as_editor, some_variables)
    assert sent["value"][number_of(sent, "TOKEN")] == ""
    type_value(sent, "REGION", "us-east")

    send(as_editor, some_variables, sent)

    assert stored(some_variables)["TOKEN"] == (SECRET, True)
