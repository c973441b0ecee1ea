"""Changing and resetting a password: the other sessions end, the change is audited, mails lead to us."""

import re
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.db import connection
from django.test import Client

from tests.admin.forms import send
from tests.deployments.helpers import signed_in, text
from tests.factories import PASSWORD, create_user
from workspaces.models import AuditEvent, User
from workspaces.principals import principal_for
from workspaces.sign_in import service

CHANGE = "/account/password/change/"
RESET = "/account/password/reset/"
NEW = "a brand new passphrase"


@pytest.fixture
def person(db):
    return create_user(email="person@example.com", full_name="Pia Person")


def change(client, *, old=PASSWORD, new=NEW, again=None):
    return client.post(CHANGE, {"oldpassword": old, "password1": new, "password2": again or new})


def link_in(message):
    (link,) = re.findall(r"https?://\S+/reset/key/\S+", message.body)
    return link


def reset(client, link, new=NEW):
    """Follow the link as a browser does, and send the form that it leads to."""
    form = client.get(urlsplit(link).path, follow=True)
    return client.post(form.request["PATH_INFO"], {"password1": new, "password2": new})


@pytest.mark.threat("T-W12")
def test_changing_the_password_ends_the_other_sessions_and_keeps_this_one(person):
    here, elsewhere = signed_in(person), signed_in(person)

    response = change(here)

    person.refresh_from_db()
    assert person.check_password(NEW)
    assert (response.status_code, response["Location"]) == (302, "/")
    assert here.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302


def test_nobody_waits_to_write_while_a_password_is_hashed(person, monkeypatch):
    hashed_inside: list[object] = []
    encode = MD5PasswordHasher.encode

    def watch(*args):
        hashed_inside.extend(block for block in connection.atomic_blocks if not block._from_testcase)
        return encode(*args)

    monkeypatch.setattr(MD5PasswordHasher, "encode", watch)
    change(signed_in(person))

    person.refresh_from_db()
    assert person.check_password(NEW)
    assert hashed_inside == []


def test_the_change_is_audited_without_the_password_renews_the_stamp_and_is_told_by_mail(person):
    before = person.security_stamp

    change(signed_in(person))

    person.refresh_from_db()
    assert person.security_stamp != before
    event = AuditEvent.objects.get()
    assert (event.operation, event.subject_id, event.target) == ("changePassword", person.pk, person.pk)
    assert event.input == {}
    (message,) = mail.outbox
    assert message.to == ["person@example.com"]
    assert message.subject.startswith("[My Organization] ")
    assert NEW not in message.body


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"old": "wrong"}, "Please type your current password."),
        ({"again": "something else"}, "You must type the same password each time."),
        ({"new": "short"}, "This password is too short. It must contain at least 12 characters."),
        ({"new": "1q2w3e4r5t6y"}, "This password is too common."),
        ({"new": "person@example.com"}, "The password is too similar to the"),
    ],
)
def test_a_bad_change_is_refused_and_changes_nothing(person, fields, sentence):
    response = change(signed_in(person), **fields)

    assert response.status_code == 200
    assert sentence in text(response)
    person.refresh_from_db()
    assert person.check_password(PASSWORD)
    assert not AuditEvent.objects.exists()


def test_the_link_in_the_mail_sets_a_new_password_and_signs_in_once(person, as_nobody):
    elsewhere = signed_in(person)
    as_nobody.post(RESET, {"email": "PERSON@example.com"})
    link = link_in(mail.outbox[0])

    reset(as_nobody, link)

    assert as_nobody.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302
    assert AuditEvent.objects.filter(operation="resetPassword").count() == 1
    again = Client()
    again.get(urlsplit(link).path, follow=True)
    reset(again, link, new="yet another passphrase")
    person.refresh_from_db()
    assert person.check_password(NEW)


def test_a_reset_ends_the_wait_after_failures(person, as_nobody):
    for _ in range(5):
        as_nobody.post("/account/login/", {"login": person.email, "password": "wrong"})
    as_nobody.post(RESET, {"email": person.email})
    reset(Client(), link_in(mail.outbox[0]))

    response = as_nobody.post("/account/login/", {"login": person.email, "password": NEW})

    assert response.status_code == 302


@pytest.mark.threat("T-W11")
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "localhost:6666"},
        {"X-Forwarded-Host": "evil.example"},
        {"X-Forwarded-Proto": "https"},
        {"Forwarded": "host=evil.example"},
    ],
)
def test_links_lead_to_the_public_address_whatever_the_request_said(person, as_nobody, headers, settings):
    as_nobody.post(RESET, {"email": person.email}, headers=headers)

    (message,) = mail.outbox
    assert link_in(message).startswith(f"{settings.PUBLIC_URL}/account/password/reset/key/")
    assert "evil" not in str(message.message())
    assert ":6666" not in str(message.message())


def test_an_unknown_e_mail_address_gets_the_same_answer(person, as_nobody):
    known = as_nobody.post(RESET, {"email": person.email})
    unknown = as_nobody.post(RESET, {"email": "nobody@example.com"})

    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert [message.to for message in mail.outbox] == [["person@example.com"], ["nobody@example.com"]]
    assert "/reset/key/" not in mail.outbox[1].body


def sign_out_everywhere(person):
    # Not by the page: signing in for that ends a link as well.
    service.sign_out_everywhere(principal_for(person))


def deactivate(person):
    person.is_active = False
    person.save()


def deactivate_and_take_back(person):
    operator = signed_in(create_user(is_staff=True, is_superuser=True))
    for is_active in (None, "on"):
        send(operator, f"/admin/workspaces/user/{person.pk}/change/", is_active=is_active)
    person.refresh_from_db()
    assert person.is_active


def get_another_e_mail_address(person):
    person.email = "other@example.com"
    person.save()


ENDS_OF_A_LINK = [
    sign_out_everywhere,
    deactivate,
    deactivate_and_take_back,
    get_another_e_mail_address,
    lambda person: change(signed_in(person), new="changed in the meantime"),
]


@pytest.mark.threat("T-W12")
@pytest.mark.parametrize("end", ENDS_OF_A_LINK)
@pytest.mark.parametrize("is_open", [False, True], ids=["unopened", "with its form open"])
def test_a_link_in_a_mail_ends_with_what_ends_the_sessions(person, as_nobody, end, is_open):
    as_nobody.post(RESET, {"email": person.email})
    link = urlsplit(link_in(mail.outbox[0])).path
    form = as_nobody.get(link, follow=True).request["PATH_INFO"] if is_open else link
    end(person)
    before = User.objects.values().get(pk=person.pk)

    answers = [as_nobody.get(form, follow=True), as_nobody.post(form, {"password1": NEW, "password2": NEW})]

    assert ["This link no longer works" in text(answer) for answer in answers] == [True, True]
    assert User.objects.values().get(pk=person.pk) == before
    assert as_nobody.get("/").status_code == 302


@pytest.mark.threat("T-W12")
@pytest.mark.parametrize("end", [sign_out_everywhere, deactivate])
@pytest.mark.parametrize("way", ["reset", "change"])
def test_a_new_password_is_not_kept_if_the_session_or_link_ended_while_it_was_hashed(
    person, as_nobody, monkeypatch, end, way
):
    here = signed_in(person)
    as_nobody.post(RESET, {"email": person.email})
    link = link_in(mail.outbox[0])
    encode = MD5PasswordHasher.encode

    def end_meanwhile(self, password, salt):
        if password == NEW:
            monkeypatch.setattr(MD5PasswordHasher, "encode", encode)
            end(User.objects.get(pk=person.pk))
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", end_meanwhile)

    response = reset(as_nobody, link) if way == "reset" else change(here)

    assert response.status_code == 302
    person.refresh_from_db()
    assert person.check_password(PASSWORD)
    assert [client.get("/").status_code for client in (here, as_nobody)] == [302, 302]


def test_an_inactive_person_gets_no_link(person, as_nobody):
    person.is_active = False
    person.save()

    as_nobody.post(RESET, {"email": person.email})

    assert not any("/reset/key/" in message.body for message in mail.outbox)


def test_too_many_requests_for_mails_get_a_handled_page(person, as_nobody):
    for _ in range(5):
        as_nobody.post(RESET, {"email": person.email})

    response = as_nobody.post(RESET, {"email": person.email})

    assert response.status_code == 429
    assert len(mail.outbox) == 5


@pytest.mark.parametrize("link", ["x-y", "1-set-password", "zzzz-000000-0000", "1-" + "a" * 300])
def test_a_made_up_link_gets_a_handled_page(as_nobody, db, link):
    response = as_nobody.get(f"{RESET}key/{link}/", follow=True)

    assert response.status_code in {200, 404}
