"""How often somebody may do something in a minute, counted in the shared cache.

With the default cache each process counts for itself; with Redis (`CACHE_URL`) all of them count together.
Windows are clock minutes: simple, and the caller can be told exactly when the next one begins.
"""

import hashlib
import logging
import time
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from django.core.cache import cache
from redis.exceptions import RedisError

from cloudui.web import metrics

WINDOW_SECONDS: Final = 60
# Whoever has one IPv6 address has the 2**64 others of its network as well.
IPV6_PREFIX: Final = 64

logger = logging.getLogger(__name__)


def count(name: str, who: str) -> int:
    """Count one more event of this minute.

    Args:
        name: what is counted, such as `token-failures`.
        who: whose events, of any length and content.

    Returns:
        How many there were in this minute, this one included; 0 if the cache cannot be reached, because a
        cache that is down must not take the token endpoint with it.
    """
    key = _key(name, who)
    try:
        return _add_one(key)
    except (RedisError, OSError):
        metrics.count_failure("cache")
        logger.exception("The cache cannot be reached: nothing is limited until it is back.")
        return 0


def peek(name: str, who: str) -> int:
    """How many were counted in this minute, without counting another one."""
    try:
        return int(cache.get(_key(name, who), 0))
    except (RedisError, OSError):
        metrics.count_failure("cache")
        logger.exception("The cache cannot be reached: nothing is limited until it is back.")
        return 0


def is_first(name: str, who: str, *, seconds: int = WINDOW_SECONDS) -> bool:
    """Whether this has not happened in the last `seconds`: for what is written at most once in that time."""
    try:
        return bool(cache.add(f"once:{name}:{_digest(who)}", 1, timeout=seconds))
    except (RedisError, OSError):
        metrics.count_failure("cache")
        logger.exception("The cache cannot be reached: nothing is limited until it is back.")
        return True


def seconds_left() -> int:
    """After how many whole seconds the next window begins, 1 to 60: the value of `Retry-After`."""
    return WINDOW_SECONDS - int(time.time()) % WINDOW_SECONDS


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


def _add_one(key: str) -> int:
    try:
        return cache.incr(key)
    except ValueError:
        # The first of this minute, unless somebody else's was a moment earlier.
        cache.add(key, 0, timeout=2 * WINDOW_SECONDS)
    try:
        return cache.incr(key)
    except ValueError:
        # The entry was evicted between the two calls.
        return 1


def _key(name: str, who: str) -> str:
    return f"limit:{name}:{int(time.time()) // WINDOW_SECONDS}:{_digest(who)}"


def _digest(who: str) -> str:
    # What the caller sent must not choose the cache's keys, nor be readable in them.
    return hashlib.blake2b(who.encode(errors="replace"), digest_size=16).hexdigest()
