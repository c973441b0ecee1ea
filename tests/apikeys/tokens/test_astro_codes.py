"""The code of `astro login`: it works once, for a minute, and only for whoever has its verifier."""

import json
from datetime import timedelta

import pytest
from django.test import Client

from apikeys.models import AuthorizationGrant
from apikeys.tokens import access_tokens
from tests.apikeys.machine import JSON, claims_of, error_of, exchange, post, signed, token_of, whoami
from tests.apikeys.tokens.astro_login import (
    VERIFIER,
    age,
    code_of,
    exchange_code,
    is_alive,
    refresh,
    results,
    sign_in,
)
from tests.factories import create_user

pytestmark = [pytest.mark.django_db, pytest.mark.rfc("6749", "4.1.3")]


@pytest.mark.rfc("6749", "5.1")
@pytest.mark.rfc("6749", "3.3")
def test_a_code_and_its_verifier_buy_both_tokens(as_admin, admin):
    response = exchange_code(code_of(as_admin))

    content = response.json()
    assert response.status_code == 200
    assert content.keys() == {"access_token", "token_type", "expires_in", "refresh_token", "scope"}
    assert (content["token_type"], content["scope"]) == ("Bearer", "profile email offline_access")
    assert type(content["expires_in"]) is int
    assert 86_390 <= content["expires_in"] <= 86_400
    assert " " not in content["access_token"] + content["refresh_token"]
    assert response.headers["Cache-Control"] == "no-store"
    answer = whoami(content["access_token"]).json()
    assert (answer["kind"], answer["id"]) == ("user", admin.pk)
    assert results("astroLogin") == [("user", "ok")]


@pytest.mark.rfc("9068", "2.2")
def test_the_access_token_is_a_persons_for_this_client(as_admin, admin):
    claims = claims_of(sign_in(as_admin)["access_token"])

    assert (claims["sub"], claims["client_id"], claims["aud"]) == (
        admin.pk,
        "console-cli",
        ["http://localhost:8871"],
    )
    assert claims["grant"] == AuthorizationGrant.objects.get().pk


def test_the_client_reads_the_person(as_admin, admin):
    response = whoami(sign_in(as_admin)["access_token"], path="/userinfo")

    assert response.json() == {"sub": admin.pk, "email": admin.email, "name": "Ada Admin"}


def test_json_buys_the_same(as_admin):
    body = {
        "client_id": "console-cli",
        "code": code_of(as_admin),
        "code_verifier": VERIFIER,
        "grant_type": "authorization_code",
        "redirect_uri": "http://localhost:12345/callback",
        "audience": None,
    }

    response = Client().post("/oauth/token", json.dumps(body), content_type=JSON)

    assert response.status_code == 200


@pytest.mark.threat("T-A1")
@pytest.mark.rfc("6749", "4.1.2")
@pytest.mark.rfc("6749", "10.5")
def test_a_code_used_twice_ends_what_it_bought_the_first_time(as_admin):
    code = code_of(as_admin)
    tokens = exchange_code(code).json()
    assert is_alive(tokens["access_token"])

    again = exchange_code(code)

    assert (again.status_code, error_of(again)) == (400, "invalid_grant")
    assert not is_alive(tokens["access_token"])
    assert refresh(tokens["refresh_token"]).status_code == 400
    assert results("endAstroLogin") == [("system", "code_used_twice")]


@pytest.mark.threat("T-A1")
@pytest.mark.rfc("7636", "4.6")
@pytest.mark.parametrize(
    "verifier", ["x" * 43, VERIFIER[:-1], VERIFIER + "k", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "é"]
)
def test_without_the_verifier_a_code_is_worth_nothing_and_spent(as_admin, verifier):
    code = code_of(as_admin)

    stolen, genuine = exchange_code(code, code_verifier=verifier), exchange_code(code)

    assert error_of(stolen) == error_of(genuine) == "invalid_grant"
    assert results("endAstroLogin") == [("system", "wrong_verifier")]


@pytest.mark.threat("T-A1")
@pytest.mark.rfc("6749", "4.1.2")
@pytest.mark.parametrize(("seconds", "status"), [(58, 200), (61, 400)])
def test_a_code_lives_for_a_minute(as_admin, seconds, status):
    code = code_of(as_admin)
    age(created_at=timedelta(seconds=seconds))

    assert exchange_code(code).status_code == status


@pytest.mark.rfc("6749", "5.2")
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code": ""}, "invalid_request"),
        ({"code_verifier": ""}, "invalid_request"),
        ({"redirect_uri": ""}, "invalid_request"),
        ({"client_id": ""}, "invalid_request"),
        ({"client_secret": "x"}, "invalid_request"),
        ({"client_id": "another"}, "unauthorized_client"),
        ({"redirect_uri": "http://localhost:12345/callback/"}, "invalid_grant"),
        ({"code": "cuic_unknown"}, "invalid_grant"),
        ({"code": "unknown"}, "invalid_grant"),
    ],
)
def test_another_request_for_a_code_is_refused_and_the_code_lives_on(as_admin, changes, error):
    code = code_of(as_admin)

    response = exchange_code(**{"code": code, **changes})

    assert (response.status_code, error_of(response)) == (400, error)
    assert exchange_code(code).status_code == 200


@pytest.mark.parametrize("grant_type", ["authorization_code", "refresh_token"])
def test_a_header_is_no_way_for_a_client_without_a_secret(grant_type):
    parameters = {"client_id": "console-cli", "grant_type": grant_type}

    response = post("/oauth/token", parameters, Authorization="Basic Y29uc29sZS1jbGk6")

    assert (response.status_code, error_of(response)) == (400, "invalid_request")


@pytest.mark.threat("T-J9")
@pytest.mark.parametrize("name", ["code", "code_verifier", "refresh_token", "refresh%5Ftoken"])
def test_nothing_is_read_from_the_address(as_admin, name):
    response = post(f"/oauth/token?{name}=x", {"client_id": "console-cli", "grant_type": "refresh_token"})

    assert (response.status_code, error_of(response)) == (400, "invalid_request")


@pytest.mark.threat("T-J3")
@pytest.mark.parametrize(
    "claims",
    [
        {"client_id": "console"},
        {"grant": ""},
        {"grant": 1},
        {"grant": "c" + "0" * 24},
        {"grant": ["x"]},
    ],
)
def test_a_token_does_not_pass_for_one_of_another_sign_in(as_admin, claims):
    genuine = claims_of(sign_in(as_admin)["access_token"])

    assert not is_alive(signed({**genuine, **claims}))


@pytest.mark.threat("T-J3")
def test_a_grant_of_another_person_lends_nothing(as_admin):
    stranger = create_user()
    genuine = claims_of(sign_in(as_admin)["access_token"])

    assert not is_alive(signed({**genuine, "sub": stranger.pk, "stamp": stranger.security_stamp}))


def test_a_token_of_the_page_needs_no_sign_in_of_the_client(admin):
    token, _ = access_tokens.mint_for_user(admin)

    assert is_alive(token)


def test_a_key_exchanges_its_secret_as_before(issued):
    assert exchange(issued).status_code == 200
    assert is_alive(token_of(issued))


@pytest.mark.rfc("8414", "2")
def test_the_metadata_says_how_to_sign_in():
    content = Client().get("/.well-known/oauth-authorization-server").json()

    expected = {
        "authorization_endpoint": "http://localhost:8871/authorize",
        "grant_types_supported": ["client_credentials", "authorization_code", "refresh_token"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
    }
    assert {name: content[name] for name in expected} == expected
    assert "none" in content["token_endpoint_auth_methods_supported"]
    assert "none" in content["revocation_endpoint_auth_methods_supported"]
    assert "none" not in content["introspection_endpoint_auth_methods_supported"]
