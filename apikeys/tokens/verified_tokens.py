"""Signatures that were verified a moment ago.

Verifying an Ed25519 signature costs several times what the rest of a call costs, and a pipeline sends the same token
with each call. Its end, the signing key and the API key's row are looked at on every call, so nothing that ends a
token is delayed. Tokens are remembered by their digest, which is of no use to a thief.
"""

import hashlib
import threading
from collections import OrderedDict
from typing import Final

from apikeys.tokens.claims import Claims

MOST: Final = 4096

_lock: Final = threading.Lock()
_claims: OrderedDict[bytes, Claims] = OrderedDict()


def recall(token: str) -> Claims | None:
    """What the token says, if its signature was verified in this process not long ago."""
    return _claims.get(_digest(token))


def remember(token: str, claims: Claims) -> None:
    """Keep what a verified token says; beyond 4096 tokens the oldest goes."""
    with _lock:
        _claims[_digest(token)] = claims
        while len(_claims) > MOST:
            _claims.popitem(last=False)


def clear() -> None:
    """Verify every signature again."""
    with _lock:
        _claims.clear()


def _digest(token: str) -> bytes:
    return hashlib.blake2b(token.encode(), digest_size=32).digest()
