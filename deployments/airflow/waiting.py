"""Waiting for an Airflow, never longer than was said, in a thread of a server that has few.

All calls of this process run in one event loop: there a limit is on the whole of what is done, however slowly an Airflow
sends its answer, and several questions are asked at once. An Airflow that kept somebody waiting is not asked again for a
moment, so that a page says so at once and a dead Airflow does not take the threads of the others.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError
from typing import Any, Final, TypeVar

from cloudui.web import databases

Result = TypeVar("Result")

# What a page may take longer because of Airflow.
PAGE_SECONDS: Final = 2.0
# For how long an Airflow that did not answer is left alone.
PAUSE_SECONDS: Final = 10.0


class TookTooLong(Exception):
    """There was no answer in time."""


class Silent:
    """The Airflows that kept somebody waiting a moment ago, by their address."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}

    def includes(self, address: str) -> bool:
        """Whether it is not worth asking yet."""
        return self._clock() < self._until.get(address, 0.0)

    def add(self, address: str) -> None:
        """It did not answer in time."""
        now = self._clock()
        self._until = {known: until for known, until in self._until.items() if until > now}
        self._until[address] = now + PAUSE_SECONDS

    def remove(self, address: str) -> None:
        """It answered."""
        self._until.pop(address, None)


silent = Silent()


def wait_for(work: Coroutine[Any, Any, Result], *, seconds: float) -> Result:
    """Do it in the loop of this process and return its result.

    Meanwhile the caller's thread holds no connection to the database.

    Raises:
        TookTooLong: after so many seconds; what was begun is cancelled.
    """
    databases.release()
    future = asyncio.run_coroutine_threadsafe(_bounded(work, seconds), _loop())
    try:
        return future.result()
    except (TimeoutError, CancelledError):
        raise TookTooLong from None


async def _bounded(work: Coroutine[Any, Any, Result], seconds: float) -> Result:
    async with asyncio.timeout(seconds):
        return await work


_lock: Final = threading.Lock()
_loops: list[asyncio.AbstractEventLoop] = []


def _loop() -> asyncio.AbstractEventLoop:
    with _lock:
        if not _loops:
            loop = asyncio.new_event_loop()
            threading.Thread(target=loop.run_forever, name="airflow-calls", daemon=True).start()
            _loops.append(loop)
        return _loops[0]
