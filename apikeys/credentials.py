"""The key ID and the key secret: how they look, how a forgery is recognised, how a secret is stored.

A secret is 60 characters, `cui1_` + V + 43 random + 11 of tag:

- V, one base-62 character, names the version of the MAC key;
- the random part holds 256 bits;
- the tag is base62(HMAC-SHA256(MAC key, everything before it)[:8]).

The tag is a shield against load: what was never issued here fails on one HMAC, before the database and before
argon2. It proves nothing; the proof is `argon2id(HMAC-SHA256(pepper, secret))` in the row of that key. The
pepper lives outside the database, so that who can write rows still cannot plant a secret of their own.
"""

import hmac
import re
import secrets
import string
from typing import Final, NoReturn

import argon2
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from django.views.decorators.debug import sensitive_variables

from cloudui.web import slots
from cloudui.web.keyring import keyring

# Published, so that scanners of repositories find a leaked secret.
SECRET_PATTERN: Final = "cui1_[0-9A-Za-z]{55}"

BASE62: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
PREFIX: Final = "cui1_"
SECRET_LENGTH: Final = 60
RANDOM_LENGTH: Final = 43
TAG_LENGTH: Final = 11
TAG_BYTES: Final = 8
KEY_ID_LENGTH: Final = 32
FINGERPRINT_BYTES: Final = 16
MASK: Final = "<key secret>"

_SECRET = re.compile(SECRET_PATTERN, re.ASCII)
# The least that OWASP recommends. The secret has 256 random bits, so more would only cost time.
_HASHER: Final = argon2.PasswordHasher(memory_cost=19456, time_cost=2, parallelism=1, type=argon2.Type.ID)


class KeySecret:
    """A key secret on its way. It shows itself only when asked by name, with `reveal()`."""

    __slots__ = ("__text",)

    @sensitive_variables()
    def __init__(self, text: str) -> None:
        """Wrap plain text, genuine or not."""
        self.__text = text

    def reveal(self) -> str:
        """The plain text. Use it where it is needed and keep it nowhere."""
        return self.__text

    def __repr__(self) -> str:
        """Say what it is, not which."""
        return MASK

    def __format__(self, spec: str) -> str:
        """Stay masked in f-strings."""
        return format(MASK, spec)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        """Refuse to be pickled or copied: sessions and caches are no place for a secret."""
        raise TypeError("A key secret cannot be pickled or copied.")


def new_key_id() -> str:
    """A random key ID, 32 of `[0-9A-Za-z]`."""
    return _random(KEY_ID_LENGTH)


@sensitive_variables()
def generate_secret() -> KeySecret:
    """A random secret with a genuine tag. Show it now or never."""
    version, mac_key = keyring.current("mac")
    body = f"{PREFIX}{BASE62[version]}{_random(RANDOM_LENGTH)}"
    return KeySecret(body + _tag(mac_key, body))


@sensitive_variables()
def has_genuine_tag(candidate: KeySecret | str) -> bool:
    """Whether this installation once made that secret, as far as one HMAC can tell, in constant time."""
    text = candidate.reveal() if isinstance(candidate, KeySecret) else candidate
    if len(text) != SECRET_LENGTH or _SECRET.fullmatch(text) is None:
        return False
    mac_key = keyring.versions("mac").get(BASE62.index(text[len(PREFIX)]))
    if mac_key is None:
        return False
    return hmac.compare_digest(_tag(mac_key, text[:-TAG_LENGTH]), text[-TAG_LENGTH:])


@sensitive_variables()
def hash_secret(secret: KeySecret) -> tuple[str, int]:
    """What the database keeps, with parameters and salt, and the version of the pepper.

    Waits for an argon2 slot (SlotsBusy if none comes free): call it before the transaction that stores the result.
    """
    pepper_version, pepper = keyring.current("pepper")
    with slots.argon2_slot():
        return _HASHER.hash(_peppered(secret, pepper)), pepper_version


@sensitive_variables()
def verify(secret: KeySecret, encoded: str, pepper_version: int) -> bool:
    """Whether this is the secret that `hash_secret` was given. Always costs one argon2, and may raise SlotsBusy."""
    pepper = keyring.versions("pepper").get(pepper_version)
    if pepper is None:
        verify_dummy(secret)
        return False
    try:
        with slots.argon2_slot():
            return _HASHER.verify(encoded, _peppered(secret, pepper))
    except (VerifyMismatchError, InvalidHashError):
        return False


@sensitive_variables()
def verify_dummy(secret: KeySecret) -> None:
    """Cost what `verify` costs where there is no row to verify against, so that time tells nothing."""
    hash_secret(secret)


def needs_rehash(encoded: str, pepper_version: int) -> bool:
    """Whether a hash was made with other parameters or another pepper than new ones are."""
    return pepper_version != keyring.current("pepper")[0] or _HASHER.check_needs_rehash(encoded)


@sensitive_variables()
def fingerprint(secret: KeySecret) -> bytes:
    """16 bytes by which a leaked secret is found again, under the current fingerprint key."""
    return fingerprints(secret)[0]


@sensitive_variables()
def fingerprints(secret: KeySecret) -> list[bytes]:
    """The fingerprints under every version of the fingerprint key, newest first: for looking up."""
    text = secret.reveal().encode()
    return [
        hmac.digest(key, text, "sha256")[:FINGERPRINT_BYTES]
        for key in reversed(keyring.versions("fingerprint").values())
    ]


def _random(length: int) -> str:
    return "".join(secrets.choice(BASE62) for _ in range(length))


@sensitive_variables()
def _tag(mac_key: bytes, body: str) -> str:
    number = int.from_bytes(hmac.digest(mac_key, body.encode(), "sha256")[:TAG_BYTES])
    characters = []
    for _ in range(TAG_LENGTH):
        number, remainder = divmod(number, len(BASE62))
        characters.append(BASE62[remainder])
    return "".join(reversed(characters))


@sensitive_variables()
def _peppered(secret: KeySecret, pepper: bytes) -> bytes:
    return hmac.digest(pepper, secret.reveal().encode(), "sha256")
