"""How a key secret is stored and verified: argon2id under a pepper, and a fingerprint for finding a leaked one."""

import functools
from types import SimpleNamespace

import argon2
import pytest

from apikeys import credentials
from apikeys.credentials import KeySecret
from cloudui.web.slots import SlotsBusy
from tests.apikeys.known_keys import counted_argon2, key, known_keys, ring

pytestmark = pytest.mark.threat("T-S2")


@pytest.fixture(scope="module", autouse=True)
def _known_keys():
    with known_keys():
        yield


@pytest.fixture
def argon2_runs():
    with counted_argon2() as runs:
        yield runs


def test_the_right_secret_verifies_and_another_genuine_one_does_not():
    secret = credentials.generate_secret()
    encoded, pepper_version = credentials.hash_secret(secret)

    assert credentials.verify(secret, encoded, pepper_version)
    assert not credentials.verify(credentials.generate_secret(), encoded, pepper_version)


def test_the_hash_says_argon2id_and_its_parameters():
    encoded, pepper_version = credentials.hash_secret(credentials.generate_secret())

    assert encoded.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert pepper_version == 1


def test_each_hash_has_a_salt_of_its_own():
    secret = credentials.generate_secret()

    assert credentials.hash_secret(secret)[0] != credentials.hash_secret(secret)[0]


def test_a_planted_argon2_of_a_known_secret_does_not_verify():
    secret = credentials.generate_secret()
    planted = argon2.PasswordHasher(memory_cost=19456, time_cost=2, parallelism=1).hash(secret.reveal())

    assert not credentials.verify(secret, planted, 1)


def test_the_stored_hash_is_not_accepted_as_the_secret():
    encoded, pepper_version = credentials.hash_secret(credentials.generate_secret())

    assert not credentials.has_genuine_tag(encoded)
    assert not credentials.verify(KeySecret(encoded), encoded, pepper_version)


def test_a_row_that_is_no_hash_verifies_nothing():
    assert not credentials.verify(credentials.generate_secret(), "", 1)
    assert not credentials.verify(credentials.generate_secret(), "plain text", 1)


def test_another_pepper_does_not_verify(monkeypatch):
    secret = credentials.generate_secret()
    encoded, _ = credentials.hash_secret(secret)
    monkeypatch.setattr(credentials, "keyring", ring(pepper={1: key(99)}))

    assert not credentials.verify(secret, encoded, 1)


def test_after_a_rotation_the_old_pepper_still_verifies_and_asks_for_a_new_hash(monkeypatch):
    secret = credentials.generate_secret()
    encoded, pepper_version = credentials.hash_secret(secret)
    assert not credentials.needs_rehash(encoded, pepper_version)

    monkeypatch.setattr(credentials, "keyring", ring(pepper={1: key(2), 2: key(99)}))
    assert credentials.verify(secret, encoded, pepper_version)
    assert credentials.needs_rehash(encoded, pepper_version)

    fresh, fresh_version = credentials.hash_secret(secret)
    assert fresh_version == 2
    assert credentials.verify(secret, fresh, fresh_version)
    assert not credentials.needs_rehash(fresh, fresh_version)


def test_other_parameters_ask_for_a_new_hash():
    weaker = argon2.PasswordHasher(memory_cost=8192, time_cost=2, parallelism=1).hash(b"anything")

    assert credentials.needs_rehash(weaker, 1)


@pytest.mark.threat("T-E1")
def test_every_refusal_costs_one_argon2(argon2_runs, monkeypatch):
    secret = credentials.generate_secret()
    encoded, _ = credentials.hash_secret(secret)

    for refuse in (
        functools.partial(credentials.verify, credentials.generate_secret(), encoded, 1),
        functools.partial(credentials.verify, secret, encoded, 7),  # its pepper was taken out
        functools.partial(credentials.verify_dummy, secret),
    ):
        argon2_runs.clear()
        assert not refuse()
        assert argon2_runs == ["argon2"]


@pytest.mark.parametrize("work", ["hash_secret", "verify_dummy"])
def test_when_no_slot_comes_free_the_caller_learns_it(monkeypatch, work):
    def busy():
        raise SlotsBusy

    monkeypatch.setattr(credentials, "slots", SimpleNamespace(argon2_slot=busy))

    with pytest.raises(SlotsBusy):
        getattr(credentials, work)(credentials.generate_secret())


def test_it_is_sixteen_bytes_and_the_same_each_time():
    secret = credentials.generate_secret()

    assert len(credentials.fingerprint(secret)) == 16
    assert credentials.fingerprint(secret) == credentials.fingerprint(KeySecret(secret.reveal()))
    assert credentials.fingerprint(secret) != credentials.fingerprint(credentials.generate_secret())


def test_looking_up_tries_every_version_newest_first(monkeypatch):
    secret = credentials.generate_secret()
    old = credentials.fingerprint(secret)
    monkeypatch.setattr(credentials, "keyring", ring(fingerprint={1: key(3), 2: key(4)}))

    assert credentials.fingerprints(secret) == [credentials.fingerprint(secret), old]
    assert credentials.fingerprint(secret) != old
