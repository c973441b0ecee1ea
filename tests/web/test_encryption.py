"""Encrypted values: they come back where they belong, and nowhere else."""

import pytest
from django.conf import settings

from cloudui.web import encryption, keyring
from cloudui.web.encryption import CannotDecrypt, decrypt, encrypt, needs_reencryption

PLACE = ("variable", "c1", "PASSWORD", "secret")


@pytest.mark.parametrize("plain", [b"", b"x", "Schlüssel".encode(), b"\0" * 10_000])
def test_a_value_comes_back(plain):
    stored = encrypt(plain, *PLACE)

    assert decrypt(stored, *PLACE) == plain
    assert decrypt(memoryview(stored).tobytes(), *PLACE) == plain


def test_the_same_value_is_never_stored_twice_alike():
    assert encrypt(b"x", *PLACE) != encrypt(b"x", *PLACE)


@pytest.mark.parametrize(
    "place",
    [
        ("variable", "c2", "PASSWORD", "secret"),
        ("variable", "c1", "USER", "secret"),
        ("variable", "c1", "PASSWORD", "plain"),
        ("variable", "c1", "PASSWORD"),
        ("signing", "c1", "PASSWORD", "secret"),
    ],
)
def test_a_value_copied_to_another_place_does_not_decrypt(place):
    with pytest.raises(CannotDecrypt):
        decrypt(encrypt(b"x", *PLACE), *place)


def test_one_changed_bit_does_not_decrypt():
    stored = encrypt(b"value", *PLACE)

    for position in range(1, len(stored)):
        changed = stored[:position] + bytes([stored[position] ^ 1]) + stored[position + 1 :]
        with pytest.raises(CannotDecrypt):
            decrypt(changed, *PLACE)


@pytest.mark.parametrize("stored", [b"", b"\1", b"\1" + b"x" * 12, b"\1" + b"x" * 13])
def test_what_is_too_short_does_not_decrypt(stored):
    with pytest.raises(CannotDecrypt):
        decrypt(stored, *PLACE)


@pytest.mark.parametrize("parts", [(), ("a|b",), ("a", "|")])
def test_two_places_cannot_look_alike(parts):
    with pytest.raises(ValueError, match="vertical bar"):
        encrypt(b"x", *parts)


def test_the_version_of_the_key_stands_in_front(monkeypatch):
    stored = encrypt(b"x", *PLACE)
    versions = {**keyring.keyring.versions("field"), 2: b"k" * 32}
    newer = keyring.Keyring(lambda: {**keyring.read_keys(settings.DATA_DIR, ""), "field": versions})
    monkeypatch.setattr(encryption, "keyring", newer)

    assert stored[0] == 1
    assert needs_reencryption(stored)
    assert decrypt(stored, *PLACE) == b"x"
    assert encrypt(b"x", *PLACE)[0] == 2
