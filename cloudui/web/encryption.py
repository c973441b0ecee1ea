"""Values that the database keeps but must not be able to read: AES-256-GCM under the installation's field key.

A stored value is one byte with the key's version, a random nonce of 12 bytes, and the ciphertext with its tag.
What the value belongs to is bound to it as associated data (`signing|<kid>`, `variable|<deployment>|<key>|secret`):
a value copied to another row, or whose flag was changed, does not decrypt.
"""

import base64
import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.views.decorators.debug import sensitive_variables

from cloudui.web.keyring import KeyFileError, keyring

PURPOSE: Final = "field"
# NIST SP 800-38D section 8.2: 96 bits, random, far fewer than 2**32 values under one key.
NONCE_BYTES: Final = 12
SEPARATOR: Final = "|"


class CannotDecrypt(Exception):
    """The value was changed, or it is not where it belongs."""

    def __init__(self) -> None:
        super().__init__("An encrypted value does not belong where it is, or it was changed.")


@sensitive_variables()
def encrypt(plain: bytes, *belongs_to: str) -> bytes:
    """Encrypt with the current field key. `belongs_to` is the value's purpose and place.

    Raises ValueError if one contains `|`.
    """
    version, key = keyring.current(PURPOSE)
    nonce = secrets.token_bytes(NONCE_BYTES)
    return bytes([version]) + nonce + AESGCM(key).encrypt(nonce, plain, _associated(belongs_to))


@sensitive_variables()
def decrypt(stored: bytes, *belongs_to: str) -> bytes:
    """The value that was encrypted for the same place.

    Raises CannotDecrypt if it was changed or copied from elsewhere, KeyFileError if the key's version is gone.
    """
    if len(stored) <= NONCE_BYTES:
        raise CannotDecrypt
    key = _key(stored[0])
    nonce, sealed = stored[1 : NONCE_BYTES + 1], stored[NONCE_BYTES + 1 :]
    try:
        return AESGCM(key).decrypt(nonce, sealed, _associated(belongs_to))
    except InvalidTag:
        raise CannotDecrypt from None


@sensitive_variables()
def seal(plain: bytes, *belongs_to: str) -> str:
    """Encrypt for a hidden field of a page, in base64 for URLs; nobody who has the page can read it."""
    return base64.urlsafe_b64encode(encrypt(plain, *belongs_to)).decode()


@sensitive_variables()
def unseal(sealed: str, *belongs_to: str) -> bytes:
    """The value that was sealed for the same place.

    Raises CannotDecrypt if it is not ours, was changed, belongs elsewhere, or its key is no longer there.
    """
    try:
        stored = base64.b64decode(sealed.encode(), altchars=b"-_", validate=True)
    except ValueError:
        raise CannotDecrypt from None
    try:
        return decrypt(stored, *belongs_to)
    except KeyFileError:
        raise CannotDecrypt from None


def needs_reencryption(stored: bytes) -> bool:
    """Whether the value was made with an older version of the key than new ones are."""
    return stored[:1] != bytes([keyring.current(PURPOSE)[0]])


def _key(version: int) -> bytes:
    try:
        return keyring.get(PURPOSE, version)
    except KeyFileError:
        keyring.reload()
        return keyring.get(PURPOSE, version)


def _associated(parts: tuple[str, ...]) -> bytes:
    if not parts or any(SEPARATOR in part for part in parts):
        raise ValueError("Associated data needs parts, and none may contain a vertical bar.")
    return SEPARATOR.join(parts).encode()
