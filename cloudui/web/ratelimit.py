"""How often somebody may do something in a minute, counted in the shared cache.

With the default cache each process counts for itself; with Redis (`CACHE_URL`) all of them count together, and each for
itself while Redis is away (cloudui.web.cache).
Windows are clock minutes, or days in UTC: simple, and the caller can be told exactly when the next one begins.
"""

import hashlib
import time
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from django.core.cache import cache

WINDOW_SECONDS: Final = 60
DAY_SECONDS: Final = 24 * 60 * 60
# Whoever has one IPv6 address has the 2**64 others of its network as well.
IPV6_PREFIX: Final = 64


def count(name: str, who: str, *, seconds: int = WINDOW_SECONDS) -> int:
    """Count one more event of this minute, or of another window.

    Args:
        name: what is counted, such as `token-failures`.
        who: whose events, of any length and content.
        seconds: how long the window is.

    Returns:
        How many there were in this window, this one included.
    """
    key = _key(name, who, seconds)
    try:
        return cache.incr(key)
    except ValueError:
        # The first of this window, unless somebody else's was a moment earlier.
        cache.add(key, 0, timeout=2 * seconds)
    try:
        return cache.incr(key)
    except ValueError:
        # The entry was evicted between the two calls.
        return 1


def peek(name: str, who: str) -> int:
    """How many were counted in this minute, without counting another one."""
    return int(cache.get(_key(name, who, WINDOW_SECONDS), 0))


def is_first(name: str, who: str, *, seconds: int = WINDOW_SECONDS) -> bool:
    """Whether this has not happened in the last `seconds`: for what is written at most once in that time."""
    return bool(cache.add(f"once:{name}:{_digest(who)}", 1, timeout=seconds))


def seconds_left(seconds: int = WINDOW_SECONDS) -> int:
    """After how many whole seconds the next window of so many begins, 1 at least: the value of `Retry-After`."""
    return seconds - int(time.time()) % seconds


@lru_cache(maxsize=4096)
def caller(address: str) -> str:
    """By which name an IP address is counted: itself, or its /64 network for IPv6."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, IPV6_PREFIX), strict=False))
    return address


def _key(name: str, who: str, seconds: int) -> str:
    return f"limit:{name}:{int(time.time()) // seconds}:{_digest(who)}"


def _digest(who: str) -> str:
    # What the caller sent must not choose the cache's keys, nor be readable in them.
    return hashlib.blake2b(who.encode(errors="replace"), digest_size=16).hexdigest()
