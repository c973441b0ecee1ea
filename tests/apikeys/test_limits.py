"""Limits of the token endpoint: whom they count together, and where exactly they begin."""

import pytest
from django.test import Client
from django.utils import timezone

from apikeys import keys
from apikeys.models import ApiKeySecret
from tests.apikeys.machine import FORM, JSON, exchange
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
