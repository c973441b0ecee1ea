"""The form of key ID and key secret, and how everything that was never issued here fails on one HMAC."""

import hmac
import re
import string

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from apikeys import credentials
from cloudui.web.keyring import Keyring, NoKeys
from tests.apikeys.known_keys import counted_argon2, key, known_keys, ring

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

# Made with the keys below by the design's description alone (openssl and a calculator for base 62).
KNOWN_SECRET = "cui1_1" + "A" * 43 + "L89fazjFZfN"

slow_machine = hypothesis_settings(deadline=None)


@pytest.fixture(scope="module", autouse=True)
def _known_keys():
    with known_keys():
        yield


@pytest.fixture
def argon2_runs():
    with counted_argon2() as runs:
        yield runs


def test_a_secret_is_sixty_characters_that_survive_shells_and_forms():
    text = credentials.generate_secret().reveal()

    assert len(text) == 60
    assert set(text) <= set(string.ascii_letters + string.digits + "_")
    assert text.startswith("cui1_1")


@slow_machine
@given(st.builds(credentials.generate_secret))
def test_every_secret_passes_its_own_check_and_the_published_pattern(secret):
    assert credentials.has_genuine_tag(secret)
    assert credentials.has_genuine_tag(secret.reveal())
    assert re.fullmatch("cui1_[0-9A-Za-z]{55}", secret.reveal())
    assert credentials.SECRET_PATTERN == "cui1_[0-9A-Za-z]{55}"


def test_no_two_secrets_are_alike():
    assert len({credentials.generate_secret().reveal() for _ in range(1000)}) == 1000


def test_a_secret_names_the_version_of_its_mac_key_in_one_character(monkeypatch):
    monkeypatch.setattr(credentials, "keyring", ring(mac={1: key(1), 10: key(7), 61: key(8)}))
    assert credentials.generate_secret().reveal()[5] == "z"

    monkeypatch.setattr(credentials, "keyring", ring(mac={1: key(1), 10: key(7)}))
    assert credentials.generate_secret().reveal()[5] == "A"


def test_the_tag_is_what_the_design_says():
    assert credentials.has_genuine_tag(KNOWN_SECRET)


@pytest.mark.parametrize(
    ("digest", "tag"),
    [(bytes(7) + b"\x3e" + bytes(24), "00000000010"), (b"\xff" * 32, "LygHa16AHYF")],
    ids=["padded with zeros", "the largest"],
)
def test_every_tag_has_eleven_characters(monkeypatch, digest, tag):
    monkeypatch.setattr(hmac, "digest", lambda *_arguments: digest)

    assert credentials._tag(key(1), "anything") == tag


def test_a_key_id_is_thirty_two_letters_and_digits():
    ids = {credentials.new_key_id() for _ in range(1000)}

    assert len(ids) == 1000
    assert all(re.fullmatch("[0-9A-Za-z]{32}", key_id) for key_id in ids)
    assert set("".join(ids)) == set(BASE62)


def test_without_keys_none_is_made(monkeypatch):
    monkeypatch.setattr(credentials, "keyring", Keyring(dict))

    with pytest.raises(NoKeys):
        credentials.generate_secret()


@slow_machine
@given(st.integers(0, 59), st.sampled_from(BASE62 + "_"))
def test_a_change_of_any_one_character_fails(position, character):
    text = credentials.generate_secret().reveal()
    changed = text[:position] + character + text[position + 1 :]

    assert credentials.has_genuine_tag(changed) == (changed == text)


@slow_machine
@given(st.integers(0, 58))
def test_two_neighbours_changing_places_fails(position):
    text = credentials.generate_secret().reveal()
    changed = text[:position] + text[position + 1] + text[position] + text[position + 2 :]

    assert credentials.has_genuine_tag(changed) == (changed == text)


@slow_machine
@given(st.text() | st.from_regex("cui1_[0-9A-Za-z]{55}", fullmatch=True) | st.text(min_size=60, max_size=60))
def test_random_text_never_passes(text):
    assert not credentials.has_genuine_tag(text)


@pytest.mark.parametrize("around", ["{}\n", " {}", "{} ", "\0{}", "{}{}", "Bearer {}"])
def test_anything_around_a_genuine_secret_fails(around):
    text = credentials.generate_secret().reveal()

    assert not credentials.has_genuine_tag(around.format(text, text))


@pytest.mark.parametrize("swap", [str.upper, str.lower, str.swapcase])
def test_the_case_of_letters_matters(swap):
    assert not credentials.has_genuine_tag(swap(credentials.generate_secret().reveal()))


def test_digits_of_other_scripts_are_not_digits():
    assert not credentials.has_genuine_tag("cui1_" + "\u0661" * 55)
    assert not credentials.has_genuine_tag("cui1_" + "\ud800" * 55)


def test_the_version_of_another_key_fails(monkeypatch):
    text = credentials.generate_secret().reveal()
    monkeypatch.setattr(credentials, "keyring", ring(mac={1: key(1), 2: key(9)}))

    assert credentials.has_genuine_tag(text)
    assert not credentials.has_genuine_tag(text[:5] + "2" + text[6:])
    assert not credentials.has_genuine_tag(text[:5] + "0" + text[6:])


@pytest.mark.parametrize("mac", [{1: key(200)}, {2: key(9)}], ids=["another installation's", "retired"])
def test_a_secret_of_a_mac_key_that_is_not_here_fails(monkeypatch, mac):
    text = credentials.generate_secret().reveal()
    monkeypatch.setattr(credentials, "keyring", ring(mac=mac))

    assert not credentials.has_genuine_tag(text)


def test_a_forgery_costs_no_argon2(argon2_runs):
    genuine = credentials.generate_secret().reveal()
    for forged in ("", "x", genuine[:-1], genuine[:-1] + "!", "cui1_" + "0" * 55, genuine[::-1]):
        assert not credentials.has_genuine_tag(forged)

    assert argon2_runs == []


def test_the_tags_are_compared_in_constant_time(monkeypatch):
    compared = []

    def compare(one, other):
        compared.append((one, other))
        return one == other

    monkeypatch.setattr(hmac, "compare_digest", compare)
    text = credentials.generate_secret().reveal()
    credentials.has_genuine_tag(text)

    assert compared == [(text[-11:], text[-11:])]
