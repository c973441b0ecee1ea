"""Introspection: a key learns whether a token of its own Deployment is good, and nothing about any other."""

from datetime import timedelta

import pytest

from apikeys import key_secrets
from apikeys.tokens import access_tokens
from tests.apikeys.machine import credentials_of, error_of, post, token_of
from tests.factories import create_api_key, create_deployment
from workspaces.principals import principal_for

pytestmark = [pytest.mark.django_db, pytest.mark.rfc("7662", "2")]

INACTIVE = {"active": False}


def introspect(token: str, issued):
    given = credentials_of(issued)
    del given["grant_type"]
    return post("/oauth/introspect", {**given, "token": token})


@pytest.mark.rfc("7662", "2.2")
def test_a_good_token_is_active_and_says_what_it_says(issued):
    token = token_of(issued)

    content = introspect(token, issued).json()

    assert content["active"] is True
    assert content["token_type"] == "Bearer"
    assert content["sub"] == content["client_id"] == issued.key.pk
    assert content["exp"] - content["iat"] == 3600
    assert content["deployment"] == issued.key.deployment_id


def test_the_answer_is_not_kept(issued):
    assert introspect("x", issued).headers["Cache-Control"] == "no-store"


def test_another_key_of_the_same_deployment_may_ask(issued, deployment):
    assert introspect(token_of(issued), create_api_key(deployment)).json()["active"] is True


@pytest.mark.threat("T-J8")
@pytest.mark.rfc("7662", "4")
def test_a_key_of_another_deployment_learns_nothing(issued, deployment):
    other = create_api_key(create_deployment(workspace=deployment.workspace))

    assert introspect(token_of(issued), other).json() == INACTIVE


@pytest.mark.parametrize("token", ["x", "a.b.c", "é"])
def test_nonsense_is_inactive(issued, token):
    response = introspect(token, issued)

    assert (response.status_code, response.json()) == (200, INACTIVE)


@pytest.mark.threat("T-J6")
def test_an_ended_token_is_inactive(issued, admin):
    token = token_of(issued)
    other = create_api_key(issued.key.deployment)
    assert introspect(token, other).json()["active"] is True

    key_secrets.rotate_secret(principal_for(admin), issued.key, overlap=timedelta(0))

    assert introspect(token, other).json() == INACTIVE


@pytest.mark.rfc("7662", "2.1")
@pytest.mark.parametrize(
    ("changes", "header", "status", "error"),
    [
        ({"client_secret": "wrong"}, None, 401, "invalid_client"),
        ({"client_id": "", "client_secret": ""}, None, 401, "invalid_client"),
        ({"client_id": "", "client_secret": ""}, "Bearer x", 401, "invalid_token"),
        ({}, "Bearer {token}", 400, "invalid_request"),
        ({"token": ""}, None, 400, "invalid_request"),
    ],
    ids=["wrong secret", "nothing", "bad token", "two ways", "about no token"],
)
def test_nobody_asks_without_proof_given_once_or_about_nothing(issued, changes, header, status, error):
    headers = {"Authorization": header.format(token=token_of(issued))} if header else {}

    response = post("/oauth/introspect", {**credentials_of(issued), "token": "x", **changes}, **headers)

    assert (response.status_code, error_of(response)) == (status, error)


def test_a_token_of_the_same_deployment_is_proof_enough(issued):
    token = token_of(issued)

    response = post("/oauth/introspect", {"token": token}, Authorization=f"Bearer {token}")

    assert response.json()["active"] is True


def test_a_person_learns_about_their_own_tokens_only_and_never_the_stamp(issued, admin):
    person, _ = access_tokens.mint_for_user(admin)
    bearer = f"Bearer {person}"

    content = post("/oauth/introspect", {"token": person}, Authorization=bearer).json()

    assert content["active"] is True
    assert "stamp" not in content
    assert post("/oauth/introspect", {"token": token_of(issued)}, Authorization=bearer).json() == INACTIVE
