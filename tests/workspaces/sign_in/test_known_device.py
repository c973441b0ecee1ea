"""Wrong passwords of others lock nobody out of a browser in which they signed in before."""

import time

import pytest
from django.conf import settings
from django.core import mail, signing
from django.test import Client

from tests.deployments.helpers import text
from tests.factories import PASSWORD, create_user
from tests.workspaces.sign_in.test_password import NEW, RESET, link_in, reset
from workspaces.principals import principal_for
from workspaces.sign_in import devices, service

URL = "/account/login/"
LOCKED = "Too many failed login attempts. Try again later."
COOKIE = settings.DEVICE_COOKIE_NAME


@pytest.fixture
def person(db):
    return create_user(email="person@example.com")


def sign_in(client, *, email="person@example.com", password=PASSWORD):
    return client.post(URL, {"login": email, "password": password})


def device(**options):
    """A browser in which the person signed in once, and that is signed out."""
    client = Client(**options)
    assert sign_in(client).status_code == 302
    client.post("/account/logout/")
    return client


def fail(*, times=5, address="192.0.2.66", client=None):
    client = client or Client(REMOTE_ADDR=address)
    for _ in range(times):
        sign_in(client, password="wrong")


def is_locked_out(client):
    response = sign_in(client)
    assert response.status_code in {200, 302}
    return LOCKED in text(response)


def test_strangers_with_wrong_passwords_lock_out_only_strangers(person):
    known = device()

    fail()

    assert is_locked_out(Client())
    assert not is_locked_out(known)
    assert known.get("/").status_code == 200


def test_a_stranger_at_the_same_ip_address_does_not_either(person):
    known = device()

    fail(times=12, address="127.0.0.1")

    assert not is_locked_out(known)


def test_a_known_device_that_guesses_has_to_wait_itself_and_nobody_else_does(person):
    guessing, other = device(), device()

    fail(client=guessing)

    assert is_locked_out(guessing)
    assert not is_locked_out(other)
    assert not is_locked_out(Client())


def test_the_wait_of_a_known_device_does_not_begin_before_its_fifth_failure(person):
    known = device()

    fail(client=known, times=4)

    assert not is_locked_out(known)


def test_the_cookie_of_one_account_opens_no_other(person):
    create_user(email="other@example.com")
    client = Client()
    sign_in(client, email="other@example.com")
    client.post("/account/logout/")

    fail()

    assert is_locked_out(client)


def renew_stamp(person):
    service.sign_out_everywhere(principal_for(person))


def change_password(person):
    client = Client()
    client.force_login(person)
    client.post("/account/password/change/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})


@pytest.mark.parametrize("end", [renew_stamp, change_password])
def test_what_ends_all_sessions_makes_every_device_a_stranger(person, end):
    known = device()
    end(person)

    fail()

    assert is_locked_out(known)


def test_a_device_is_forgotten_after_ninety_days(person, monkeypatch):
    known = device()
    later = time.time() + 90 * 24 * 60 * 60 + 1
    monkeypatch.setattr(signing.time, "time", lambda: later)

    fail()

    assert is_locked_out(known)


def forged(person):
    """Cookies that somebody makes who knows everything but the keys."""
    facts = {"user": person.pk, "device": "0" * 32}
    salt = f"{devices.SALT}:{person.security_stamp}"
    unsigned = signing.b64_encode(signing.JSONSerializer().dumps(facts)).decode()
    return {
        "nothing": "",
        "the name": person.pk,
        "unsigned": unsigned,
        "signed with another key": signing.dumps(facts, key="x" * 50, salt=salt),
        "signed for something else": signing.dumps(facts),
        "nonsense": "\x7f" * 5000,
    }


@pytest.mark.parametrize(
    "kind",
    [
        "nothing",
        "the name",
        "unsigned",
        "signed with another key",
        "signed for something else",
        "nonsense",
    ],
)
def test_a_cookie_that_we_did_not_make_is_no_cookie(person, kind):
    client = Client()
    client.cookies[COOKIE] = forged(person)[kind]

    fail()

    assert is_locked_out(client)


def test_a_wrong_password_makes_no_device_known(person):
    client = Client()
    sign_in(client, password="wrong")

    assert COOKIE not in client.cookies


@pytest.mark.parametrize("way", ["change", "reset"])
def test_the_browser_that_sets_a_new_password_stays_known(person, way):
    client = device()
    if way == "reset":
        client.post(RESET, {"email": person.email})
        reset(client, link_in(mail.outbox[-1]))
    else:
        sign_in(client)
        client.post(
            "/account/password/change/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
        )
    client.post("/account/logout/")

    fail()

    assert sign_in(client, password=NEW).status_code == 302


def test_each_sign_in_has_a_cookie_of_its_own_that_says_nothing_about_the_person(person):
    first, second = (device().cookies[COOKIE].value for _ in range(2))

    assert first != second
    told = signing.b64_decode(first.partition(":")[0].encode()).decode()
    assert [fact for fact in (person.email, person.security_stamp, person.password) if fact in told] == []


def test_the_cookie_is_for_this_site_and_for_no_script(person):
    cookie = device().cookies[COOKIE]

    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (
        True,
        "Strict",
        "/",
        "",
    )
    assert cookie["max-age"] == 90 * 24 * 60 * 60


def test_with_https_the_cookie_is_secure(person, settings):
    settings.SESSION_COOKIE_SECURE = True

    assert device().cookies[COOKIE]["secure"]
