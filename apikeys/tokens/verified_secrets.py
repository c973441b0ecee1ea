"""Secrets that argon2 verified a moment ago.

A command-line client exchanges its key before every command, and argon2 costs 20 ms of a core each time. For five
minutes this process recognises the same secret by a keyed BLAKE2b, whose key never leaves it. What is remembered is
bound to the hash in the secret's row, which is read on every exchange: whatever ends a secret is noticed at once.
"""

import hashlib
import hmac
import secrets
import threading
import time
from collections import OrderedDict
from typing import Final

from django.views.decorators.debug import sensitive_variables

from apikeys.credentials import KeySecret

SECONDS: Final = 300.0
MOST: Final = 4096

_process_key: Final = secrets.token_bytes(32)
_lock: Final = threading.Lock()
# The primary key of the secret's row; the digest; until when.
_verified: OrderedDict[int, tuple[bytes, float]] = OrderedDict()


@sensitive_variables()
def is_verified(row: int, encoded: str, secret: KeySecret) -> bool:
    """Whether argon2 has accepted this secret for this row and hash in the last five minutes."""
    known = _verified.get(row)
    if known is None or time.monotonic() >= known[1]:
        return False
    return hmac.compare_digest(known[0], _digest(encoded, secret))


@sensitive_variables()
def remember(row: int, encoded: str, secret: KeySecret) -> None:
    """Keep that argon2 accepted this secret; beyond 4096 rows the oldest goes."""
    with _lock:
        _verified.pop(row, None)
        _verified[row] = (_digest(encoded, secret), time.monotonic() + SECONDS)
        while len(_verified) > MOST:
            _verified.popitem(last=False)


def clear() -> None:
    """Let argon2 check every secret again."""
    with _lock:
        _verified.clear()


@sensitive_variables()
def _digest(encoded: str, secret: KeySecret) -> bytes:
    return hashlib.blake2b(
        f"{encoded}\0{secret.reveal()}".encode(), key=_process_key, digest_size=32
    ).digest()
