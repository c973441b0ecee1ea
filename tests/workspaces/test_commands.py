"""The commands for operators: making the first Owner, and housekeeping."""

import io
import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.utils import timezone

from tests.factories import create_user
from tests.threats.at_once import at_once
from workspaces.audit import retention
from workspaces.management.commands import housekeeping, superuser
from workspaces.models import AuditEvent, User

PASSWORD = "a long enough passphrase"


@pytest.fixture
def typed(monkeypatch):
    """A function that says what a script sends."""

    def typed(text):
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))

    return typed


@pytest.mark.django_db
def test_the_first_owner_can_do_everything_and_is_audited_without_the_password(typed):
    typed(f"{PASSWORD}\n")
    out = io.StringIO()

    call_command("superuser", email="Boss@Example.com", stdout=out)

    user, event = User.objects.get(), AuditEvent.objects.get()
    assert (user.email, user.is_owner, user.is_staff, user.is_superuser) == ("boss@example.com", *[True] * 3)
    assert user.check_password(PASSWORD)
    assert out.getvalue() == "boss@example.com can sign in as Organization Owner and operator.\n"
    assert (event.operation, event.target) == ("createUser", user.pk)
    assert (event.subject_kind, event.subject_name) == ("system", "manage.py superuser")
    assert event.input == {
        "email": "boss@example.com",
        "full_name": "",
        "organization_role": "owner",
        "is_staff": True,
        "is_superuser": True,
    }


@pytest.mark.django_db
def test_of_two_who_make_the_same_owner_at_once_the_second_is_told(typed, monkeypatch):
    read = superuser._read_password

    def while_another_is_made(address):
        create_user(email=address)
        return read(address)

    monkeypatch.setattr(superuser, "_read_password", while_another_is_made)
    typed(f"{PASSWORD}\n")

    with pytest.raises(CommandError, match=r"^A person with this e-mail address already exists"):
        call_command("superuser", email="boss@example.com")


@pytest.mark.django_db(transaction=True)
def test_housekeeping_on_two_machines_at_once_fails_at_nothing(caplog):
    old = timezone.now() - timedelta(days=1)
    Session.objects.bulk_create(
        Session(session_key=f"{number:032}", session_data="", expire_date=old) for number in range(50)
    )

    at_once([housekeeping.run_tasks] * 3)

    assert not Session.objects.exists()
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("email", "password", "sentence"),
    [
        ("nonsense", PASSWORD, "Enter a valid email address."),
        ("taken@example.com", PASSWORD, "A person with this e-mail address already exists."),
        ("TAKEN@example.com", PASSWORD, "A person with this e-mail address already exists."),
        ("boss@example.com", "short", "This password is too short. It must contain at least 12 characters."),
        ("boss@example.com", "boss@example.com", "The password is too similar to the e-mail address."),
        ("boss@example.com", "", "This password is too short."),
    ],
)
def test_a_bad_answer_makes_nobody(typed, email, password, sentence):
    create_user(email="taken@example.com")
    typed(f"{password}\n")

    with pytest.raises(CommandError, match=sentence):
        call_command("superuser", email=email)

    assert User.objects.count() == 1


@pytest.mark.django_db
def test_a_mistake_may_be_corrected(monkeypatch, capsys):
    terminal = io.StringIO("nonsense\nboss@example.com\n")
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    passwords = iter([PASSWORD, "another one", PASSWORD, PASSWORD])
    monkeypatch.setattr(sys, "stdin", terminal)
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(passwords))

    call_command("superuser", stdout=io.StringIO())

    assert User.objects.get().email == "boss@example.com"
    assert capsys.readouterr().err == "Enter a valid email address.\nThe two passwords differ.\n"


@pytest.mark.django_db
def test_ctrl_c_makes_nobody(monkeypatch):
    def interrupted(_prompt):
        raise KeyboardInterrupt

    monkeypatch.setattr("builtins.input", interrupted)

    with pytest.raises(CommandError, match="Nothing was made"):
        call_command("superuser")


@pytest.mark.django_db
def test_housekeeping_deletes_expired_sessions():
    for key, days in (("old", -1), ("new", 1)):
        Session.objects.create(session_key=key, expire_date=timezone.now() + timedelta(days=days))

    call_command("housekeeping", once=True)

    assert [session.session_key for session in Session.objects.all()] == ["new"]


FAILURES = [
    OperationalError("no such database"),
    PermissionError(13, "Permission denied", "dags"),
    OSError(30, "Read-only file system"),
    RuntimeError("nobody expected this"),
    MemoryError(),
    RecursionError(),
]


@pytest.mark.django_db
@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
def test_a_task_that_fails_does_not_stop_the_others(monkeypatch, caplog, failure):
    def broken():
        raise failure

    done = []
    monkeypatch.setattr(retention, "delete_old_events", broken)
    monkeypatch.setattr(housekeeping, "delete_expired_sessions", lambda: done.append("the other"))

    call_command("housekeeping", once=True)

    assert done == ["the other"]
    assert "Housekeeping could not finish workspaces.audit.retention.delete_old_events" in caplog.text


@pytest.mark.django_db
def test_a_task_that_cannot_be_imported_does_not_stop_the_others(monkeypatch, caplog, settings):
    done = []
    monkeypatch.setattr(retention, "delete_old_events", lambda: done.append("the other"))
    settings.HOUSEKEEPING = ["workspaces.nowhere.work", "workspaces.audit.retention.delete_old_events"]

    call_command("housekeeping", once=True)

    assert done == ["the other"]
    assert "Housekeeping could not finish workspaces.nowhere.work" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_broke_in_one_task_is_not_the_next_tasks(monkeypatch, caplog, settings):
    def broken():
        connection.ensure_connection()
        connection.connection.close()
        User.objects.exists()

    done = []
    monkeypatch.setattr(retention, "delete_old_events", broken)
    monkeypatch.setattr(housekeeping, "delete_expired_sessions", lambda: done.append(User.objects.count()))

    call_command("housekeeping", once=True)

    assert done == [0]
    assert caplog.text.count("Housekeeping could not finish") == 1


@pytest.mark.django_db(transaction=True)
def test_no_connection_is_held_during_the_pause():
    call_command("housekeeping", once=True)

    assert connection.connection is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_housekeeping_cleanly(tmp_path, number):
    environment = {
        **os.environ,
        "CLOUDUI_DATA_DIR": str(tmp_path),
        "DATABASE_URL": "",
        "DJANGO_SETTINGS_MODULE": "cloudui.settings",
    }
    command = [sys.executable, "manage.py", "housekeeping"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        # Its tables are missing, so it says something as soon as it works.
        assert "Housekeeping could not finish" in process.stderr.readline()

        process.send_signal(number)
        process.communicate(timeout=30)

    assert process.returncode == 0
