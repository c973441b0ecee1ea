"""Access tokens: what they say, that strangers can verify them, how long they live and that they are verified once."""

import time
from datetime import timedelta
from types import SimpleNamespace

import jwt
import pytest
from django.test import Client

from apikeys.tokens import access_tokens, signing_keys, verified_tokens
from apikeys.tokens.access_tokens import TokenExpired, TokenRefused
from cloudui.web.principal import Kind
from tests.apikeys.machine import claims_of, signed, token_of, whoami
from tests.factories import create_api_key, create_deployment

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(monkeypatch):
    """The clock of the tokens, which can be turned."""
    hands = SimpleNamespace(time=time.time)
    monkeypatch.setattr(access_tokens, "time", hands)

    def turn_to(seconds: float) -> None:
        hands.time = lambda: seconds

    return turn_to


@pytest.mark.rfc("9068", "2.2")
def test_a_keys_token_says_all_that_is_documented(issued, token):
    key = issued.key
    claims = claims_of(token)

    assert claims == {
        "iss": "http://localhost:8871",
        "aud": ["http://localhost:8871", key.deployment_id],
        "sub": key.pk,
        "client_id": key.pk,
        "iat": claims["iat"],
        "nbf": claims["iat"],
        "exp": claims["iat"] + 3600,
        "jti": claims["jti"],
        "deployment": key.deployment_id,
        "workspace": key.deployment.workspace_id,
        "secret": 1,
        "gen": 1,
        "role": "DEPLOYMENT_ADMIN",
        "permissions": [
            f"workspaceId:{key.deployment.workspace_id}",
            "organizationId:c000000000000000000000001",
            "orgShortName:my-organization",
        ],
    }


@pytest.mark.rfc("9068", "2.1")
def test_the_header_says_the_type_and_the_key(token):
    assert jwt.get_unverified_header(token) == {
        "alg": "EdDSA",
        "typ": "at+jwt",
        "kid": signing_keys.keys().kid,
    }


def test_a_persons_token_is_for_the_console_for_a_day_and_carries_no_rights(admin):
    token, ends = access_tokens.mint_for_user(admin)

    claims = claims_of(token)
    assert claims["aud"] == ["http://localhost:8871"]
    assert claims["sub"] == admin.pk
    assert claims["exp"] - claims["iat"] == 86_400
    assert claims["exp"] == ends.timestamp()
    assert claims["stamp"] == admin.security_stamp
    assert not {"role", "deployment", "workspace"} & claims.keys()
    # Where it is from, for the command-line client, and nothing that its holder may do.
    assert claims["permissions"] == [
        "organizationId:c000000000000000000000001",
        "orgShortName:my-organization",
    ]


def test_every_token_is_another_one(issued):
    assert len({claims_of(token_of(issued))["jti"] for _ in range(3)}) == 3


def test_a_stranger_verifies_it_from_the_published_keys_alone(issued, token):
    published = jwt.PyJWKSet.from_dict(Client().get("/.well-known/jwks.json").json())
    key = published[jwt.get_unverified_header(token)["kid"]]

    claims = jwt.decode(
        token,
        key,
        algorithms=["EdDSA"],
        audience=issued.key.deployment_id,
        issuer="http://localhost:8871",
        options={"require": ["iss", "aud", "exp", "iat", "nbf", "sub", "jti"]},
    )

    assert claims["sub"] == issued.key.pk


def test_what_the_token_says_is_read_back(issued, token):
    claims = access_tokens.read(token)

    assert (claims.kind, claims.subject, claims.secret, claims.generation) == (
        Kind.API_KEY,
        issued.key.pk,
        1,
        1,
    )
    assert claims.deployment == issued.key.deployment_id


@pytest.mark.threat("T-J5")
@pytest.mark.rfc("7519", "4.1.4")
def test_the_expiry_is_strict(token, clock):
    expires = claims_of(token)["exp"]

    clock(expires - 1)
    assert access_tokens.read(token).expires_at == expires
    for moment in (expires, expires + 61):
        clock(moment)
        with pytest.raises(TokenExpired):
            access_tokens.read(token)


@pytest.mark.threat("T-J5")
@pytest.mark.parametrize("name", ["nbf", "iat"])
def test_a_clock_may_be_a_minute_late_and_no_more(token, name):
    claims = claims_of(token)

    assert access_tokens.read(signed({**claims, name: int(time.time()) + 55})).subject
    with pytest.raises(TokenRefused):
        access_tokens.read(signed({**claims, name: int(time.time()) + 120}))


def test_an_expired_token_is_told_apart_at_a_route(token, clock):
    clock(claims_of(token)["exp"])

    response = whoami(token)

    assert response.status_code == 401
    assert response.json() == {
        "error": "invalid_token",
        "error_description": "The access token has expired.",
    }


def test_the_signature_is_verified_once(token, monkeypatch):
    access_tokens.read(token)

    def again(*_arguments, **_more):
        raise AssertionError("verified again")

    monkeypatch.setattr(access_tokens, "_verify", again)

    assert access_tokens.read(token).subject


def test_only_so_many_tokens_are_remembered(token, monkeypatch):
    monkeypatch.setattr(verified_tokens, "MOST", 2)
    for _ in range(5):
        access_tokens.read(signed({**claims_of(token), "jti": "another"}))
        access_tokens.read(token)
        access_tokens.read(signed({**claims_of(token), "jti": "a third"}))

    assert len(verified_tokens._claims) == 2


def test_a_token_does_not_outlive_its_secret(issued):
    secret = issued.key.secrets.get()
    secret.ends_at = issued.key.created_at.replace(microsecond=0) + timedelta(seconds=600)
    secret.save()

    claims = claims_of(token_of(issued))

    assert claims["exp"] == int(secret.ends_at.timestamp())


def test_the_token_of_one_deployment_names_no_other(issued):
    other = create_api_key(create_deployment())

    assert claims_of(token_of(issued))["aud"] != claims_of(token_of(other))["aud"]
