"""The mails of sign-in: written with what they tell of, and no request waits for a mail server."""

from types import SimpleNamespace

import pytest
from django.db import OperationalError
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains

from apikeys.models import ApiKey
from cloudui.web.models import OutgoingMail
from tests.apikeys.machine import post
from tests.deployments.helpers import signed_in
from tests.factories import PASSWORD, create_api_key, create_deployment, create_owner
from tests.mails import finish
from workspaces.models import AuditEvent

pytestmark = pytest.mark.django_db(transaction=True)

NEW = "a brand new passphrase"
RESET = "/account/password/reset/"
FILES = "django.core.mail.backends.filebased.EmailBackend"


@pytest.fixture
def person(db):
    return create_owner(email="person@example.com")


@pytest.fixture
def issued():
    return create_api_key(create_deployment(), name="Nightly")


def ask_for_a_link(person, _issued):
    return Client().post(RESET, {"email": person.email})


def ask_for_nobody(_person, _issued):
    return Client().post(RESET, {"email": "nobody@example.com"})


def change_the_password(person, _issued):
    return signed_in(person).post(
        "/account/password/change/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    )


def report_a_leak(_person, issued):
    return post("/oauth/revoke-leaked", {"secret": issued.secret.reveal()})


# What somebody does, its status, and the subject of the mail that it sends.
ACTS = {
    "a link": (ask_for_a_link, 302, "Reset your password"),
    "a link for nobody": (ask_for_nobody, 302, "No account with this address"),
    "a new password": (change_the_password, 302, "Your password was changed"),
    "a leak": (report_a_leak, 200, "its secret leaked"),
}


@pytest.mark.parametrize("name", ACTS)
def test_a_mail_server_that_hangs_makes_nobody_wait(name, person, issued, mail_server):
    act, status, subject = ACTS[name]
    mail_server.hang("HELLO")

    response = act(person, issued)

    assert response.status_code == status
    assert mail_server.is_asked.wait(30)
    assert OutgoingMail.objects.count() == 1
    mail_server.release()
    finish()
    ((_, message),) = mail_server.received
    assert subject in message["Subject"]
    assert not OutgoingMail.objects.exists()


@pytest.mark.parametrize("name", ACTS)
def test_one_that_is_gone_makes_nothing_fail(name, person, issued, mail_server):
    act, status, _ = ACTS[name]
    mail_server.close()

    response = act(person, issued)
    finish()

    assert response.status_code == status
    assert OutgoingMail.objects.get().attempts == 1


@pytest.mark.parametrize("name", ACTS)
def test_a_mail_that_cannot_be_written_down_undoes_what_it_tells_of(
    name, person, issued, mail_server, monkeypatch
):
    act, _, _ = ACTS[name]
    keys = list(ApiKey.objects.values())

    def fail(*_arguments, **_named):
        raise OperationalError("disk full")

    monkeypatch.setattr(OutgoingMail.objects, "bulk_create", fail)
    response = act(person, issued)

    assert response.status_code == 503
    person.refresh_from_db()
    assert person.check_password(PASSWORD)
    assert list(ApiKey.objects.values()) == keys
    assert not AuditEvent.objects.filter(
        operation__in=["changePassword", "requestPasswordReset", "disableDeploymentApiKey"]
    )


def test_a_new_password_is_told_once(person, issued, mail_server):
    change_the_password(person, issued)
    finish()

    assert len(mail_server.received) == 1


def test_without_a_mail_server_a_mail_is_a_file_in_the_data_directory(person, as_nobody, settings, tmp_path):
    settings.EMAIL_BACKEND = "cloudui.web.outbox.backend.EmailBackend"
    settings.OUTBOX_BACKEND, settings.OUTBOX_IN_BACKGROUND = FILES, False
    settings.EMAIL_FILE_PATH = tmp_path / "mail"

    as_nobody.post(RESET, {"email": person.email})
    answer = as_nobody.get(f"{RESET}done/")

    (file,) = (tmp_path / "mail").iterdir()
    assert "/reset/key/" in file.read_text()
    assertContains(answer, f'The last one is in the file\n      <code translate="no">{file}</code>')


@pytest.mark.parametrize(
    "where",
    [
        {"PUBLIC": SimpleNamespace(is_local=False, is_https=False, host="testserver")},
        {"OUTBOX_BACKEND": "django.core.mail.backends.smtp.EmailBackend"},
    ],
    ids=["at another address", "with a mail server"],
)
def test_who_asks_from_afar_learns_of_no_file(as_nobody, settings, tmp_path, where):
    settings.OUTBOX_BACKEND = FILES
    settings.EMAIL_FILE_PATH = tmp_path
    (tmp_path / "1.log").touch()
    for name, value in where.items():
        setattr(settings, name, value)

    answer = as_nobody.get(f"{RESET}done/")

    assertContains(answer, "Look in the spam folder")
    assertNotContains(answer, "1.log")
