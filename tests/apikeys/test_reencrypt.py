"""`manage.py reencrypt`: everything encrypted moves to the newest field key, while others go on saving."""

import io
import json
import shutil
import threading
from functools import partial

import pytest
from django.conf import settings as django_settings
from django.core.mail import send_mail
from django.core.management import CommandError, call_command
from django.db import connection

from apikeys.models import SigningKey
from apikeys.models.signing_key import State
from apikeys.tokens import signing_keys
from cloudui.web import encryption, keycheck, keyring
from cloudui.web.encryption import decrypt, encrypt
from cloudui.web.models import OutgoingMail
from cloudui.web.outbox import sealing
from deployments.models import Deployment
from deployments.models.variable import EnvironmentVariable
from deployments.variables import reencryption
from deployments.variables.service import VariableInput, list_variables, read_value, save_variables
from tests.factories import create_deployment, create_member
from tests.threats.at_once import at_once
from workspaces.models import Role
from workspaces.principals import principal_for


@pytest.fixture
def key_file(tmp_path, settings):
    """A key file of this test's own, with the keys of all tests in it."""
    keyring.keyring.current("field")
    shutil.copy(django_settings.DATA_DIR / keyring.FILE_NAME, tmp_path)
    settings.DATA_DIR = tmp_path
    keyring.keyring.reload()
    yield tmp_path / keyring.FILE_NAME
    keyring.keyring.reload()


def a_deployment(*wanted):
    deployment = create_deployment()
    editor = principal_for(create_member(workspace=deployment.workspace, role=Role.EDITOR))
    save_variables(editor, deployment, wanted)
    return editor, deployment


def values():
    return {(row.deployment_id, row.key): read_value(row) for row in EnvironmentVariable.objects.all()}


def key_versions():
    stored = [
        *EnvironmentVariable.objects.values_list("value", flat=True),
        *SigningKey.objects.values_list("private", flat=True),
        *OutgoingMail.objects.values_list("sealed", flat=True),
    ]
    return {bytes(value)[0] for value in stored}


def forget_version_1(key_file):
    document = json.loads(key_file.read_text())
    del document["field"]["1"]
    key_file.write_text(json.dumps(document))
    keyring.keyring.reload()
    signing_keys.clear_cache()


@pytest.mark.django_db
def test_everything_moves_and_the_old_version_may_go(key_file, capsys, monkeypatch, mail_server):
    monkeypatch.setattr(reencryption, "BATCH", 3)
    signing_keys.keys()
    _, first = a_deployment(
        *(VariableInput(f"KEY_{number}", f"{number}", number % 2 == 0) for number in range(10))
    )
    a_deployment(VariableInput("OTHER", "ü\n"))
    send_mail("A mail", "that waits", None, ["person@example.com"])
    before, shown, kid = values(), list_variables(first), signing_keys.keys().kid
    call_command("rotate_keys", "field")
    assert key_versions() == {1}

    call_command("reencrypt")

    assert key_versions() == {2}
    assert (
        "version 2 of the field key: 11 environment variables, 2 signing keys, 1 waiting mails."
        in capsys.readouterr().out
    )
    forget_version_1(key_file)
    assert values() == before
    # Nobody changed anything: an edit under way is not stale, and no value is newer.
    assert list_variables(first) == shown
    assert Deployment.objects.get(pk=first.pk).variables_version == first.variables_version + 1
    assert signing_keys.keys().kid == kid
    assert sealing.unseal(OutgoingMail.objects.get()).subject == "A mail"


@pytest.mark.django_db(transaction=True)
def test_twice_at_once_moves_everything_and_fails_at_nothing(key_file):
    for number in range(5):
        a_deployment(*(VariableInput(f"KEY_{number}_{part}", "x") for part in range(10)))
    signing_keys.keys()
    before = values()
    call_command("rotate_keys", "field")

    at_once([partial(call_command, "reencrypt", stdout=io.StringIO())] * 2)

    assert key_versions() == {2}
    assert values() == before


@pytest.mark.django_db
@pytest.mark.parametrize(
    "command", [["reencrypt"], ["rotate_signing_key", "--now"], ["burn_signing_key", "CURRENT"]]
)
def test_a_file_from_before_what_a_command_wrote_with_the_newest_key_is_refused(key_file, command):
    a_deployment(VariableInput("A", "1"))
    signing_keys.keys()
    current = SigningKey.objects.get(state=State.CURRENT).kid
    keycheck.verify_or_register()
    older = key_file.read_text()
    call_command("rotate_keys", "field")

    call_command(*(current if word == "CURRENT" else word for word in command))
    key_file.write_text(older)
    keyring.keyring.reload()

    with pytest.raises(keycheck.ForeignKeyFile, match="it is older and lacks version 2 of the field key"):
        keycheck.verify()


@pytest.mark.django_db
def test_a_second_time_does_nothing(key_file, capsys):
    a_deployment(VariableInput("A", "1"))
    call_command("rotate_keys", "field")
    call_command("reencrypt")
    stored = list(EnvironmentVariable.objects.values_list("value", flat=True))

    call_command("reencrypt")

    assert ": 0 environment variables, 0 signing keys, 0 waiting mails." in capsys.readouterr().out
    assert list(EnvironmentVariable.objects.values_list("value", flat=True)) == stored


@pytest.mark.django_db
def test_what_cannot_be_read_is_left_as_it_is_and_told(key_file):
    a_deployment(VariableInput("A", "1"), VariableInput("TURNED", "2", is_secret=True))
    EnvironmentVariable.objects.filter(key="TURNED").update(is_secret=False)
    before = bytes(EnvironmentVariable.objects.get(key="TURNED").value)
    call_command("rotate_keys", "field")

    with pytest.raises(CommandError, match="1 environment variables cannot be read"):
        call_command("reencrypt")

    assert bytes(EnvironmentVariable.objects.get(key="TURNED").value) == before
    assert bytes(EnvironmentVariable.objects.get(key="A").value)[0] == 2


def test_a_process_that_knows_the_old_keys_only_reads_what_the_new_one_made(key_file, monkeypatch):
    older = keyring.Keyring(lambda: keyring.read_keys(key_file.parent, ""))
    older.current("field")
    keyring.add_version(key_file.parent, "field")
    stored = encrypt(b"value", "place")
    assert stored[0] == 2

    monkeypatch.setattr(encryption, "keyring", older)

    assert decrypt(stored, "place") == b"value"


@pytest.mark.django_db(transaction=True)
def test_nothing_that_is_saved_meanwhile_is_lost(key_file, monkeypatch):
    monkeypatch.setattr(reencryption, "BATCH", 2)
    editor, deployment = a_deployment(*(VariableInput(f"KEY_{number}", "0") for number in range(6)))
    failures = []

    def save_again_and_again():
        try:
            for turn in range(1, 16):
                save_variables(
                    editor, deployment, [VariableInput(f"KEY_{number}", f"{turn}") for number in range(6)]
                )
        except Exception as error:  # noqa: BLE001 - the test looks at it
            failures.append(error)
        finally:
            connection.close()

    saver = threading.Thread(target=save_again_and_again)
    saver.start()
    for _ in range(4):
        call_command("rotate_keys", "field")
        call_command("reencrypt")
    saver.join()
    call_command("reencrypt")

    assert failures == []
    assert set(values().values()) == {"15"}
    assert Deployment.objects.get().variables_version == 17
    assert {bytes(value)[0] for value in EnvironmentVariable.objects.values_list("value", flat=True)} == {5}
