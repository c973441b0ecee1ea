"""What a process remembers of keys, secrets and tokens: for how long, how much, and what ends it all the same."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from django.core.management import call_command

from apikeys.credentials import KeySecret
from apikeys.models import SigningKey
from apikeys.tokens import access_tokens, signing_keys, verified_secrets, verified_tokens
from apikeys.tokens.claims import Claims
from cloudui.web.principal import system_principal
from tests.apikeys.machine import claims_of, signed, token_of, whoami
from tests.factories import create_user

pytestmark = pytest.mark.django_db

MOST = 4096


@pytest.fixture
def clock(monkeypatch):
    """The clock by which what is remembered grows old."""
    hands = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(signing_keys, "time", SimpleNamespace(monotonic=lambda: hands.now))
    monkeypatch.setattr(verified_secrets, "time", SimpleNamespace(monotonic=lambda: hands.now))
    return hands


def person_token() -> str:
    return access_tokens.mint_for_user(create_user())[0]


@pytest.mark.threat("T-J7")
@pytest.mark.parametrize("whose", ["a key's", "a person's"])
def test_a_burnt_key_ends_tokens_that_this_process_has_verified(issued, whose):
    token = token_of(issued) if whose == "a key's" else person_token()
    access_tokens.read(token)
    assert verified_tokens.recall(token)

    call_command("burn_signing_key", signing_keys.keys().kid)

    assert verified_tokens.recall(token)
    with pytest.raises(access_tokens.TokenRefused):
        access_tokens.read(token)
    assert whoami(token).status_code == 401


@pytest.mark.threat("T-J7")
def test_another_process_believes_a_burnt_key_for_ten_seconds_and_no_longer(issued, clock):
    token = token_of(issued)
    kid = signing_keys.keys().kid
    read_at = clock.now
    # Burnt elsewhere: nobody tells this process.
    SigningKey.objects.filter(kid=kid).delete()

    clock.now = read_at + 9.9
    assert whoami(token).status_code == 200
    clock.now = read_at + 10
    assert whoami(token).status_code == 401
    assert kid not in signing_keys.keys().verifiers


def test_the_process_that_burns_or_rotates_knows_at_once(issued, clock):
    first = signing_keys.keys().kid

    second = signing_keys.rotate(system_principal("test"), at_once=True).kid
    assert signing_keys.keys().kid == second
    signing_keys.burn(system_principal("test"), second)

    assert signing_keys.keys().kid not in {first, second}


def test_a_proved_secret_is_recognised_for_five_minutes(clock):
    secret = KeySecret("x")
    verified_secrets.remember(1, "hash", secret)

    clock.now += 299.9
    assert verified_secrets.is_verified(1, "hash", secret)
    clock.now += 0.1
    assert not verified_secrets.is_verified(1, "hash", secret)


@pytest.mark.parametrize(
    ("row", "encoded", "secret"), [(2, "hash", "x"), (1, "other", "x"), (1, "hash", "y")]
)
def test_a_proved_secret_is_that_of_its_row_and_hash(row, encoded, secret):
    verified_secrets.remember(1, "hash", KeySecret("x"))

    assert not verified_secrets.is_verified(row, encoded, KeySecret(secret))


def test_the_oldest_secret_goes_and_one_that_is_proved_again_is_new():
    for row in range(MOST):
        verified_secrets.remember(row, "hash", KeySecret("x"))
    verified_secrets.remember(0, "hash", KeySecret("x"))
    verified_secrets.remember(MOST, "hash", KeySecret("x"))

    known = [verified_secrets.is_verified(row, "hash", KeySecret("x")) for row in (0, 1, 2, MOST)]
    assert known == [True, False, True, True]
    assert len(verified_secrets._verified) == MOST


def test_the_oldest_token_goes():
    for number in range(MOST + 1):
        verified_tokens.remember(str(number), cast("Claims", number + 1))

    known: list[Any] = [verified_tokens.recall(str(number)) for number in (0, 1, MOST)]
    assert known == [None, 2, MOST + 1]
    assert len(verified_tokens._claims) == MOST


@pytest.mark.threat("T-J4")
@pytest.mark.rfc("9068", "4")
@pytest.mark.parametrize("audience", [["https://elsewhere.example"], [""], ["c" * 25]])
@pytest.mark.parametrize("whose", ["a key's", "a person's"])
def test_a_token_for_somebody_else_as_well_is_not_for_us(issued, whose, audience):
    claims = claims_of(token_of(issued) if whose == "a key's" else person_token())
    assert whoami(signed(claims)).status_code == 200

    assert whoami(signed({**claims, "aud": [*claims["aud"], *audience]})).status_code == 401
    for without in claims["aud"]:
        less = [name for name in claims["aud"] if name != without]
        assert whoami(signed({**claims, "aud": less})).status_code == 401
