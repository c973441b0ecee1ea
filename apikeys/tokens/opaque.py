"""Codes and refresh tokens: 256 random bits that say nothing, and how the database knows them again.

It keeps HMAC-SHA256 under the pepper: whoever reads rows learns nothing, and whoever writes rows cannot plant one,
because the pepper is outside the database. So many random bits need no slow hash.
"""

import hmac
import secrets
from typing import Final

from django.views.decorators.debug import sensitive_variables

from apikeys.credentials import KeySecret
from cloudui.web.keyring import keyring

# By their beginnings logs mask them (cloudui.web.logs), and a code is never taken for a refresh token.
CODE: Final = "cuic_"
REFRESH: Final = "cuir_"
RANDOM_BYTES: Final = 32


@sensitive_variables()
def generate(prefix: str) -> KeySecret:
    """A fresh one, `CODE` or `REFRESH` and 43 characters of base64url."""
    return KeySecret(prefix + secrets.token_urlsafe(RANDOM_BYTES))


@sensitive_variables()
def digest(token: KeySecret) -> bytes:
    """What the database keeps of it, under the newest pepper."""
    return _digest(keyring.current("pepper")[1], token)


@sensitive_variables()
def digests(token: KeySecret, *, prefix: str) -> list[bytes]:
    """What to look for in the database, under each pepper; nothing for a token of another kind."""
    if not token.reveal().startswith(prefix):
        return []
    return [_digest(pepper, token) for pepper in keyring.versions("pepper").values()]


@sensitive_variables()
def _digest(pepper: bytes, token: KeySecret) -> bytes:
    return hmac.digest(pepper, token.reveal().encode(), "sha256")
