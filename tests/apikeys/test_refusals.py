"""Refusing secrets: strangers cannot tell refusals apart, and what a holder is told."""

from datetime import timedelta

import argon2
import pytest
from django.core.cache import cache
from django.db import InterfaceError, OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apikeys import credential_state, key_secrets, keys
from apikeys.models import ApiKeySecret, Reason, Refusal
from cloudui.configuration import public_url
from cloudui.web import ratelimit
from tests.apikeys.machine import FORM, credentials_of, error_of, exchange, forged, never_stored, post, shown
from tests.factories import create_api_key, create_deployment
from workspaces.models import AuditEvent

pytestmark = pytest.mark.django_db

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


@pytest.mark.threat("T-E1")
@pytest.mark.rfc("6749", "5.2")
def test_all_refusals_of_the_unproved_are_the_same_bytes_and_headers(issued, deployment, as_caller):
    gone, doomed = create_api_key(deployment, by=as_caller), create_api_key(create_deployment())
    deleted = credentials_of(gone)
    keys.delete_key(as_caller, gone.key)
    orphaned = credentials_of(doomed)
    doomed.key.deployment.delete()

    answers = [
        exchange(issued, client_secret="wrong"),
        exchange(issued, client_secret=forged(issued)),
        exchange(issued, client_secret=never_stored()),
        exchange(issued, client_id="0" * 32),
        exchange(issued, client_id="x"),
        post("/oauth/token", deleted),
        post("/oauth/token", orphaned),
    ]

    assert len({str(shown(answer)) for answer in answers}) == 1
    assert error_of(answers[0]) == "invalid_client"
    assert answers[0].headers["WWW-Authenticate"].startswith("Basic ")


@pytest.mark.threat("T-S2")
def test_the_stored_hash_is_no_secret(issued):
    secret = ApiKeySecret.objects.get(key=issued.key)

    for stored in (secret.encoded, bytes(secret.fingerprint).hex()):
        assert error_of(exchange(issued, client_secret=stored)) == "invalid_client"


@pytest.mark.threat("T-S2")
def test_a_row_planted_with_the_hash_of_a_known_secret_opens_nothing(issued):
    known = never_stored()
    hasher = argon2.PasswordHasher(memory_cost=19456, time_cost=2, parallelism=1)
    ApiKeySecret.objects.filter(key=issued.key).update(encoded=hasher.hash(known))

    assert error_of(exchange(issued, client_secret=known)) == "invalid_client"


@pytest.mark.parametrize(
    ("end", "sentence"),
    [
        pytest.param(keys.disable_key, "disabled since 20", id="disabled"),
        pytest.param(
            lambda caller, key: key_secrets.rotate_secret(caller, key, overlap=timedelta(0)),
            "ended on 20",
            id="replaced",
        ),
        pytest.param(
            lambda caller, key: key.secrets.update(ends_at=timezone.now() - timedelta(seconds=1)),
            "ended on 20",
            id="at its end",
        ),
    ],
)
def test_the_holder_of_a_secret_is_told_why_it_is_refused(issued, as_caller, end, sentence):
    exchange(issued)
    end(as_caller, issued.key)

    response = exchange(issued)

    assert error_of(response) == "invalid_client"
    assert sentence in response.json()["error_description"]


def test_nobody_else_is_told(issued, as_caller):
    keys.disable_key(as_caller, issued.key)

    wrong = exchange(issued, client_secret=forged(issued))
    other = exchange(issued, client_secret=never_stored())

    assert shown(wrong) == shown(other)
    assert "disabled" not in wrong.json()["error_description"]
    assert not Refusal.objects.exists()


def test_a_refusal_is_written_down_with_its_reason(issued, as_caller):
    keys.disable_key(as_caller, issued.key)

    for _ in range(3):
        exchange(issued)

    refusal = Refusal.objects.get()
    assert (refusal.key_id, refusal.secret_number, refusal.reason) == (issued.key.pk, 1, Reason.DISABLED)
    assert refusal.address == "127.0.0.1"
    event = AuditEvent.objects.get(operation="tokenRefused")
    assert (event.subject_id, event.result) == (issued.key.pk, "disabled")


def test_refusals_from_several_addresses_are_one_event_a_minute(issued, as_caller):
    keys.disable_key(as_caller, issued.key)

    for number in range(3):
        Client(REMOTE_ADDR=f"10.0.0.{number}").post(
            "/oauth/token", credentials_of(issued), "application/json"
        )

    assert Refusal.objects.count() == 3
    assert AuditEvent.objects.filter(operation="tokenRefused").count() == 1


def test_one_network_cannot_push_all_other_refusals_out(issued, as_caller):
    keys.disable_key(as_caller, issued.key)

    for number in range(3):
        Client(REMOTE_ADDR=f"2001:db8::{number}").post(
            "/oauth/token", credentials_of(issued), "application/json"
        )

    assert Refusal.objects.count() == 1


@pytest.mark.threat("T-E3")
def test_after_30_failures_in_a_minute_an_address_is_told_to_wait(issued):
    answers = [exchange(issued, client_secret="wrong").status_code for _ in range(31)]

    assert answers == [401] * 30 + [429]
    response = exchange(issued, client_secret="wrong")
    assert error_of(response) == "temporarily_unavailable"
    assert 1 <= int(response.headers["Retry-After"]) <= 60


@pytest.mark.threat("T-E3")
def test_a_right_secret_is_never_refused_for_what_its_address_did(issued):
    for _ in range(10_000):
        ratelimit.count("token-failures", "127.0.0.1")
    assert exchange(issued, client_secret="wrong").status_code == 429

    assert exchange(issued).status_code == 200


def test_enabling_a_key_lets_its_pipeline_in_at_once(issued, as_caller):
    keys.disable_key(as_caller, issued.key)
    for _ in range(40):
        exchange(issued)
    keys.enable_key(as_caller, issued.key)

    assert exchange(issued).status_code == 200


@pytest.mark.threat("T-E6")
def test_a_key_that_exchanges_too_often_is_told_to_keep_its_tokens(issued, settings):
    settings.EXCHANGES_PER_MINUTE = 3

    answers = [exchange(issued) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert error_of(answers[3]) == "temporarily_unavailable"
    assert "Retry-After" in answers[3].headers
    assert Refusal.objects.get().reason == Reason.TOO_MANY_EXCHANGES
    assert exchange(create_api_key(issued.key.deployment)).status_code == 200


@pytest.mark.threat("T-J9")
@pytest.mark.rfc("6749", "2.3.1")
@pytest.mark.parametrize(
    "url",
    [
        "/oauth/token?client_secret={secret}",
        "/oauth/token/?anything={secret}",
        "/oauth/introspect?token={secret}",
        "/oauth/revoke-leaked?secret={secret}",
        "/v1/whoami?a=1&b=x{secret}%0A",
        "/v1/nothing/{secret}",
        "/.well-known/jwks.json?{secret}",
        "/graphql?{encoded}",
        "/account/login/?next=/a?b={encoded}",
        "/token?secret={secret}",
        "/admin/?q={secret}",
        "/nothing/here/{encoded}/at/all",
        "/static/none.css?v={secret}",
        "/healthz?{secret}",
        "/?" + "a" * 9000 + "={secret}",
    ],
)
def test_a_genuine_secret_in_any_address_is_refused_and_marked(issued, caplog, url):
    secret = issued.secret.reveal()
    address = url.format(secret=secret, encoded="%63" + secret[1:])

    for method in METHODS:
        response = Client(raise_request_exception=False).generic(method, address)

        assert response.status_code == 400, method
        assert secret not in str(response.headers) + response.content.decode()
        assert response.headers["Cache-Control"] == "no-store"
        refusal = Refusal.objects.get()
        assert (refusal.key_id, refusal.reason) == (issued.key.pk, Reason.SECRET_IN_URL)
        Refusal.objects.all().delete()
        cache.clear()
    assert AuditEvent.objects.filter(operation="tokenRefused").count() == len(METHODS)
    assert secret not in caplog.text


@pytest.mark.threat("T-J9")
@pytest.mark.parametrize("url", ["/oauth/token?client_secret={}", "/account/login/?next={}"])
def test_a_genuine_secret_in_an_address_is_noticed_before_plain_http_and_another_host_are_refused(
    issued, settings, url
):
    settings.PUBLIC = public_url("https://console.example.com")

    response = Client(headers={"Host": "elsewhere.example"}).get(url.format(issued.secret.reveal()))

    assert response.status_code == 400
    assert Refusal.objects.get().reason == Reason.SECRET_IN_URL


@pytest.mark.threat("T-J9")
@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_a_secret_in_an_address_is_refused_while_the_database_is_away(issued, monkeypatch, error):
    def away(*_):
        raise error

    monkeypatch.setattr(credential_state, "by_fingerprint", away)

    assert Client().get(f"/oauth/token?secret={issued.secret.reveal()}").status_code == 400


@pytest.mark.threat("T-J9")
def test_a_forged_secret_in_an_address_costs_no_query(issued):
    with CaptureQueriesContext(connection) as queries:
        response = Client().get(f"/oauth/token?client_secret={forged(issued)}")

    assert (response.status_code, len(queries)) == (405, 0)


@pytest.mark.threat("T-J9")
def test_credentials_in_the_address_are_never_read(issued):
    parameters = credentials_of(issued)

    response = Client().post(f"/oauth/token?client_id={issued.key.pk}", parameters, "application/json")

    assert (response.status_code, error_of(response)) == (400, "invalid_request")
    assert not Refusal.objects.exists()


def test_a_genuine_secret_in_the_address_that_belongs_to_nobody_is_refused_alike(issued):
    answers = [
        Client().post(f"/oauth/token?client_secret={secret}", "", content_type=FORM)
        for secret in (issued.secret.reveal(), never_stored(), "wrong")
    ]

    assert len({str(shown(answer)) for answer in answers}) == 1
