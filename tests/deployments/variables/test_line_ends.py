r"""A value of several lines is the same whichever way it came in, also from a browser or a file of Windows."""

import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import strategies as st

from deployments.variables.service import VariableInput
from deployments.variables.values import clean_value
from tests.deployments.deployment_file.files import apply_url, previewed
from tests.deployments.deploys.programs import at, of_key
from tests.deployments.helpers import url
from tests.deployments.variables.pages import fields, number_of, open_form, send, stored, type_value

KEY = (
    Ed25519PrivateKey.generate()
    .private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    .decode()
)


def typed(client, deployment, value, *, is_secret):
    sent = open_form(client, deployment)
    type_value(sent, "KEY", value, secret=is_secret)
    assert send(client, deployment, sent).status_code == 302


def typed_before_another_row(client, deployment, value, *, is_secret):
    sent = open_form(client, deployment)
    type_value(sent, "KEY", value, secret=is_secret)
    again = fields(send(client, deployment, sent, add=""))
    # As a browser sends what stands in a box.
    again["value"][number_of(again, "KEY")] = again["value"][number_of(again, "KEY")].replace("\n", "\r\n")
    assert send(client, deployment, again).status_code == 302


def imported(client, deployment, *, is_secret, **sent):
    secret = {"are_secret": "on"} if is_secret else {}
    preview = client.post(url("deployments:import_variables", deployment), {**sent, **secret})
    assert send(client, deployment, fields(preview)).status_code == 302


def pasted(client, deployment, value, *, is_secret):
    imported(client, deployment, text=f"A=1\r\nKEY='{value}'\r\n", is_secret=is_secret)


def pasted_with_escapes(client, deployment, value, *, is_secret):
    escaped = value.replace("\r", "\\r").replace("\n", "\\n")
    imported(client, deployment, text=f'A=1\r\nKEY="{escaped}"\r\n', is_secret=is_secret)


def chosen(client, deployment, value, *, is_secret):
    file = SimpleUploadedFile("a.env", f"A=1\r\nKEY='{value}'\r\n".encode())
    imported(client, deployment, file=file, is_secret=is_secret)


def put(client, deployment, value, *, is_secret):
    variable = {"key": "KEY", "value": value, "is_secret": is_secret}
    of_key(deployment).put(at(deployment, "variables"), {"environment_variables": [variable]})


def patched(client, deployment, value, *, is_secret):
    of_key(deployment).patch(
        at(deployment, "variables"), {"set": [{"key": "KEY", "value": value, "is_secret": is_secret}]}
    )


def applied(client, deployment, value, *, is_secret):
    # JSON is YAML; in it line ends are escapes, which YAML leaves as they are.
    variable = {"key": "KEY", "value": value, "is_secret": is_secret}
    sealed = previewed(client, deployment, json.dumps({"environment_variables": [variable]}))
    assert client.post(apply_url(deployment), {"sealed": sealed}).status_code == 302


WAYS_IN = [
    typed,
    typed_before_another_row,
    pasted,
    pasted_with_escapes,
    chosen,
    put,
    patched,
    applied,
]


@pytest.mark.parametrize("is_secret", [False, True], ids=["plain", "secret"])
@pytest.mark.parametrize("line_end", ["\r\n", "\r", "\n"], ids=["Windows", "old Mac", "Unix"])
@pytest.mark.parametrize("way", WAYS_IN, ids=lambda way: way.__name__)
def test_a_private_key_is_one_whichever_way_it_came_in(as_editor, deployment, way, line_end, is_secret):
    way(as_editor, deployment, KEY.replace("\n", line_end), is_secret=is_secret)

    value, kept_secret = stored(deployment)["KEY"]

    assert (value, kept_secret) == (KEY, is_secret)
    serialization.load_ssh_private_key(value.encode(), password=None)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("one line\n", "one line"),
        ("one line \t\r\n\r\n", "one line"),
        ("two\r\nlines", "two\nlines"),
        ("two\r\nlines\r\n", "two\nlines\n"),
        ("two\r\nlines  \r\n\r\n  ", "two\nlines\n"),
        ("two \nlines  ", "two \nlines"),
        ("a\rb\r", "a\nb\n"),
        ("\r\n", ""),
        ("\n\nlast", "\n\nlast"),
    ],
)
def test_how_a_value_is_kept(written, kept):
    assert clean_value(written) == kept


@given(st.text(st.sampled_from("ab \t\r\n\u00a0"), max_size=20))
def test_what_was_kept_is_kept_again(text):
    kept = clean_value(text)

    assert clean_value(kept) == kept
    assert "\r" not in kept


def test_a_form_that_is_sent_back_untouched_changes_nothing(as_editor, deployment, save):
    before = save(VariableInput("KEY", KEY)).variables_version

    sent = open_form(as_editor, deployment)
    sent["value"] = [value.replace("\n", "\r\n") for value in sent["value"]]

    assert send(as_editor, deployment, sent).status_code == 302
    deployment.refresh_from_db()
    assert deployment.variables_version == before
