"""The cache in Redis, which nobody waits for: while Redis is away, a process counts in its own memory.

Limits are what is kept there (cloudui.web.ratelimit, django-allauth), so nobody may be locked out when Redis is killed,
hangs, is full or refuses us, and the limits must not end either. A failed or late answer opens a circuit breaker: no
request tries again until a thread of ours has written to Redis.
"""

import functools
import logging
import queue
import socket
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.connection import Connection, SSLConnection
from redis.exceptions import RedisError
from redis.retry import Retry

# How long connecting and each answer may take.
ANSWER_SECONDS: Final = 0.1
# A request asks several times: if even the best of some answers takes longer, Redis is no help.
SLOW_SECONDS: Final = 0.03
TRIES: Final = 3
# For how long nobody tries after a failure.
PAUSE_SECONDS: Final = 2.0
SAY_SECONDS: Final = 60.0
# As many entries as without Redis (cloudui.configuration), and deletions that are made up for later.
MOST_ENTRIES: Final = 50_000
PROBE: Final = "is-it-there"

logger = logging.getLogger(__name__)


class _Connection(Connection):
    """A connection that finds its server's address in time: the system's resolver may take half a minute."""

    def _connect(self) -> socket.socket:
        name = self.host
        failure: OSError = OSError(f"{name} has no address")
        try:
            for address in _addresses(name, self.port):
                self.host = address
                try:
                    connected: socket.socket = super()._connect()  # type: ignore[no-untyped-call] # redis-py has no types here
                except OSError as error:
                    failure = error
                else:
                    return connected
            raise failure
        finally:
            # A certificate is for the name.
            self.host = name


class _TlsConnection(SSLConnection, _Connection):
    """The same for rediss://."""


class SoftRedisCache(BaseCache):
    """Django's cache in Redis, with the memory of the process in its place while it fails."""

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        self._remote = _remote(location, params)
        self._server = _server(location)

    @property
    def is_degraded(self) -> bool:
        """Whether the memory of the process stands in, found out by writing to Redis."""
        self.set(PROBE, 1)
        return not self._server.is_up

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self._do("add", key, value, timeout, version))

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        return self._do("get", key, default, version)

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._do("set", key, value, timeout, version)

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self._do("touch", key, timeout, version))

    def delete(self, key: str, version: int | None = None) -> bool:
        return bool(self._do("delete", key, version))

    def get_many(self, keys: Any, version: int | None = None) -> dict[str, Any]:
        found: dict[str, Any] = self._do("get_many", list(keys), version)
        return found

    def has_key(self, key: str, version: int | None = None) -> bool:
        return bool(self._do("has_key", key, version))

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        value: int = self._do("incr", key, delta, version)
        return value

    def set_many(
        self, data: dict[str, Any], timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> list[str]:
        failed: list[str] = self._do("set_many", data, timeout, version)
        return failed

    def delete_many(self, keys: Any, version: int | None = None) -> None:
        self._do("delete_many", list(keys), version)

    def clear(self) -> None:
        self._do("clear")

    def _do(self, operation: str, *arguments: Any) -> Any:
        server = self._server
        if server.is_up:
            began = time.perf_counter()
            try:
                result = getattr(self._remote, operation)(*arguments)
            except (RedisError, OSError) as error:
                server.lose(error, self._remote)
            else:
                if time.perf_counter() - began > SLOW_SECONDS:
                    server.doubt(self._remote)
                return result
        if operation in {"delete", "delete_many"}:
            server.delete_later(*arguments)
        return getattr(server.memory, operation)(*arguments)


class _Server:
    """What a process knows of Redis. All its threads share it.

    Attributes:
        is_up: whether it is used.
        memory: what stands in for it.
    """

    def __init__(self, location: str) -> None:
        self.is_up = True
        self.memory = LocMemCache(location, {"OPTIONS": {"MAX_ENTRIES": MOST_ENTRIES}})
        self._lock = threading.Lock()
        self._is_doubted = False
        self._deleted: dict[tuple[str, int | None], None] = {}
        self._said_at = -SAY_SECONDS
        self._is_said = False

    def lose(self, error: Exception, remote: RedisCache) -> None:
        """Use it no more, and look for it until it is back."""
        with self._lock:
            if not self.is_up:
                return
            self.memory.clear()
            self.is_up = False
        self._say_lost(error)
        self._start(self._look, remote)

    def doubt(self, remote: RedisCache) -> None:
        """An answer took long. That may have been our own fault: find out."""
        with self._lock:
            if self._is_doubted or not self.is_up:
                return
            self._is_doubted = True
        self._start(self._examine, remote)

    def delete_later(self, keys: str | list[str], version: int | None = None) -> None:
        """What is deleted now must not be there again when Redis is, such as a lock or the failures before a success."""
        with self._lock:
            for key in [keys] if isinstance(keys, str) else keys:
                if len(self._deleted) < MOST_ENTRIES:
                    self._deleted[key, version] = None

    @staticmethod
    def _start(job: Callable[[RedisCache], None], remote: RedisCache) -> None:
        # Each thread has a cache and connections of its own.
        own = RedisCache(remote._servers, {"OPTIONS": remote._options})  # type: ignore[attr-defined] # noqa: SLF001 - Django publishes neither
        own.key_prefix, own.version, own.key_func = remote.key_prefix, remote.version, remote.key_func
        threading.Thread(target=job, args=(own,), name="cache", daemon=True).start()

    def _examine(self, remote: RedisCache) -> None:
        try:
            _try(remote)
        except (RedisError, OSError) as error:
            self.lose(error, remote)
        finally:
            time.sleep(1)
            self._is_doubted = False

    def _look(self, remote: RedisCache) -> None:
        while not self.is_up:
            time.sleep(PAUSE_SECONDS)
            try:
                _try(remote)
                self._make_up(remote)
            except (RedisError, OSError) as error:
                self._say_lost(error)
        if self._is_said:
            self._is_said = False
            logger.warning("Redis is back: limits are counted by all processes together.")

    def _make_up(self, remote: RedisCache) -> None:
        while True:
            with self._lock:
                if not self._deleted:
                    self.is_up = True
                    return
                deleted = list(self._deleted)
            for key, version in deleted:
                remote.delete(key, version)
            with self._lock:
                for entry in deleted:
                    self._deleted.pop(entry, None)

    def _say_lost(self, error: Exception) -> None:
        now = time.monotonic()
        if now - self._said_at < SAY_SECONDS:
            return
        self._said_at = now
        self._is_said = True
        logger.warning("Redis cannot be used; each process counts limits for itself meanwhile: %s", error)


def _try(remote: RedisCache) -> None:
    """Write several times: Redis may be full or a copy that is only read. Raises what Redis does, or TimeoutError."""
    best = ANSWER_SECONDS
    for _ in range(TRIES):
        began = time.perf_counter()
        remote.set(PROBE, 1)
        best = min(best, time.perf_counter() - began)
    if best > SLOW_SECONDS:
        raise TimeoutError(f"it takes {best * 1000:.0f} ms to answer")


def _remote(location: str, params: dict[str, Any]) -> RedisCache:
    options = {
        "connection_class": _TlsConnection if location.startswith("rediss:") else _Connection,
        "socket_connect_timeout": ANSWER_SECONDS,
        "socket_timeout": ANSWER_SECONDS,
        # redis-py's own would wait for seconds before it tries again.
        "retry": Retry(NoBackoff(), 0),
    }
    return RedisCache(location, {**params, "OPTIONS": {**options, **params.get("OPTIONS", {})}})


@functools.cache
def _server(location: str) -> _Server:
    return _Server(location)


def _addresses(name: str, port: int) -> list[str]:
    """The IP addresses of a host; OSError if they are not found in time."""
    found: queue.SimpleQueue[list[str] | OSError] = queue.SimpleQueue()

    def resolve() -> None:
        try:
            entries = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
        except OSError as error:
            found.put(error)
        else:
            found.put([str(address[0]) for *_, address in entries])

    threading.Thread(target=resolve, name="resolver", daemon=True).start()
    try:
        addresses = found.get(timeout=ANSWER_SECONDS)
    except queue.Empty:
        raise TimeoutError(f"the address of {name} was not found in time") from None
    if isinstance(addresses, OSError):
        raise addresses
    return addresses
