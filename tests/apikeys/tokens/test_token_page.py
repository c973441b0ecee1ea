"""`/token`: a person's access token for 24 hours, minted only when that person asks, and ended at will."""

import re
import time

import pytest
from django.test import Client

from apikeys.tokens import access_tokens
from tests.apikeys.pages import soup, text
from tests.factories import PASSWORD, create_member, create_workspace
from workspaces.models import AuditEvent, Role

pytestmark = pytest.mark.django_db

# What a browser says of a person who follows a link of ours or types the address.
NAVIGATION = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "document"}


@pytest.fixture
def user():
    return create_member(workspace=create_workspace(), role=Role.ADMIN, full_name="Ada Admin")


@pytest.fixture
def client(user):
    client = Client()
    client.post("/account/login/", {"login": user.email, "password": PASSWORD})
    return client


def token_in(response):
    shown = soup(response).find(id="access-token")
    return shown.get_text() if shown else ""


def whoami(token):
    return Client().get("/v1/whoami", headers={"Authorization": f"Bearer {token}"})


def test_right_after_signing_in_the_token_is_there(client, user):
    response = client.get("/token", headers=NAVIGATION)

    answer = whoami(token_in(response))
    assert answer.status_code == 200
    assert (answer.json()["kind"], answer.json()["id"]) == ("user", user.pk)
    assert "This token acts as you, with your roles, until" in text(response)


def test_the_token_lives_for_24_hours_and_carries_no_roles(client, user):
    claims = access_tokens.read(token_in(client.get("/token", headers=NAVIGATION)))

    assert claims.expires_at - claims.issued_at == 24 * 60 * 60
    assert claims.subject == user.pk
    assert not {"role", "deployment"} & set(claims.all)


def test_the_page_is_neither_cached_nor_compressed(client):
    response = client.get("/token", headers={**NAVIGATION, "Accept-Encoding": "gzip"})

    assert response["Cache-Control"] == "no-store"
    assert "Content-Encoding" not in response


def test_each_look_mints_another_token_and_is_audited_without_it(client, user):
    first = token_in(client.get("/token", headers=NAVIGATION))
    second = token_in(client.get("/token", headers=NAVIGATION))

    events = AuditEvent.objects.filter(operation="createUserToken", target=user.pk)
    assert first != second
    assert events.count() == 2
    assert not any(first in str(event.__dict__) for event in events)


@pytest.mark.threat("T-W2")
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {**NAVIGATION, "Sec-Fetch-Site": "cross-site"},
        {**NAVIGATION, "Sec-Fetch-Site": "same-site"},
        {**NAVIGATION, "Sec-Fetch-Dest": "iframe"},
        {**NAVIGATION, "Sec-Fetch-Dest": "empty"},
        {**NAVIGATION, "Sec-Purpose": "prefetch"},
        {**NAVIGATION, "Sec-Purpose": "prefetch;prerender"},
        {**NAVIGATION, "Purpose": "prefetch"},
    ],
)
def test_what_the_person_may_not_have_asked_for_shows_a_button(client, headers):
    response = client.get("/token", headers=headers)

    assert token_in(response) == ""
    assert soup(response).find("button", string="Show an access token")
    assert not AuditEvent.objects.filter(operation="createUserToken").exists()


def test_looking_at_the_head_mints_nothing(client):
    assert client.head("/token", headers=NAVIGATION).status_code == 200
    assert not AuditEvent.objects.filter(operation="createUserToken").exists()


def test_a_sign_in_of_long_ago_shows_a_button(client, monkeypatch):
    at = time.time() + 16 * 60
    monkeypatch.setattr("apikeys.tokens.views.time.time", lambda: at)

    assert token_in(client.get("/token", headers=NAVIGATION)) == ""


def test_the_button_shows_the_token(client):
    assert whoami(token_in(client.post("/token"))).status_code == 200


def test_nobody_signs_in_first_and_comes_back():
    response = Client().get("/token")

    assert response.status_code == 302
    assert response["Location"] == "/account/login/?next=/token"


def test_signing_out_everywhere_ends_tokens_and_sessions(client, user):
    token = token_in(client.get("/token", headers=NAVIGATION))
    elsewhere = Client()
    elsewhere.post("/account/login/", {"login": user.email, "password": PASSWORD})

    response = client.post("/account/sign-out-everywhere", follow=True)

    assert "You are signed out everywhere" in text(response)
    assert whoami(token).status_code == 401
    assert elsewhere.get("/").status_code == 302
    assert client.get("/").status_code == 302
    assert AuditEvent.objects.filter(operation="signOutEverywhere", target=user.pk).count() == 1


def test_a_removed_person_has_no_token_any_more(client, user):
    token = token_in(client.get("/token", headers=NAVIGATION))
    user.is_active = False
    user.save()

    assert whoami(token).status_code == 401


def test_the_account_page_names_the_person(client, user):
    page = text(client.get("/account"))

    assert "Ada Admin" in page
    assert user.email in page
    assert re.search(r"Role in My Organization Organization Member", page)


def test_the_commands_leave_the_token_in_a_variable(client):
    response = client.get("/token", headers=NAVIGATION)

    shown = {code["id"]: code.get_text() for code in soup(response).select(".snippets code")}
    assert shown == {
        "token-keep": "read -rs TOKEN",
        "token-curl": 'curl --header "Authorization: Bearer $TOKEN" http://localhost:8871/v1/whoami',
        "token-astro": 'astro login localhost -t "$TOKEN"',
    }
    assert response.content.decode().count(token_in(response)) == 1
    assert "The astro CLI cannot sign in here" not in text(response)


@pytest.mark.parametrize("method", ["get", "post"])
def test_the_cli_needs_no_token(client, method):
    response = getattr(client, method)("/token")

    assert "astro login localhost signs it in through this browser" in text(response)


@pytest.mark.parametrize("url", ["https://console.example.com", "http://localhost:8000"])
def test_where_the_cli_cannot_come_the_page_says_why(client, settings, url):
    settings.PUBLIC_URL = url

    response = client.get("/token", headers=NAVIGATION)

    assert "astro login" not in text(response)
    assert f"it finds an installation at http://localhost:8871, and this one is at {url}" in text(response)


def test_where_the_cli_has_a_domain_of_its_own_it_is_told_that(client, settings):
    settings.PUBLIC_URL = "https://console.example.com"
    settings.ASTRO_DOMAIN = "cloudui-localhost.example.com"

    shown = text(client.get("/token", headers=NAVIGATION))

    assert 'astro login cloudui-localhost.example.com -t "$TOKEN"' in shown
    assert "astro login cloudui-localhost.example.com signs it in through this browser" in shown
    assert "cannot sign in here" not in shown
