"""The mails of sign-in: written with what they tell of, and no request waits for a mail server."""

import pytest
from django.db import OperationalError
from django.test import Client

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
