"""What pipelines use, exchanging a key against a running server: curl, requests, Authlib, requests-oauthlib."""

import json
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt
import pytest
import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from oauthlib.oauth2 import BackendApplicationClient, InvalidClientError
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

from apikeys import key_secrets
from tests.apikeys.machine import credentials_of
from tests.factories import create_api_key, create_member, disable_api_key
from workspaces.models import Role
from workspaces.principals import principal_for

pytestmark = pytest.mark.django_db(transaction=True)

SECONDS = 20


@pytest.fixture(autouse=True)
def _plain_http(monkeypatch):
    """oauthlib sends secrets over HTTPS only, unless it is told that this is a test."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")


def curl(*arguments: str) -> tuple[int, dict[str, Any]]:
    """The status and the JSON of an answer to curl."""
    command = ["curl", "--silent", "--noproxy", "*", "--write-out", "\n%{http_code}", *arguments]
    body, status = subprocess.run(command, capture_output=True, text=True, check=True).stdout.rsplit("\n", 1)
    return int(status), json.loads(body)


def test_curl(base, issued):
    form = [part for name, value in credentials_of(issued).items() for part in ("-d", f"{name}={value}")]

    status, granted = curl(f"{base}/oauth/token", *form)

    assert status == 200
    bearer = f"Authorization: Bearer {granted['access_token']}"
    assert curl(f"{base}/v1/whoami", "-H", bearer)[1]["id"] == issued.key.pk
    assert curl(f"{base}/v1/whoami")[0] == 401
    assert curl(
        f"{base}/oauth/token", "-u", f"{issued.key.pk}:wrong", "-d", "grant_type=client_credentials"
    ) == (
        401,
        {
            "error": "invalid_client",
            "error_description": "The key ID or the key secret is not valid, or the API key was deleted.",
        },
    )


def test_requests(base, issued):
    auth = (issued.key.pk, issued.secret.reveal())
    grant = {"grant_type": "client_credentials"}

    granted = requests.post(f"{base}/oauth/token", data=grant, auth=auth, timeout=SECONDS)

    assert granted.status_code == 200
    headers = {"Authorization": f"Bearer {granted.json()['access_token']}"}
    assert requests.get(f"{base}/v1/whoami", headers=headers, timeout=SECONDS).json()["name"] == "Pipeline"
    as_json = requests.post(f"{base}/oauth/token", json=credentials_of(issued), timeout=SECONDS)
    assert as_json.status_code == 200


@pytest.mark.parametrize("way", ["client_secret_basic", "client_secret_post"])
def test_authlib(base, issued, way):
    with AuthlibSession(issued.key.pk, issued.secret.reveal(), token_endpoint_auth_method=way) as session:
        token = session.fetch_token(f"{base}/oauth/token", grant_type="client_credentials")

        assert token["expires_at"] > time.time() + 3000
        assert session.get(f"{base}/v1/whoami").json()["id"] == issued.key.pk
        assert session.introspect_token(f"{base}/oauth/introspect", token["access_token"]).json()["active"]
        assert session.revoke_token(f"{base}/oauth/revoke", token["access_token"]).status_code == 200
        assert session.get(f"{base}/v1/whoami").status_code == 401


def test_authlib_is_told_why_not(base, issued):
    with (
        AuthlibSession(issued.key.pk, "wrong") as session,
        pytest.raises(OAuthError, match="invalid_client") as refusal,
    ):
        session.fetch_token(f"{base}/oauth/token", grant_type="client_credentials")

    assert "not valid" in refusal.value.description


@pytest.mark.parametrize("way", ["basic", "body"])
def test_requests_oauthlib(base, issued, way):
    secret = issued.secret.reveal()
    proof = (
        {"auth": HTTPBasicAuth(issued.key.pk, secret)}
        if way == "basic"
        else {"client_secret": secret, "include_client_id": True}
    )
    with OAuth2Session(client=BackendApplicationClient(client_id=issued.key.pk)) as session:
        session.fetch_token(f"{base}/oauth/token", client_id=issued.key.pk, **proof)

        assert session.get(f"{base}/v1/whoami").json()["id"] == issued.key.pk


def test_requests_oauthlib_is_told_why_not(base, issued):
    disable_api_key(issued.key)
    with (
        OAuth2Session(client=BackendApplicationClient(client_id=issued.key.pk)) as session,
        pytest.raises(InvalidClientError, match="disabled since"),
    ):
        session.fetch_token(f"{base}/oauth/token", auth=(issued.key.pk, issued.secret.reveal()))


def test_a_token_ends_with_its_key_on_the_next_call(base, issued):
    granted = requests.post(f"{base}/oauth/token", data=credentials_of(issued), timeout=SECONDS).json()
    headers = {"Authorization": f"Bearer {granted['access_token']}"}
    assert requests.get(f"{base}/v1/whoami", headers=headers, timeout=SECONDS).status_code == 200

    issued.key.delete()

    answer = requests.get(f"{base}/v1/whoami", headers=headers, timeout=SECONDS)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")


def test_an_expired_token_says_so(base, issued, settings):
    settings.ACCESS_TOKEN_SECONDS = 1
    granted = requests.post(f"{base}/oauth/token", data=credentials_of(issued), timeout=SECONDS).json()
    assert granted["expires_in"] == 1
    time.sleep(1.1)

    headers = {"Authorization": f"Bearer {granted['access_token']}"}
    answer = requests.get(f"{base}/v1/whoami", headers=headers, timeout=SECONDS)

    assert answer.json()["error_description"] == "The access token has expired."


def test_a_stranger_verifies_tokens_with_the_published_keys(base, issued):
    granted = requests.post(f"{base}/oauth/token", data=credentials_of(issued), timeout=SECONDS).json()
    published = jwt.PyJWKClient(f"{base}/.well-known/jwks.json")

    key = published.get_signing_key_from_jwt(granted["access_token"])
    claims = jwt.decode(granted["access_token"], key, algorithms=["EdDSA"], audience="http://localhost:8871")

    assert claims["sub"] == issued.key.pk
    with pytest.raises(jwt.InvalidAudienceError):
        jwt.decode(granted["access_token"], key, algorithms=["EdDSA"], audience="https://elsewhere.example")


def test_50_exchanges_at_once_all_succeed(base, issued):
    """A burst of pipelines: whoever finds no slot waits for one."""
    keys = [create_api_key(issued.key.deployment) for _ in range(50)]

    def exchange(one) -> int:
        return requests.post(f"{base}/oauth/token", data=credentials_of(one), timeout=60).status_code

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(exchange, keys))

    assert answers == [200] * 50


def test_the_overlap_of_a_rotation_serves_both_secrets(base, issued):
    admin = create_member(workspace=issued.key.deployment.workspace, role=Role.ADMIN)
    rotated = key_secrets.rotate_secret(principal_for(admin), issued.key, overlap=key_secrets.OVERLAPS[1])

    for one in (issued, rotated):
        assert (
            requests.post(f"{base}/oauth/token", data=credentials_of(one), timeout=SECONDS).status_code == 200
        )
