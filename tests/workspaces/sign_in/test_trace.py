"""The audit log tells who signed in and out, who was refused and who asked for a new password, without flooding itself."""

import time

import pytest
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client

from cloudui.web import ratelimit
from tests.deployments.helpers import signed_in
from tests.factories import PASSWORD, create_user
from tests.workspaces.sign_in.test_password import RESET, link_in, reset
from workspaces.models import AuditEvent
from workspaces.sign_in import events as trace

LOGIN = "/account/login/"


@pytest.fixture
def person(db):
    return create_user(email="person@example.com", full_name="Pia Person")


@pytest.fixture
def now(monkeypatch):
    """A clock that stands still, so that a minute does not end by chance."""
    now = [1_800_000_000.0]
    # Of the whole process: allauth counts too.
    monkeypatch.setattr(time, "time", lambda: now[0])
    monkeypatch.setattr(ratelimit, "time", time)
    return now


def sign_in(client, *, email="person@example.com", password=PASSWORD):
    return client.post(LOGIN, {"login": email, "password": password}, headers={"User-Agent": "Firefox"})


def events():
    return list(AuditEvent.objects.order_by("pk").values_list("operation", "result", "target"))


def test_a_sign_in_and_a_sign_out_tell_who_and_from_where(person):
    client = Client(REMOTE_ADDR="192.0.2.7")
    response = sign_in(client)
    client.post("/account/logout/")

    assert events() == [("signIn", "ok", person.pk), ("signOut", "ok", person.pk)]
    event = AuditEvent.objects.earliest("pk")
    assert (event.subject_kind, event.subject_id, event.subject_name) == ("user", person.pk, "Pia Person")
    assert (event.source_ip, event.user_agent, event.input) == ("192.0.2.7", "Firefox", {})
    assert event.request_id == response["X-Request-Id"]


def test_signing_out_everywhere_is_one_event(person):
    signed_in(person).post("/account/sign-out-everywhere")

    assert events() == [("signOutEverywhere", "ok", person.pk)]


def test_a_failure_is_written_once_a_minute_for_an_account_and_ip_address(person, now):
    other = create_user(email="other@example.com")

    def fail():
        for address in ("192.0.2.7", "192.0.2.8"):
            for email in (person.email, other.email.upper()):
                sign_in(Client(REMOTE_ADDR=address), email=email, password="wrong-password")

    fail()
    fail()
    once = [("signInRefused", "wrong_password", it.pk) for it in (person, other)] * 2
    assert events() == once
    now[0] += 301
    fail()
    assert events() == once * 2


def test_a_refusal_is_told_by_the_installation_without_what_was_typed(person, as_nobody):
    sign_in(as_nobody, password="wrong-password")

    event = AuditEvent.objects.get()
    assert (event.subject_kind, event.subject_name) == ("system", "sign-in")
    assert (event.source_ip, event.input) == ("127.0.0.1", {"email": person.email})


@pytest.mark.parametrize(
    ("url", "field", "operation"),
    [(LOGIN, "login", "signInRefused"), (RESET, "email", "requestPasswordReset")],
)
def test_an_account_that_is_not_there_costs_an_event_like_any_other_and_is_not_named(
    db, as_nobody, now, url, field, operation
):
    for _ in range(3):
        # People type their password into the wrong field.
        as_nobody.post(url, {field: "secret@example.com", "password": "x"})

    assert events() == [(operation, "unknown_account", "")]
    assert AuditEvent.objects.get().input == {}


def test_a_whole_network_of_ipv6_is_one_ip_address(person):
    for number in range(4):
        sign_in(Client(REMOTE_ADDR=f"2001:db8::{number + 1}"), password="wrong-password")

    assert len(events()) == 1


@pytest.mark.threat("T-L7")
def test_a_network_of_ipv6_is_limited_as_one_ip_address(db, now):
    answers = [
        sign_in(Client(REMOTE_ADDR=f"2001:db8::{number:x}"), email=f"p{number}@example.com", password="x")
        for number in range(1, 40)
    ]

    assert [answer.status_code for answer in answers].count(429) == 9
    assert len(events()) <= 31
    assert not Session.objects.exists()


@pytest.mark.threat("T-L7")
def test_a_flood_from_everywhere_is_written_up_to_a_limit_and_then_once(db, now, monkeypatch):
    monkeypatch.setattr(trace, "MOST_EVENTS", 5)

    for number in range(20):
        sign_in(Client(REMOTE_ADDR=f"192.0.2.{number}"), email=f"p{number}@example.com", password="x")
        Client(REMOTE_ADDR=f"192.0.2.{number}").post(RESET, {"email": f"p{number}@example.com"})

    assert len(events()) == 6
    assert events()[-1] == ("signInRefused", "more_than_listed", "")
    now[0] += 60
    sign_in(Client(REMOTE_ADDR="192.0.2.1"), email="p1@example.com", password="x")
    assert len(events()) == 7


def test_a_lock_out_is_written_once_besides_the_failure_before(person, as_nobody, now):
    for _ in range(5):
        sign_in(as_nobody, password="wrong-password")
    for _ in range(3):
        sign_in(as_nobody)

    assert events() == [
        ("signInRefused", "wrong_password", person.pk),
        ("signInRefused", "too_many_attempts", person.pk),
    ]


def test_a_flood_from_one_ip_address_is_written_once(db, as_nobody, now):
    statuses = [as_nobody.post(LOGIN, {}).status_code for _ in range(35)]

    assert statuses.count(429) == 5
    assert events() == [("signInRefused", "too_many_attempts", "")]


def test_the_right_password_of_somebody_who_was_deactivated_is_a_refusal(person, as_nobody):
    person.is_active = False
    person.save()
    sign_in(as_nobody)

    assert events() == [("signInRefused", "deactivated", person.pk)]


def test_a_reset_is_told_from_the_request_to_the_sign_in(person, as_nobody, now):
    for _ in range(3):
        as_nobody.post(RESET, {"email": person.email})
    reset(as_nobody, link_in(mail.outbox[-1]))

    assert events() == [
        ("requestPasswordReset", "ok", person.pk),
        ("resetPassword", "ok", person.pk),
        ("signIn", "ok", person.pk),
    ]


def test_a_reset_for_somebody_who_was_deactivated_says_so(person, as_nobody):
    person.is_active = False
    person.save()
    as_nobody.post(RESET, {"email": person.email})

    assert events() == [("requestPasswordReset", "deactivated", person.pk)]


def test_without_its_event_nobody_is_signed_in(person, as_nobody, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("disk full")

    as_nobody.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr("workspaces.audit.record", fail)
        assert sign_in(as_nobody).status_code == 500

    assert as_nobody.get("/").status_code == 302
    person.refresh_from_db()
    assert person.last_login is None
