"""How many requests are worked on at once."""

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from cloudui.web import metrics

logger = logging.getLogger(__name__)


class Places:
    """Runs jobs in the threads that bring them, so many at once; the others wait and are run by whoever is done.

    The server has some more threads than places: they take in heads and bodies while all places are taken.
    """

    def __init__(self, number: int) -> None:
        self._free = number
        self._waiting: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        self._lock = threading.Lock()
        self._thread = threading.local()

    @property
    def waiting(self) -> int:
        """How many jobs have no place yet."""
        return len(self._waiting)

    def run(self, job: Callable[..., None], *arguments: Any) -> None:
        """Run a job now or as soon as there is a place; one that a job brings comes after it, in the same place."""
        is_inside = getattr(self._thread, "is_inside", False)
        with self._lock:
            if is_inside or not self._free:
                self._waiting.append((job, arguments))
                metrics.REQUESTS_WAITING.inc()
                return
            self._free -= 1
        self._thread.is_inside = True
        while True:
            try:
                job(*arguments)
            except BaseException:
                # What is raised here would take the place with it, and those who wait would wait for ever.
                logger.exception("A request failed")
            with self._lock:
                if not self._waiting:
                    self._free += 1
                    self._thread.is_inside = False
                    return
                job, arguments = self._waiting.popleft()
                metrics.REQUESTS_WAITING.dec()
