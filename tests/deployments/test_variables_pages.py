"""The Variables tab, its edit form and .env files: nothing typed is lost, and no secret ever comes back."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from deployments.models.variable import EnvironmentVariable
from deployments.variables import Wanted, list_variables, read_value, save_variables
from tests.deployments.helpers import HX, one, page, signed_in, text, url
from tests.deployments.variable_pages import (
    delete,
    edit_url,
    fields,
    number_of,
    open_form,
    send,
    shown_rows,
    type_value,
)
from tests.factories import create_deployment, create_member
from workspaces.middleware import principal_for
from workspaces.models import AuditEvent, Role

SECRET = "s3cret-Value/42"


@pytest.fixture
def principal(editor):
    return principal_for(editor)


@pytest.fixture
def some(principal, deployment):
    """One plain variable and one secret."""
    return save_variables(
        principal, deployment, [Wanted("REGION", "eu-central"), Wanted("TOKEN", SECRET, is_secret=True)]
    )


def list_url(deployment, query=""):
    return url("deployments:variables", deployment, query)


def stored(deployment):
    return {
        row.key: (read_value(row), row.is_secret)
        for row in EnvironmentVariable.objects.filter(deployment=deployment)
    }


# The list


def test_a_member_reads_keys_and_plain_values(as_member, some):
    response = as_member.get(list_url(some))

    assert "2 Variables" in text(response)
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


def test_the_tab_has_the_count_and_is_the_open_one(as_member, some):
    tab = one(as_member.get(list_url(some)), ".tabs [aria-current=page]")

    assert " ".join(tab.get_text(" ").split()) == "Variables 2"


def test_the_search_looks_at_keys_and_not_at_values(as_member, some):
    assert "REGION" in text(as_member.get(list_url(some, "?q=regi"), headers=HX))
    nothing = as_member.get(list_url(some, "?q=central"))
    assert "No variable has this in its key." in text(nothing)
    assert "0 match “ central ”" in text(nothing)


def test_htmx_gets_the_list_alone(as_member, some):
    document = page(as_member.get(list_url(some), headers=HX))

    assert document.select_one("#variable-list")
    assert not document.select_one("html")


# Editing


def test_the_form_sent_back_as_it_came_changes_nothing(as_editor, some):
    response = send(as_editor, some, open_form(as_editor, some))

    assert response.status_code == 302
    assert response["Location"] == list_url(some)
    assert AuditEvent.objects.filter(operation="updateDeploymentVariables").count() == 1


def test_add_change_delete_in_one_go(as_editor, some):
    sent = open_form(as_editor, some)
    type_value(sent, "REGION", "us-east")
    type_value(sent, "NEW", "1")
    delete(sent, "TOKEN")

    assert send(as_editor, some, sent).status_code == 302
    assert stored(some) == {"REGION": ("us-east", False), "NEW": ("1", False)}


def test_in_the_dialog_saving_closes_it_and_tells_the_list(as_editor, some):
    sent = open_form(as_editor, some)
    type_value(sent, "REGION", "us-east")

    response = as_editor.post(edit_url(some), sent, headers=HX)

    assert response.status_code == 200
    assert "Variables saved." in text(response)
    assert "dialog:close" in response["HX-Trigger"]
    assert "deployments:changed" in response["HX-Trigger"]


def test_a_blank_secret_keeps_its_value_and_its_key_cannot_be_edited(as_editor, some):
    form = one(as_editor.get(edit_url(some)), "form[action$=edit]")
    assert [field.get("type") for field in form.select("input[name=key]")] == ["hidden", "hidden", None]
    sent = open_form(as_editor, some)
    assert sent["value"][number_of(sent, "TOKEN")] == ""
    type_value(sent, "REGION", "us-east")

    send(as_editor, some, sent)

    assert stored(some)["TOKEN"] == (SECRET, True)


def test_marking_as_secret_keeps_the_value_and_unmarking_needs_a_new_one(as_editor, some):
    sent = open_form(as_editor, some)
    type_value(sent, "REGION", "eu-central", secret=True)
    assert send(as_editor, some, sent).status_code == 302
    assert stored(some)["REGION"] == ("eu-central", True)

    sent = open_form(as_editor, some)
    type_value(sent, "REGION", "", secret=False)
    response = send(as_editor, some, sent)

    assert response.status_code == 422
    box = one(response, "textarea[aria-invalid=true]")
    error = one(response, f"#{box['aria-describedby']}")
    assert error.get_text() == "Enter a new value: what was secret is never shown."
    assert stored(some)["REGION"] == ("eu-central", True)


@pytest.mark.parametrize("value", ["one\r\ntwo\r\n\r\nthree", "\r\nleading", "a\rb"])
def test_lines_survive_the_form(as_editor, principal, deployment, value):
    save_variables(principal, deployment, [Wanted("PEM", value), Wanted("B", "1")])
    sent = open_form(as_editor, deployment)
    number = number_of(sent, "PEM")
    # What a browser makes of line breaks in a box, whatever they were.
    lines = sent["value"][number].replace("\r\n", "\n").replace("\r", "\n")
    sent["value"][number] = lines.replace("\n", "\r\n")
    type_value(sent, "B", "2")

    assert send(as_editor, deployment, sent).status_code == 302
    assert stored(deployment) == {"PEM": (value, False), "B": ("2", False)}


def test_add_gives_another_row_and_keeps_everything_typed(as_editor, some):
    sent = open_form(as_editor, some)
    type_value(sent, "REGION", "typed")
    type_value(sent, "FIRST", "1")
    delete(sent, "TOKEN")

    response = send(as_editor, some, sent, add="1")
    again = fields(response)

    assert response.status_code == 200
    assert again["key"] == ["REGION", "TOKEN", "FIRST", ""]
    assert again["value"] == ["typed", "", "1", ""]
    assert again["delete"] == ["1"]
    assert one(response, "[autofocus]")["placeholder"] == "KEY"
    assert stored(some)["REGION"] == ("eu-central", False)
    type_value(again, "SECOND", "2")
    assert send(as_editor, some, again).status_code == 302
    assert stored(some) == {"REGION": ("typed", False), "FIRST": ("1", False), "SECOND": ("2", False)}


def test_a_secret_that_was_typed_survives_add_and_errors_without_being_shown(as_editor, some):
    sent = open_form(as_editor, some)
    type_value(sent, "TOKEN", "typed-secret-1")
    type_value(sent, "9BAD", "typed-secret-2", secret=True)

    added = send(as_editor, some, sent, add="1")
    refused = send(as_editor, some, fields(added))

    assert refused.status_code == 422
    for response in (added, refused):
        assert "typed-secret" not in response.content.decode()
    again = fields(refused)
    again["key"][number_of(again, "9BAD")] = "GOOD"
    assert send(as_editor, some, again).status_code == 302
    assert stored(some)["TOKEN"] == ("typed-secret-1", True)
    assert stored(some)["GOOD"] == ("typed-secret-2", True)


def test_a_typed_secret_does_not_become_plain_by_unticking(as_editor, some):
    sent = open_form(as_editor, some)
    type_value(sent, "FRESH", "typed-secret", secret=True)
    again = fields(send(as_editor, some, sent, add="1"))
    again["secret"] = [number for number in again["secret"] if number != str(number_of(again, "FRESH"))]

    refused = send(as_editor, some, again)

    assert refused.status_code == 422
    assert "Type the value again: what was typed as a secret is not shown." in text(refused)
    assert "typed-secret" not in refused.content.decode()
    assert "FRESH" not in stored(some)


def test_what_was_sealed_for_one_person_is_nothing_for_another(as_editor, as_admin, some):
    sent = open_form(as_editor, some)
    type_value(sent, "FRESH", "typed-secret", secret=True)
    stolen = fields(send(as_editor, some, sent, add="1"))

    refused = send(as_admin, some, stolen)

    assert refused.status_code == 422
    assert "Enter a value." in text(refused)


@pytest.mark.parametrize("draft", ["nonsense", "AAAA", "====", "ü", "\x00", "A" * 4000])
def test_a_seal_that_was_tampered_with_holds_nothing(as_editor, some, draft):
    sent = open_form(as_editor, some)
    sent["draft"][number_of(sent, "TOKEN")] = draft

    assert send(as_editor, some, sent).status_code == 302
    assert stored(some)["TOKEN"] == (SECRET, True)


def test_errors_stand_beside_their_rows_and_what_was_typed_stays(as_editor, some):
    sent = open_form(as_editor, some)
    type_value(sent, "REGION", "a\0b")
    type_value(sent, "PATH", "/tmp")

    response = send(as_editor, some, sent)

    assert response.status_code == 422
    rows = shown_rows(response)
    assert "Remove the null character" in rows["REGION"]
    assert "PATH is reserved: it decides which programs and libraries run" in rows["PATH"]
    assert one(response, "input[name=key][aria-invalid=true]")["value"] == "PATH"
    assert fields(response)["value"][2] == "/tmp"


def test_the_same_key_twice_is_refused(as_editor, some):
    sent = open_form(as_editor, some)
    type_value(sent, "", "")
    sent["key"][-1], sent["value"][-1] = "REGION", "again"

    response = send(as_editor, some, sent)

    assert response.status_code == 422
    assert "This key stands here more than once. Keep one of them." in text(response)


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"version": "2"},
        {"version": "x", "key": [""], "value": [""], "was": [""], "draft": [""]},
        {"version": "9" * 30, "key": [""], "value": [""], "was": [""], "draft": [""]},
        {"key": [""], "value": [""], "was": [""], "draft": [""]},
        {"version": "2", "key": ["A", "B"], "value": ["1"], "was": ["", ""], "draft": ["", ""]},
    ],
)
def test_half_a_form_deletes_nothing(as_editor, some, broken):
    response = as_editor.post(edit_url(some), broken)

    assert response.status_code == 422
    assert "This form arrived incomplete. Nothing was saved." in text(response)
    assert len(stored(some)) == 2


def test_500_variables_can_be_edited(as_editor, principal, deployment):
    save_variables(
        principal,
        deployment,
        [Wanted(f"KEY_{number:03}", "x" * 100, number % 2 == 0) for number in range(500)],
    )
    sent = open_form(as_editor, deployment)
    delete(sent, "KEY_000")
    for number in range(1, 500):
        type_value(sent, f"KEY_{number:03}", "y", secret=True)

    assert send(as_editor, deployment, sent).status_code == 302
    assert len(stored(deployment)) == 499


def test_a_row_copied_from_elsewhere_is_shown_as_unreadable_and_can_be_replaced(as_editor, some):
    other = create_deployment(workspace=some.workspace)
    EnvironmentVariable.objects.filter(deployment=some).update(deployment=other)

    listed = as_editor.get(list_url(other))
    assert text(listed).count("Cannot be read") == 2
    sent = open_form(as_editor, other)
    type_value(sent, "REGION", "typed again")
    type_value(sent, "TOKEN", "and-again")

    assert send(as_editor, other, sent).status_code == 302
    assert stored(other) == {"REGION": ("typed again", False), "TOKEN": ("and-again", True)}


def test_who_may(as_nobody, as_outsider, as_member, some):
    sent = {"version": "2", "key": [""], "value": [""], "was": [""], "draft": [""]}

    assert as_nobody.get(edit_url(some)).status_code == 302
    assert as_outsider.get(edit_url(some)).status_code == 404
    assert as_outsider.get(list_url(some)).status_code == 404
    for response in (as_member.get(edit_url(some)), as_member.post(edit_url(some), sent)):
        assert response.status_code == 403
        assert "Editor" in text(response)
    assert len(stored(some)) == 2


# Somebody else saves meanwhile


@pytest.fixture
def meanwhile(some):
    """A function by which another Editor changes some of the variables."""
    other = principal_for(create_member(workspace=some.workspace, role=Role.EDITOR))

    def meanwhile(*, without=(), **changed):
        now = {one.key: Wanted(one.key, None, one.is_secret) for one in list_variables(some)}
        for key, value in changed.items():
            now[key] = Wanted(key, value, is_secret=key in now and now[key].is_secret)
        save_variables(other, some, [one for key, one in now.items() if key not in without])

    return meanwhile


def test_changes_of_different_variables_are_brought_together(as_editor, some, meanwhile):
    sent = open_form(as_editor, some)
    type_value(sent, "REGION", "mine")
    meanwhile(TOKEN="theirs", ADDED="theirs")

    merged = send(as_editor, some, sent)

    assert merged.status_code == 409
    assert "Somebody saved the variables while you were editing them." in text(merged)
    rows = shown_rows(merged)
    assert "Changed meanwhile" in rows["TOKEN"]
    assert "Added meanwhile" in rows["ADDED"]
    assert not page(merged).select("[type=radio]")
    assert stored(some)["REGION"] == ("eu-central", False)
    assert send(as_editor, some, fields(merged)).status_code == 302
    assert stored(some) == {"REGION": ("mine", False), "TOKEN": ("theirs", True), "ADDED": ("theirs", False)}


def test_what_somebody_else_deleted_is_told_and_stays_deleted(as_editor, some, meanwhile):
    sent = open_form(as_editor, some)
    type_value(sent, "NEW", "mine")
    meanwhile(without=["REGION"])

    merged = send(as_editor, some, sent)

    assert merged.status_code == 409
    assert "Deleted meanwhile: REGION ." in text(merged)
    assert send(as_editor, some, fields(merged)).status_code == 302
    assert set(stored(some)) == {"TOKEN", "NEW"}


@pytest.mark.parametrize(("choice", "kept"), [("mine", "mine"), ("theirs", "theirs")])
def test_what_both_changed_needs_a_choice(as_editor, some, meanwhile, choice, kept):
    sent = open_form(as_editor, some)
    type_value(sent, "REGION", "mine")
    meanwhile(REGION="theirs")

    merged = send(as_editor, some, sent)
    undecided = send(as_editor, some, fields(merged))

    assert (merged.status_code, undecided.status_code) == (409, 422)
    for response in (merged, undecided):
        row = shown_rows(response)["REGION"]
        assert "mine" in row
        assert "There now: theirs" in row
        assert "eu-central" not in row
    assert "Choose which one to keep." in shown_rows(undecided)["REGION"]
    decided = fields(undecided)
    assert (
        send(as_editor, some, decided, **{f"choice-{number_of(decided, 'REGION')}": choice}).status_code
        == 302
    )
    assert stored(some)["REGION"] == (kept, False)


@pytest.mark.parametrize(("choice", "kept"), [("mine", "typed-secret-m"), ("theirs", "typed-secret-t")])
def test_two_new_values_of_a_secret_need_a_choice_and_neither_is_shown(
    as_editor, some, meanwhile, choice, kept
):
    sent = open_form(as_editor, some)
    type_value(sent, "TOKEN", "typed-secret-m")
    meanwhile(TOKEN="typed-secret-t")

    merged = send(as_editor, some, sent)

    assert merged.status_code == 409
    assert "typed-secret" not in merged.content.decode()
    assert "Mine: the secret that you typed" in shown_rows(merged)["TOKEN"]
    decided = fields(merged)
    assert (
        send(as_editor, some, decided, **{f"choice-{number_of(decided, 'TOKEN')}": choice}).status_code == 302
    )
    assert stored(some)["TOKEN"] == (kept, True)


@pytest.mark.parametrize(("choice", "left"), [("mine", {"TOKEN"}), ("theirs", {"TOKEN", "REGION"})])
def test_deleting_what_somebody_else_changed_needs_a_choice(as_editor, some, meanwhile, choice, left):
    sent = open_form(as_editor, some)
    delete(sent, "REGION")
    meanwhile(REGION="theirs")

    merged = send(as_editor, some, sent)
    assert "Mine: delete it" in shown_rows(merged)["REGION"]
    decided = fields(merged)
    assert (
        send(as_editor, some, decided, **{f"choice-{number_of(decided, 'REGION')}": choice}).status_code
        == 302
    )

    assert set(stored(some)) == left


@pytest.mark.parametrize(("choice", "left"), [("mine", {"TOKEN", "REGION"}), ("theirs", {"TOKEN"})])
def test_changing_what_somebody_else_deleted_needs_a_choice(as_editor, some, meanwhile, choice, left):
    sent = open_form(as_editor, some)
    type_value(sent, "REGION", "mine")
    meanwhile(without=["REGION"])

    merged = send(as_editor, some, sent)
    assert "There now: Deleted" in shown_rows(merged)["REGION"]
    decided = fields(merged)
    assert (
        send(as_editor, some, decided, **{f"choice-{number_of(decided, 'REGION')}": choice}).status_code
        == 302
    )

    assert set(stored(some)) == left


def test_a_key_that_both_added_needs_a_choice(as_editor, some, meanwhile):
    sent = open_form(as_editor, some)
    type_value(sent, "NEW", "mine")
    meanwhile(NEW="theirs")

    merged = send(as_editor, some, sent)
    assert "There now: theirs" in shown_rows(merged)["NEW"]
    decided = fields(merged)
    assert decided["key"].count("NEW") == 1
    send(as_editor, some, decided, **{f"choice-{number_of(decided, 'NEW')}": "mine"})

    assert stored(some)["NEW"] == ("mine", False)


def test_the_same_change_twice_is_no_conflict(as_editor, some, meanwhile):
    sent = open_form(as_editor, some)
    type_value(sent, "REGION", "same")
    meanwhile(REGION="same")

    merged = send(as_editor, some, sent)

    assert merged.status_code == 409
    assert not page(merged).select("[type=radio]")


def test_a_third_save_while_deciding_is_merged_again(as_editor, some, meanwhile):
    sent = open_form(as_editor, some)
    type_value(sent, "REGION", "mine")
    meanwhile(REGION="theirs")
    decided = fields(send(as_editor, some, sent))
    meanwhile(REGION="theirs again")

    again = send(as_editor, some, decided, **{f"choice-{number_of(decided, 'REGION')}": "mine"})

    assert again.status_code == 409
    assert "There now: theirs again" in shown_rows(again)["REGION"]
    last = fields(again)
    assert last["value"][number_of(last, "REGION")] == "mine"


# .env files


def test_an_export_is_a_file_without_secrets(as_member, some):
    response = as_member.get(url("deployments:export_variables", some))

    assert response["Content-Disposition"] == f'attachment; filename="{some.release_name}.env"'
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["Cache-Control"] == "no-store"
    assert "REGION=eu-central\n" in response.content.decode()
    assert "\nTOKEN=\n" in response.content.decode()
    assert SECRET not in response.content.decode()


def bring_in(client, deployment, text="", **extra):
    return client.post(url("deployments:import_variables", deployment), {"text": text, **extra})


def test_an_import_is_a_preview_in_the_edit_form(as_editor, some):
    response = bring_in(as_editor, some, "REGION=us\nTOKEN=typed-secret\nNEW='a\nb'\n")

    assert response.status_code == 200
    assert "typed-secret" not in response.content.decode()
    assert stored(some)["REGION"] == ("eu-central", False)
    sent = fields(response)
    assert sent["key"] == ["REGION", "TOKEN", "NEW", ""]
    assert sent["value"] == ["us", "", "a\nb", ""]
    assert send(as_editor, some, sent).status_code == 302
    assert stored(some) == {
        "REGION": ("us", False),
        "TOKEN": ("typed-secret", True),
        "NEW": ("a\nb", False),
    }


def test_an_import_of_secrets_shows_none_of_them(as_editor, some):
    response = bring_in(as_editor, some, "NEW=typed-secret\nREGION=us\n", are_secret="on")

    assert "typed-secret" not in response.content.decode()
    assert send(as_editor, some, fields(response)).status_code == 302
    assert stored(some)["NEW"] == ("typed-secret", True)
    assert stored(some)["REGION"] == ("us", False)


def test_a_file_is_read_instead_of_the_box(as_editor, some):
    file = SimpleUploadedFile("local.env", "REGION=aus-der-Datei-ü\n".encode())

    response = bring_in(as_editor, some, file=file)

    assert fields(response)["value"][0] == "aus-der-Datei-ü"


def test_what_was_exported_can_be_imported_elsewhere(as_editor, some):
    exported = as_editor.get(url("deployments:export_variables", some)).content.decode()
    other = create_deployment(workspace=some.workspace)

    sent = fields(bring_in(as_editor, other, exported))

    assert sent["key"] == ["REGION", "TOKEN", ""]
    refused = send(as_editor, other, sent)
    assert "Enter a value." in shown_rows(refused)["TOKEN"]
    assert send(as_editor, some, fields(bring_in(as_editor, some, exported))).status_code == 302
    assert stored(some)["TOKEN"] == (SECRET, True)


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ({"text": "A=typed-secret\nnonsense typed-secret"}, "Line 2: write KEY=value."),
        ({"text": "  \n"}, "Choose a file or paste its content."),
        ({"file": SimpleUploadedFile("a.env", b"A=\xff")}, "This file is not text in UTF-8."),
        (
            {"file": SimpleUploadedFile("a.env", b"#" * (512 * 1024 + 1))},
            "Choose a file of at most 524,288 bytes.",
        ),
        (
            {"text": "\n".join(f"A{number}=1" for number in range(501))},
            "A Deployment has at most 500 variables; these are 501.",
        ),
    ],
)
def test_what_cannot_be_imported_is_told_and_not_shown(as_editor, some, sent, error):
    response = as_editor.post(url("deployments:import_variables", some), sent)

    assert response.status_code == 422
    assert error in text(response)
    assert "typed-secret" not in response.content.decode()


def test_an_import_is_for_editors(as_member, as_outsider, some):
    assert bring_in(as_member, some, "A=1").status_code == 403
    assert bring_in(as_outsider, some, "A=1").status_code == 404


def test_a_person_who_lost_the_role_meanwhile_is_told(as_editor, editor, some):
    sent = open_form(as_editor, some)
    editor.memberships.update(role=Role.MEMBER)

    assert send(signed_in(editor), some, sent).status_code == 403
