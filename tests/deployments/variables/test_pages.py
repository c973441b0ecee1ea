"""The Variables tab and its edit form: nothing that was typed is lost."""

from typing import Final

import pytest

from deployments.models.variable import EnvironmentVariable
from deployments.variables.service import VariableInput, save_variables
from deployments.variables.values import clean_value
from tests.deployments.helpers import HX, one, page, text
from tests.deployments.variables.pages import (
    SECRET,
    delete,
    edit_url,
    fields,
    list_url,
    number_of,
    open_form,
    send,
    shown_rows,
    stored,
    type_value,
)
from tests.factories import create_deployment
from workspaces.models import AuditEvent, Role

EMPTY_ROW: Final[dict[str, list[str]]] = {"key": [""], "value": [""], "was": [""], "draft": [""]}


def test_a_member_reads_keys_and_plain_values(as_member, some_variables):
    response = as_member.get(list_url(some_variables))

    assert "2 Variables" in text(response)
    tab = one(response, ".tabs [aria-current=page]")
    assert " ".join(tab.get_text(" ").split()) == "Variables 2"
    rows = [" ".join(row.get_text(" ").split()) for row in page(response).select("#variable-rows tbody tr")]
    assert rows[0].startswith("REGION eu-central")
    assert rows[1].startswith("TOKEN ●●●●● Secret")
    assert SECRET not in response.content.decode()
    assert "restart its components" in text(response)
    assert "Edit Variables" not in text(response)
    assert response["Cache-Control"] == "no-store"


def test_nothing_yet(as_editor, deployment):
    response = as_editor.get(list_url(deployment))

    assert "0 Variables" in text(response)
    assert "No variables have been added yet." in text(response)
    assert one(response, "#edit-variables")["href"] == edit_url(deployment)
    assert not page(response).select("a[download]")


def test_the_search_looks_at_keys_and_not_at_values(as_member, some_variables):
    assert "REGION" in text(as_member.get(list_url(some_variables, "?q=regi"), headers=HX))
    nothing = as_member.get(list_url(some_variables, "?q=central"))
    assert "No variable has this in its key." in text(nothing)
    assert "0 matches “ central ”" in text(nothing)


def test_htmx_gets_the_list_alone(as_member, some_variables):
    document = page(as_member.get(list_url(some_variables), headers=HX))

    assert document.select_one("#variable-list")
    assert not document.select_one("html")


def test_the_form_sent_back_as_it_came_changes_nothing(as_editor, some_variables):
    response = send(as_editor, some_variables, open_form(as_editor, some_variables))

    assert response.status_code == 302
    assert response["Location"] == list_url(some_variables)
    assert AuditEvent.objects.filter(operation="updateDeploymentVariables").count() == 1


def test_add_change_delete_in_one_go(as_editor, some_variables):
    sent = open_form(as_editor, some_variables)
    type_value(sent, "REGION", "us-east")
    type_value(sent, "NEW", "1")
    delete(sent, "TOKEN")

    assert send(as_editor, some_variables, sent).status_code == 302
    assert stored(some_variables) == {"REGION": ("us-east", False), "NEW": ("1", False)}


def test_in_the_dialog_saving_closes_it_and_tells_the_list(as_editor, some_variables):
    sent = open_form(as_editor, some_variables)
    type_value(sent, "REGION", "us-east")

    response = as_editor.post(edit_url(some_variables), sent, headers=HX)

    assert response.status_code == 200
    assert "The variables were saved." in text(response)
    assert "dialog:close" in response["HX-Trigger"]
    assert "deployments:changed" in response["HX-Trigger"]


@pytest.mark.parametrize("value", ["one\r\ntwo\r\n\r\nthree", "\r\nleading", "a\rb"])
def test_lines_survive_the_form(as_editor, principal, deployment, value):
    save_variables(principal, deployment, [VariableInput("PEM", value), VariableInput("B", "1")])
    sent = open_form(as_editor, deployment)
    number = number_of(sent, "PEM")
    # What a browser makes of line breaks in a box.
    sent["value"][number] = sent["value"][number].replace("\n", "\r\n")
    type_value(sent, "B", "2")

    assert send(as_editor, deployment, sent).status_code == 302
    assert stored(deployment) == {"PEM": (clean_value(value), False), "B": ("2", False)}


def test_add_gives_another_row_and_keeps_everything_typed(as_editor, some_variables):
    sent = open_form(as_editor, some_variables)
    type_value(sent, "REGION", "typed")
    type_value(sent, "FIRST", "1")
    delete(sent, "TOKEN")

    response = send(as_editor, some_variables, sent, add="1")
    again = fields(response)

    assert response.status_code == 200
    assert again["key"] == ["REGION", "TOKEN", "FIRST", ""]
    assert again["value"] == ["typed", "", "1", ""]
    assert again["delete"] == ["1"]
    assert one(response, "[autofocus]")["placeholder"] == "KEY"
    assert stored(some_variables)["REGION"] == ("eu-central", False)
    type_value(again, "SECOND", "2")
    assert send(as_editor, some_variables, again).status_code == 302
    assert stored(some_variables) == {
        "REGION": ("typed", False),
        "FIRST": ("1", False),
        "SECOND": ("2", False),
    }


def test_errors_stand_beside_their_rows_and_what_was_typed_stays(as_editor, some_variables):
    sent = open_form(as_editor, some_variables)
    type_value(sent, "REGION", "a\0b")
    type_value(sent, "PATH", "/tmp")
    for name, value in {"key": "TOKEN", "value": "again", "was": "", "draft": ""}.items():
        sent[name].append(value)

    response = send(as_editor, some_variables, sent)

    assert response.status_code == 422
    rows = shown_rows(response)
    assert "Remove the null character" in rows["REGION"]
    assert "PATH is reserved: it decides which programs and libraries run" in rows["PATH"]
    assert one(response, "input[name=key][aria-invalid=true]")["value"] == "PATH"
    assert fields(response)["value"][2] == "/tmp"
    assert "This key stands here more than once. Keep one of them." in text(response)


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"version": "2"},
        {**EMPTY_ROW, "version": "x"},
        {**EMPTY_ROW, "version": "9" * 30},
        {**EMPTY_ROW, "version": "0"},
        EMPTY_ROW,
        {**EMPTY_ROW, "version": "2", "key": ["A", "B"]},
    ],
)
def test_half_a_form_deletes_nothing_and_can_be_sent_again(as_editor, some_variables, broken):
    response = as_editor.post(edit_url(some_variables), broken)

    assert response.status_code == 422
    assert "This form arrived incomplete. Nothing was saved." in text(response)
    ignored: dict[str, list[str]] = {"csrfmiddlewaretoken": []}
    assert fields(response) | ignored == open_form(as_editor, some_variables) | ignored
    assert len(stored(some_variables)) == 2


def test_a_row_copied_from_elsewhere_is_shown_as_unreadable_and_can_be_replaced(as_editor, some_variables):
    other = create_deployment(workspace=some_variables.workspace)
    EnvironmentVariable.objects.filter(deployment=some_variables).update(deployment=other)

    listed = as_editor.get(list_url(other))
    assert text(listed).count("Cannot be read") == 2
    assert "Some values cannot be read." in text(listed)
    sent = open_form(as_editor, other)
    type_value(sent, "REGION", "typed again")
    type_value(sent, "TOKEN", "and-again")

    assert send(as_editor, other, sent).status_code == 302
    assert stored(other) == {"REGION": ("typed again", False), "TOKEN": ("and-again", True)}


def test_who_may(as_nobody, as_outsider, as_member, as_editor, editor, some_variables):
    sent = {**EMPTY_ROW, "version": ["2"]}

    assert as_nobody.get(edit_url(some_variables)).status_code == 302
    assert as_outsider.get(edit_url(some_variables)).status_code == 404
    assert as_outsider.get(list_url(some_variables)).status_code == 404
    for response in (as_member.get(edit_url(some_variables)), as_member.post(edit_url(some_variables), sent)):
        assert response.status_code == 403
        assert "Editor" in text(response)
    sent = open_form(as_editor, some_variables)
    editor.memberships.update(role=Role.MEMBER)
    assert send(as_editor, some_variables, sent).status_code == 403
    assert len(stored(some_variables)) == 2
