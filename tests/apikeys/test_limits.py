"""Limits of the token endpoint: whom they count together, and where exactly they begin."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.test import Client
from django.utils import timezone

from apikeys import keys
from apikeys.models import ApiKeySecret
from apikeys.models.signing_key import SigningKey, State
from apikeys.tokens import access_tokens, signing_keys
from cloudui.web.models import IdempotentCall
from cloudui.web.principal import system_principal
from cloudui.web.rest import idempotency
from tests.apikeys.machine import FORM, JSON, claims_of, exchange, signed, whoami
from tests.deployments.deploys.programs import at, of_key
from tests.factories import create_api_key

pytestmark = pytest.mark.django_db


def wrong_from(address: str) -> int:
    return (
        Client(REMOTE_ADDR=address)
        .post(
            "/oauth/token", {"grant_type": "client_credentials", "client_id": "x", "client_secret": "y"}, JSON
        )
        .status_code
    )


@pytest.mark.threat("T-E3")
def test_a_network_of_version_6_is_one_caller_at_the_endpoint():
    answers = [wrong_from(f"2001:db8:1:2::{number:x}") for number in range(31)]

    assert answers == [401] * 30 + [429]
    assert wrong_from("2001:db8:1:3::1") == 401
    assert wrong_from("203.0.113.9") == 401


@pytest.mark.threat("T-E2")
@pytest.mark.parametrize("end", ["disabled", "ended"])
def test_a_secret_that_opens_nothing_is_told_to_wait_after_30_tries(issued, as_caller, argon2_runs, end):
    if end == "disabled":
        keys.disable_key(as_caller, issued.key)
    else:
        ApiKeySecret.objects.update(ends_at=timezone.now())

    answers = [exchange(issued).status_code for _ in range(32)]

    assert answers == [401] * 30 + [429] * 2
    assert len(argon2_runs) == 1
    other = create_api_key(issued.key.deployment)
    assert exchange(other).status_code == 200


@pytest.mark.threat("T-E6")
def test_the_exchanges_of_a_key_are_counted_to_the_last(issued, settings):
    settings.EXCHANGES_PER_MINUTE = 5
    other = create_api_key(issued.key.deployment)

    assert [exchange(issued).status_code for _ in range(6)] == [200] * 5 + [429]
    assert exchange(other).status_code == 200


@pytest.mark.parametrize(("size", "status"), [(8 * 1024, 401), (8 * 1024 + 1, 413)])
def test_a_body_at_the_token_endpoint_has_up_to_8_kib(size, status):
    body = "grant_type=client_credentials&client_id=x&client_secret=y&other="

    answer = Client().post("/oauth/token", body.ljust(size, "z"), content_type=FORM)

    assert answer.status_code == status


@pytest.mark.threat("T-J5")
@pytest.mark.parametrize("name", ["nbf", "iat"])
@pytest.mark.parametrize(("seconds", "is_read"), [(60, True), (61, False)])
def test_a_clock_may_be_sixty_seconds_late(token, monkeypatch, name, seconds, is_read):
    claims = claims_of(token)
    monkeypatch.setattr(access_tokens, "time", SimpleNamespace(time=lambda: claims["iat"]))

    made = signed({**claims, name: claims["iat"] + seconds})

    assert (whoami(made).status_code == 200) == is_read


@pytest.mark.threat("T-J7")
@pytest.mark.parametrize(("seconds", "rotates"), [(299, False), (300, True)])
def test_a_next_key_signs_five_minutes_after_it_was_made(monkeypatch, seconds, rotates):
    signing_keys.keys()
    made_at = SigningKey.objects.get(state=State.NEXT).created_at
    now = made_at + timedelta(seconds=seconds)
    monkeypatch.setattr(signing_keys, "timezone", SimpleNamespace(now=lambda: now))

    if rotates:
        signing_keys.rotate(system_principal("test"))
    else:
        with pytest.raises(signing_keys.TooEarly):
            signing_keys.rotate(system_principal("test"))


@pytest.mark.parametrize(("seconds", "status"), [(0, 422), (1, 201)])
def test_an_idempotency_key_is_remembered_for_24_hours_to_the_second(
    deployment, monkeypatch, seconds, status
):
    program, queues = of_key(deployment), at(deployment, "worker-queues")
    queue = {"name": "heavy", "worker_type": "small", "max_workers": 5}
    program.post(queues, queue, key="one")
    later = IdempotentCall.objects.get().created_at + timedelta(hours=24, seconds=seconds)
    monkeypatch.setattr(idempotency, "timezone", SimpleNamespace(now=lambda: later))

    assert program.post(queues, {**queue, "name": "other"}, key="one").status_code == status
