"""Signing in: by e-mail address and password, limited, and on to the page first asked for and nowhere else."""

import pytest
from django.conf import settings
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.sessions.models import Session
from django.db import OperationalError, connection
from django.test import Client

from cloudui.web.slots import SlotsBusy
from tests.deployments.helpers import page, text
from tests.factories import PASSWORD, create_user
from tests.workspaces.ways_out import WAYS_OUT

URL = "/account/login/"


@pytest.fixture
def person(db):
    return create_user(email="Person@Example.com")


def sign_in(client, *, email="person@example.com", password=PASSWORD, **fields):
    return client.post(URL, {"login": email, "password": password, **fields})


def is_signed_in(client):
    return client.get("/").status_code == 200


@pytest.mark.parametrize("email", ["person@example.com", "PERSON@EXAMPLE.COM", "  Person@example.com "])
def test_the_e_mail_address_counts_in_any_case(person, as_nobody, email):
    response = sign_in(as_nobody, email=email)

    assert (response.status_code, response["Location"]) == (302, "/")
    assert is_signed_in(as_nobody)


def test_a_wrong_password_and_an_unknown_e_mail_address_read_the_same(person, as_nobody):
    wrong = sign_in(as_nobody, password="wrong")
    unknown = sign_in(as_nobody, email="nobody@example.com")

    message = "The email address and/or password you specified are not correct."
    assert message in text(wrong)
    assert message in text(unknown)
    assert not is_signed_in(as_nobody)


def test_the_e_mail_address_typed_is_kept_and_the_password_is_not(person, as_nobody):
    response = sign_in(as_nobody, password="wrong-but-long")

    assert page(response).find("input", {"name": "login"})["value"] == "person@example.com"
    assert "wrong-but-long" not in response.content.decode()


@pytest.mark.parametrize(
    "fields",
    [
        {"login": "", "password": ""},
        {"login": "x" * 400 + "@example.com", "password": "x"},
        {"login": "a\x00b@example.com", "password": "x"},
        {"login": "person@example.com", "password": "x\x00y"},
        {"login": "person@example.com", "password": "x" * 100_000},
        {"login": "<b>@example.com", "password": "x"},
        {"login": "\u202eperson@example.com", "password": "x"},
        {},
    ],
)
def test_nonsense_is_answered_by_the_form(person, as_nobody, fields):
    response = as_nobody.post(URL, fields)

    assert response.status_code == 200
    assert page(response).find("input", {"name": "login"}) is not None


def test_after_five_failures_even_the_right_password_has_to_wait(person, as_nobody):
    for _ in range(5):
        sign_in(as_nobody, password="wrong")

    response = sign_in(as_nobody)

    assert response.status_code == 200
    assert "Too many failed login attempts. Try again later." in text(response)
    assert not is_signed_in(as_nobody)


def test_failures_with_one_e_mail_address_do_not_lock_another_one_out(person, as_nobody):
    for _ in range(5):
        sign_in(as_nobody, email="other@example.com", password="wrong")

    assert sign_in(as_nobody).status_code == 302


@pytest.mark.threat("T-W11")
def test_another_port_in_the_host_header_is_no_fresh_start(person, as_nobody):
    for port in range(5):
        as_nobody.post(
            URL, {"login": person.email, "password": "wrong"}, headers={"Host": f"localhost:{port + 1}"}
        )

    assert "Too many failed login attempts" in text(sign_in(as_nobody))


def test_a_flood_from_one_ip_address_gets_a_handled_page(person, as_nobody):
    for number in range(30):
        sign_in(as_nobody, email=f"guess{number}@example.com", password="x")

    response = sign_in(as_nobody)

    assert response.status_code == 429
    assert "Too many attempts" in text(response)


@pytest.mark.parametrize("path", ["/c" + "0" * 24, "/workspaces/new", "/?after=x&before=y", "/admin/"])
def test_after_signing_in_comes_the_page_first_asked_for(person, as_nobody, path):
    form = page(as_nobody.get(path, follow=True))
    onwards = form.find("input", {"name": "next"})["value"]

    assert sign_in(as_nobody, next=onwards)["Location"] == path


@pytest.mark.threat("T-W9")
@pytest.mark.parametrize("way", WAYS_OUT)
@pytest.mark.parametrize("place", ["form", "query"])
def test_no_url_leads_elsewhere(person, as_nobody, way, place):
    fields = {"login": person.email, "password": PASSWORD}
    if place == "form":
        response = as_nobody.post(URL, {**fields, "next": way})
    else:
        response = as_nobody.post(URL, fields, query_params={"next": way})

    assert (response.status_code, response["Location"]) == (302, "/")


@pytest.mark.threat("T-W9")
@pytest.mark.parametrize("way", WAYS_OUT)
def test_somebody_who_is_signed_in_already_is_not_led_elsewhere_either(person, as_nobody, way):
    as_nobody.force_login(person)

    assert as_nobody.get(URL, {"next": way})["Location"] == "/"


@pytest.mark.threat("T-W9")
@pytest.mark.threat("T-W10")
@pytest.mark.parametrize(
    ("came_from", "onwards"),
    [
        ("http://testserver/workspaces/new?x=1", "%2Fworkspaces%2Fnew%3Fx%3D1"),
        # Neither another site nor what cannot be read is believed.
        ("https://evil.example/x", "%2F"),
        ("http://[", "%2F"),
    ],
)
def test_an_htmx_request_of_a_signed_out_person_goes_to_the_sign_in_page_as_a_whole(
    as_nobody, db, came_from, onwards
):
    response = as_nobody.get("/", headers={"HX-Request": "true", "HX-Current-URL": came_from})

    assert response["HX-Redirect"] == f"{URL}?next={onwards}"
    assert response.content == b""


@pytest.mark.threat("T-W12")
def test_the_session_has_another_name_after_signing_in(person, as_nobody):
    session = as_nobody.session
    session["planted"] = "by somebody else"
    session.save()
    planted = session.session_key

    sign_in(as_nobody)

    assert as_nobody.cookies[settings.SESSION_COOKIE_NAME].value != planted
    assert not Session.objects.filter(session_key=planted).exists()


@pytest.mark.threat("T-W12")
def test_the_cookie_is_for_this_site_and_for_no_script(person, as_nobody):
    sign_in(as_nobody)

    cookie = as_nobody.cookies[settings.SESSION_COOKIE_NAME]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == 12 * 60 * 60
    assert cookie["path"] == "/"


@pytest.mark.threat("T-L1")
def test_an_account_that_is_deactivated_is_out_at_once_and_does_not_get_in_again(person, as_nobody):
    sign_in(as_nobody)
    person.is_active = False
    person.save()

    assert not is_signed_in(as_nobody)
    sign_in(as_nobody)
    assert not is_signed_in(as_nobody)


def test_a_new_security_stamp_ends_every_session(person, as_nobody):
    elsewhere = Client()
    sign_in(as_nobody)
    sign_in(elsewhere)
    person.renew_stamp()
    person.save()

    assert not is_signed_in(as_nobody)
    assert not is_signed_in(elsewhere)


@pytest.mark.parametrize("method", ["get", "post"])
def test_there_is_no_sign_up(as_nobody, db, method):
    response = getattr(as_nobody, method)(
        "/account/signup/", {"email": "new@example.com", "password1": PASSWORD}
    )

    assert response.status_code == 200
    assert "account" in text(response).lower()
    assert not type(create_user()).objects.filter(email="new@example.com").exists()


@pytest.mark.threat("T-W1")
def test_without_its_token_the_form_is_refused(person):
    client = Client(enforce_csrf_checks=True)

    assert sign_in(client).status_code == 403
    assert not is_signed_in(client)


@pytest.mark.parametrize(
    ("failure", "status"), [(SlotsBusy, 503), (OperationalError, 503), (LookupError, 500)]
)
def test_a_failure_of_ours_is_no_failed_attempt(as_nobody, person, monkeypatch, failure, status):
    def fail(*_args, **_kwargs):
        raise failure

    as_nobody.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr(MD5PasswordHasher, "verify", fail)
        answers = [sign_in(as_nobody).status_code for _ in range(6)]

    assert answers == [status] * 6
    assert sign_in(as_nobody).status_code == 302


def test_while_the_database_is_gone_attempts_are_not_counted_for_their_ip_address_either(
    as_nobody, person, monkeypatch
):
    def gone(_connection):
        raise OperationalError

    with monkeypatch.context() as patch:
        patch.setattr(type(connection._connections[connection._alias]), "ensure_connection", gone)
        answers = {sign_in(as_nobody).status_code for _ in range(31)}

    assert answers == {503}
    assert sign_in(as_nobody).status_code == 302
