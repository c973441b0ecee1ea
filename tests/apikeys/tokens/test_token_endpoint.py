"""The token endpoint: what it takes, what it grants, and that it says no in JSON whatever happens."""

import base64
import json

import pytest
from django.test import Client

from cloudui.web.slots import SlotsBusy
from tests.apikeys.machine import (
    FORM,
    JSON,
    credentials_of,
    error_of,
    exchange,
    post,
    shown,
    whoami,
)
from tests.factories import create_deployment

pytestmark = [pytest.mark.django_db, pytest.mark.rfc("6749", "4.4")]


def basic(key_id: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{key_id}:{secret}".encode()).decode()


@pytest.mark.rfc("6749", "5.1")
def test_a_key_id_and_its_secret_buy_an_access_token(issued):
    response = exchange(issued)

    assert response.status_code == 200
    content = response.json()
    assert content.keys() == {"access_token", "token_type", "expires_in"}
    assert content["token_type"] == "Bearer"
    assert content["expires_in"] == 3600
    assert type(content["expires_in"]) is int
    assert " " not in content["access_token"]
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Pragma"] == "no-cache"
    assert whoami(content["access_token"]).json()["id"] == issued.key.pk


def as_json(issued):
    return Client().post("/oauth/token", credentials_of(issued), content_type=JSON)


def with_basic(issued, *, secret="", **parameters):
    header = basic(issued.key.pk, secret or issued.secret.reveal())
    return post("/oauth/token", {"grant_type": "client_credentials", **parameters}, Authorization=header)


@pytest.mark.rfc("6749", "2.3.1")
@pytest.mark.parametrize(
    "send",
    [
        pytest.param(lambda issued: post("/oauth/token/", credentials_of(issued)), id="with a slash"),
        pytest.param(lambda issued: exchange(issued, audience="astronomer-ee"), id="command-line client"),
        pytest.param(lambda issued: exchange(issued, audience="http://localhost:8871"), id="our audience"),
        pytest.param(lambda issued: exchange(issued, audience=issued.key.deployment_id), id="its Deployment"),
        pytest.param(lambda issued: exchange(issued, resource_owner="nobody"), id="unknown parameter"),
        pytest.param(as_json, id="JSON"),
        pytest.param(with_basic, id="HTTP Basic"),
        pytest.param(lambda issued: with_basic(issued, client_id=issued.key.pk), id="HTTP Basic and ID"),
        pytest.param(
            lambda issued: with_basic(issued, secret=issued.secret.reveal().replace("_", "%5F")),
            id="HTTP Basic, encoded",
        ),
        pytest.param(
            lambda issued: post(
                "/oauth/token", credentials_of(issued), client=Client(enforce_csrf_checks=True)
            ),
            id="without a CSRF token",
        ),
    ],
)
def test_other_ways_to_ask_buy_the_same(issued, send):
    response = send(issued)

    assert response.status_code == 200
    assert whoami(response.json()["access_token"]).json()["id"] == issued.key.pk


def test_a_lifetime_is_a_setting(issued, settings):
    settings.ACCESS_TOKEN_SECONDS = 86_400

    assert exchange(issued).json()["expires_in"] == 86_400


@pytest.mark.rfc("6749", "5.2")
@pytest.mark.parametrize(
    ("parameter", "value", "error"),
    [
        ("audience", "https://elsewhere.example", "invalid_target"),
        ("audience", "ANOTHER DEPLOYMENT", "invalid_target"),
        ("scope", "everything", "invalid_scope"),
        ("grant_type", "password", "unsupported_grant_type"),
        ("grant_type", "authorization_code", "unauthorized_client"),
        ("grant_type", "refresh_token", "unauthorized_client"),
        ("grant_type", "CLIENT_CREDENTIALS", "unsupported_grant_type"),
    ],
)
def test_what_a_key_cannot_ask_for_is_refused(issued, parameter, value, error):
    value = create_deployment().pk if value == "ANOTHER DEPLOYMENT" else value

    response = exchange(issued, **{parameter: value})

    assert (response.status_code, error_of(response)) == (400, error)


BODIES = {
    "grant missing": (FORM, b"client_id=a&client_secret=b"),
    "grant empty": (FORM, b"grant_type=&client_id=a&client_secret=b"),
    "id missing": (FORM, b"grant_type=client_credentials&client_secret=b"),
    "secret missing": (FORM, b"grant_type=client_credentials&client_id=a"),
    "secret empty": (FORM, b"grant_type=client_credentials&client_id=a&client_secret="),
    "repeated": (FORM, b"grant_type=client_credentials&grant_type=client_credentials&client_id=a"),
    "unknown repeated": (FORM, b"grant_type=client_credentials&client_id=a&client_secret=b&x=1&x=1"),
    "null character": (FORM, b"grant_type=client_credentials&client_id=a%00&client_secret=b"),
    "not UTF-8": (FORM, b"grant_type=client_credentials&client_id=\xff&client_secret=b"),
    "encoded, not UTF-8": (FORM, b"grant_type=client_credentials&client_id=%ff&client_secret=b"),
    "other charset": (f"{FORM}; charset=iso-8859-1", b"grant_type=client_credentials"),
    "other type": ("multipart/form-data; boundary=x", b"--x--"),
    "text": ("text/plain", b"grant_type=client_credentials"),
    "broken JSON": (JSON, b'{"grant_type":'),
    "JSON array": (JSON, b"[]"),
    "JSON string": (JSON, b'"grant_type"'),
    "JSON number": (JSON, b'{"grant_type": 1}'),
    "JSON null": (JSON, b'{"grant_type": null, "client_id": "a", "client_secret": "b"}'),
    "JSON nested": (JSON, b'{"grant_type": {"a": "b"}}'),
    "JSON list value": (JSON, b'{"client_secret": ["a"]}'),
    "JSON repeated": (JSON, b'{"grant_type": "client_credentials", "grant_type": "x"}'),
    "JSON half a character": (JSON, b'{"client_id": "\\ud800"}'),
    "JSON null character": (JSON, b'{"client_id": "\\u0000"}'),
    "JSON very deep": (JSON, b"[" * 8000),
    "JSON very long number": (JSON, b'{"a": ' + b"1" * 8000 + b"}"),
    "blank JSON": (JSON, b" "),
}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.threat("T-E4")
@pytest.mark.rfc("6749", "3.2")
def test_whatever_is_malformed_is_an_invalid_request(name):
    content_type, body = BODIES[name]

    response = Client().post("/oauth/token", body, content_type=content_type)

    assert (response.status_code, error_of(response)) == (400, "invalid_request")


@pytest.mark.rfc("6749", "5.2")
@pytest.mark.parametrize("parameters", [{}, {"grant_type": "client_credentials"}])
def test_no_credentials_at_all_are_an_invalid_client(parameters):
    response = post("/oauth/token", parameters)

    assert (response.status_code, error_of(response)) == (401, "invalid_client")
    assert response.headers["WWW-Authenticate"].startswith("Basic ")


@pytest.mark.rfc("6749", "2.3")
def test_credentials_in_two_ways_are_refused(issued):
    header = basic(issued.key.pk, issued.secret.reveal())

    for changes in ({}, {"client_id": "another", "client_secret": ""}):
        response = post("/oauth/token", credentials_of(issued, **changes), Authorization=header)

        assert (response.status_code, error_of(response)) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("header", "status", "error"),
    [
        ("Basic", 400, "invalid_request"),
        ("Basic !!!", 400, "invalid_request"),
        ("Basic " + base64.b64encode(b"no colon").decode(), 400, "invalid_request"),
        ("Basic " + base64.b64encode(b"a:\xff").decode(), 400, "invalid_request"),
        ("Basic " + base64.b64encode(b"a:%ff").decode(), 400, "invalid_request"),
        ("Basic " + base64.b64encode(b"a:").decode(), 400, "invalid_request"),
        ("Basic " + base64.b64encode(b"a\0:b").decode(), 400, "invalid_request"),
        ("Basic " + base64.b64encode(b":").decode(), 401, "invalid_client"),
        ("Bearer abc", 401, "invalid_client"),
        ("Digest username=a", 401, "invalid_client"),
    ],
)
def test_other_authorization_headers_are_refused(header, status, error):
    response = post("/oauth/token", {"grant_type": "client_credentials"}, Authorization=header)

    assert (response.status_code, error_of(response)) == (status, error)


def test_more_than_8_kib_are_not_read(issued):
    response = exchange(issued, filler="x" * 8192)

    assert (response.status_code, error_of(response)) == (413, "invalid_request")


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options", "trace"])
@pytest.mark.threat("T-E5")
def test_only_post_is_served(method):
    response = getattr(Client(), method)("/oauth/token")

    assert response.status_code == 405
    assert response.headers["Allow"] == "POST"
    assert response.headers["Content-Type"] == JSON
    assert not [name for name in response.headers if name.startswith("Access-Control-")]


@pytest.mark.threat("T-W1")
def test_a_session_is_not_seen(as_admin):
    response = post("/oauth/token", {"grant_type": "client_credentials"}, client=as_admin)

    assert (response.status_code, error_of(response)) == (401, "invalid_client")
    assert not response.cookies
    assert "Vary" not in response.headers


def test_a_request_for_another_host_is_told_the_setting():
    response = Client().post("/oauth/token", headers={"Host": "evil.example"})

    assert (response.status_code, error_of(response)) == (400, "invalid_request")
    assert b"PUBLIC_URL" in response.content


def test_busy_slots_are_a_503_with_the_time_to_wait(issued, monkeypatch):
    def busy(*_args):
        raise SlotsBusy

    monkeypatch.setattr("apikeys.credentials.verify", busy)

    response = exchange(issued)

    assert (response.status_code, error_of(response)) == (503, "temporarily_unavailable")
    assert response.headers["Retry-After"] == "2"


def test_a_crash_is_json_too(issued, monkeypatch):
    def crash(**_arguments):
        raise RuntimeError(issued.secret.reveal())

    monkeypatch.setattr("apikeys.tokens.access_tokens.mint_for_key", crash)
    client = Client(raise_request_exception=False)

    response = post("/oauth/token", credentials_of(issued), client=client)

    assert (response.status_code, error_of(response)) == (500, "server_error")


def test_refusals_of_form_and_json_are_the_same_bytes(issued):
    wrong = credentials_of(issued, client_secret="wrong")

    form = post("/oauth/token", wrong)
    answer = Client().post("/oauth/token", json.dumps(wrong), content_type=JSON)

    assert shown(form) == shown(answer)
