""".env files: brought in by way of the edit form, taken away without secrets."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.deployments.helpers import text, url
from tests.deployments.variables.pages import SECRET, fields, send, shown_rows, stored
from tests.factories import create_deployment


def test_an_export_is_a_file_without_secrets(as_member, some_variables):
    response = as_member.get(url("deployments:export_variables", some_variables))

    assert response["Content-Disposition"] == f'attachment; filename="{some_variables.release_name}.env"'
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["Cache-Control"] == "no-store"
    assert "REGION=eu-central\n" in response.content.decode()
    assert "\nTOKEN=\n" in response.content.decode()
    assert SECRET not in response.content.decode()


def bring_in(client, deployment, text="", **extra):
    return client.post(url("deployments:import_variables", deployment), {"text": text, **extra})


def test_an_import_is_a_preview_in_the_edit_form(as_editor, some_variables):
    response = bring_in(as_editor, some_variables, "REGION=us\nTOKEN=typed-secret\nNEW='a\nb'\n")

    assert response.status_code == 200
    assert "typed-secret" not in response.content.decode()
    assert stored(some_variables)["REGION"] == ("eu-central", False)
    sent = fields(response)
    assert sent["key"] == ["REGION", "TOKEN", "NEW", ""]
    assert sent["value"] == ["us", "", "a\nb", ""]
    assert send(as_editor, some_variables, sent).status_code == 302
    assert stored(some_variables) == {
        "REGION": ("us", False),
        "TOKEN": ("typed-secret", True),
        "NEW": ("a\nb", False),
    }


def test_an_import_of_secrets_shows_none_of_them(as_editor, some_variables):
    response = bring_in(as_editor, some_variables, "NEW=typed-secret\nREGION=us\n", are_secret="on")

    assert "typed-secret" not in response.content.decode()
    assert send(as_editor, some_variables, fields(response)).status_code == 302
    assert stored(some_variables)["NEW"] == ("typed-secret", True)
    assert stored(some_variables)["REGION"] == ("us", False)


def test_a_file_is_read_instead_of_the_box(as_editor, some_variables):
    file = SimpleUploadedFile("local.env", "REGION=aus-der-Datei-ü\n".encode())

    response = bring_in(as_editor, some_variables, file=file)

    assert fields(response)["value"][0] == "aus-der-Datei-ü"


def test_what_was_exported_can_be_imported_elsewhere(as_editor, some_variables):
    exported = as_editor.get(url("deployments:export_variables", some_variables)).content.decode()
    other = create_deployment(workspace=some_variables.workspace)

    sent = fields(bring_in(as_editor, other, exported))

    assert sent["key"] == ["REGION", "TOKEN", ""]
    refused = send(as_editor, other, sent)
    assert "Enter a value." in shown_rows(refused)["TOKEN"]
    assert (
        send(as_editor, some_variables, fields(bring_in(as_editor, some_variables, exported))).status_code
        == 302
    )
    assert stored(some_variables)["TOKEN"] == (SECRET, True)


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
            {"file": SimpleUploadedFile("a.env", b"#" * (2 * 1024 * 1024))},
            "Choose a file of at most 524,288 bytes.",
        ),
        (
            {"text": "\n".join(f"A{number}=1" for number in range(501))},
            "A Deployment has at most 500 variables; these are 501.",
        ),
    ],
)
def test_what_cannot_be_imported_is_told_and_not_shown(as_editor, some_variables, sent, error):
    response = as_editor.post(url("deployments:import_variables", some_variables), sent)

    assert response.status_code == 422
    assert error in text(response)
    assert "typed-secret" not in response.content.decode()


def test_an_import_is_for_editors(as_member, as_outsider, some_variables):
    assert bring_in(as_member, some_variables, "A=1").status_code == 403
    assert bring_in(as_outsider, some_variables, "A=1").status_code == 404
