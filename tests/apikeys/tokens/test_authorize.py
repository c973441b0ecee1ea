"""`/authorize`: a person is asked each time, and only the client's own address ever gets an answer."""

from urllib.parse import quote, urlsplit

import pytest
from django.test import Client

from apikeys.models import AuthorizationGrant
from tests.apikeys.pages import soup, text
from tests.apikeys.tokens.astro_login import (
    CALLBACK,
    answer_in,
    authorize_url,
    code_of,
    decide,
    exchange_code,
)
from tests.factories import PASSWORD
from workspaces.models import AuditEvent, User

pytestmark = [pytest.mark.django_db, pytest.mark.rfc("6749", "4.1")]

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"


def events():
    return list(
        AuditEvent.objects.filter(operation__contains="AstroLogin").values_list("operation", flat=True)
    )


def test_the_page_says_what_asks_for_whom_and_where_the_answer_goes(as_admin, admin):
    response = as_admin.get(authorize_url(), headers={"User-Agent": BROWSER})

    page = text(response)
    assert response.status_code == 200
    for words in ("Ada Admin", admin.email, "127.0.0.1", BROWSER, "http://localhost:12345", "up to 30 days"):
        assert words in page
    # In words; what the browser itself says waits behind them.
    assert "You answer in Firefox 150 on Linux" in page
    assert soup(response).select_one("main details:not([open]) code").get_text() == BROWSER
    buttons = [button.get_text() for button in soup(response).select("main button")]
    assert buttons == ["Allow", "Cancel"]


@pytest.mark.threat("T-A2")
@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_allows_nothing(as_admin, method):
    response = getattr(as_admin, method)(authorize_url())

    assert response.status_code == 200
    assert not AuthorizationGrant.objects.exists()


@pytest.mark.rfc("9207", "2")
@pytest.mark.rfc("6749", "4.1.2")
def test_allow_sends_a_code_with_the_state_and_who_answers(as_admin, admin):
    answer = answer_in(decide(as_admin, state="x y&z=ä"))

    assert answer.keys() == {"code", "state", "iss"}
    assert (answer["state"], answer["iss"]) == ("x y&z=ä", "http://localhost:8871")
    assert len(answer["code"]) == 48
    event = AuditEvent.objects.get(operation="allowAstroLogin")
    assert (event.subject_id, event.target) == (admin.pk, AuthorizationGrant.objects.get().pk)


def test_the_client_sends_no_state_and_gets_none(as_admin):
    assert answer_in(decide(as_admin)).keys() == {"code", "iss"}


@pytest.mark.rfc("6749", "4.1.2.1")
def test_cancel_tells_the_client_and_allows_nothing(as_admin):
    answer = answer_in(decide(as_admin, "cancel", state="abc"))

    assert (answer["error"], answer["state"]) == ("access_denied", "abc")
    assert "code" not in answer
    assert not AuthorizationGrant.objects.exists()
    assert events() == []


@pytest.mark.parametrize("decision", ["", "Allow", "yes"])
def test_another_decision_asks_again(as_admin, decision):
    response = decide(as_admin, decision)

    assert response.status_code == 422
    assert soup(response).find("button", string="Allow")
    assert not AuthorizationGrant.objects.exists()


@pytest.mark.threat("T-A1")
@pytest.mark.rfc("9700", "4.1.3")
@pytest.mark.parametrize(
    "changes",
    [
        {"without": "redirect_uri"},
        {"without": "client_id"},
        {"client_id": ""},
        {"client_id": "another"},
        {"client_id": "CONSOLE-CLI"},
        {"redirect_uri": "http://localhost:12345/callback/"},
        {"redirect_uri": "http://localhost:12345/callback?x=1"},
        {"redirect_uri": "http://localhost:12346/callback"},
        {"redirect_uri": "http://127.0.0.1:12345/callback"},
        {"redirect_uri": "https://localhost:12345/callback"},
        {"redirect_uri": "http://localhost:12345/Callback"},
        {"redirect_uri": " http://localhost:12345/callback"},
        {"redirect_uri": "http://localhost:12345@evil.example/callback"},
        {"redirect_uri": "http://evil.example/"},
        {"redirect_uri": "javascript:alert(1)"},
    ],
)
def test_another_client_or_address_gets_a_page_and_no_redirect(as_admin, changes):
    for response in (as_admin.get(authorize_url(**changes)), decide(as_admin, **changes)):
        assert response.status_code == 400
        assert "Location" not in response
        assert "This is not the astro CLI" in text(response)
    assert not AuthorizationGrant.objects.exists()


@pytest.mark.threat("T-A1")
@pytest.mark.parametrize(
    "more",
    [
        "client_id=console-cli",
        f"redirect_uri={quote(CALLBACK)}",
        "redirect_uri=http://evil.example/",
        "x=%ff",
        "x=" + "a" * 8192,
    ],
)
def test_two_clients_or_addresses_are_none(as_admin, more):
    response = as_admin.get(f"{authorize_url()}&{more}")

    assert (response.status_code, "Location" in response) == (400, False)


@pytest.mark.rfc("6749", "4.1.2.1")
@pytest.mark.rfc("7636", "4.4.1")
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"without": "response_type"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"without": "code_challenge"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM="}, "invalid_request"),
        ({"without": "code_challenge_method"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": "s256"}, "invalid_request"),
        ({"audience": "https://elsewhere.example"}, "invalid_target"),
        ({"scope": "openid everything"}, "invalid_scope"),
        ({"prompt": "none"}, "interaction_required"),
        ({"prompt": "login none"}, "interaction_required"),
        ({"x": "\0"}, "invalid_request"),
    ],
)
def test_what_there_is_not_is_told_to_the_client(as_admin, changes, error):
    for response in (
        as_admin.get(authorize_url(state="s", **changes)),
        decide(as_admin, state="s", **changes),
    ):
        answer = answer_in(response)
        assert answer.keys() == {"error", "error_description", "state", "iss"}
        assert (answer["error"], answer["state"]) == (error, "s")
    assert not AuthorizationGrant.objects.exists()


@pytest.mark.rfc("6749", "3.1")
@pytest.mark.parametrize(
    ("more", "state"), [("scope=openid&state=s", "s"), ("state=s&state=t", None), ("x=1&x=1", None)]
)
def test_a_repeated_parameter_is_told_to_the_client(as_admin, more, state):
    answer = answer_in(as_admin.get(f"{authorize_url()}&{more}"))

    assert (answer["error"], answer.get("state")) == ("invalid_request", state)


@pytest.mark.rfc("6749", "3.1")
@pytest.mark.parametrize(
    "changes",
    [
        {"without": "scope"},
        {"scope": ""},
        {"without": "audience"},
        {"audience": "http://localhost:8871"},
        {"without": "prompt"},
        {"prompt": "consent"},
        {"without": "response_mode"},
        {"display": "popup"},
    ],
)
def test_what_may_be_left_out_or_is_unknown_changes_nothing(as_admin, changes):
    assert as_admin.get(authorize_url(**changes)).status_code == 200
    assert code_of(as_admin, **changes)


@pytest.mark.threat("T-A2")
def test_it_is_asked_again_each_time(as_admin):
    code_of(as_admin)

    assert soup(as_admin.get(authorize_url())).find("button", string="Allow")


@pytest.mark.threat("T-A2")
def test_another_site_cannot_press_the_button(admin):
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin)

    assert decide(client).status_code == 403
    assert not AuthorizationGrant.objects.exists()


@pytest.mark.threat("T-A2")
@pytest.mark.parametrize("changes", [{}, {"client_id": "another"}])
def test_no_frame_may_hold_it_and_its_form_leads_to_the_client_only(as_admin, changes):
    response = as_admin.get(authorize_url(**changes))

    policy = response["Content-Security-Policy"].split("; ")
    assert "form-action 'self' http://localhost:12345" in policy
    assert "frame-ancestors 'none'" in policy
    assert response["X-Frame-Options"] == "DENY"
    assert response["Cache-Control"] == "no-store"


def test_no_other_page_sends_a_form_there(as_admin):
    assert "12345" not in as_admin.get("/account")["Content-Security-Policy"]


def test_nobody_signs_in_first_and_comes_back(admin):
    client, url = Client(), authorize_url(state="s")
    response = client.get(url)
    assert urlsplit(response["Location"]).path == "/account/login/"

    form = {
        field["name"]: field.get("value", "")
        for field in soup(client.get(response["Location"])).select("main input")
    }
    after = client.post("/account/login/", {**form, "login": admin.email, "password": PASSWORD})

    assert after["Location"] == url
    assert "Allow the astro CLI?" in text(client.get(after["Location"]))


@pytest.mark.threat("T-A5")
def test_who_signed_out_everywhere_a_moment_ago_allows_nothing(as_admin, admin, monkeypatch):
    def meanwhile(principal):
        User.objects.filter(pk=admin.pk).update(security_stamp="another")

    monkeypatch.setattr("apikeys.tokens.grants.with_current_rights", meanwhile)

    assert exchange_code(code_of(as_admin)).status_code == 400
