"""How many requests are worked on at once."""

import threading
from collections import deque
from collections.abc import Callable
from typing import Any


class Places:
    """Runs jobs in the threads that bring them, so many at once; the others wait and are run by whoever is done.

    The server has some more threads than places: they take in heads and bodies while all places are taken.
    """

    def __init__(self, number: int) -> None:
        self._free = number
        self._waiting: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        self._lock = threading.Lock()

    def run(self, job: Callable[..., None], *arguments: Any) -> None:
        """Run a job, which raises nothing, now or as soon as there is a place."""
        with self._lock:
            if not self._free:
                self._waiting.append((job, arguments))
                return
            self._free -= 1
        while True:
            job(*arguments)
            with self._lock:
                if not self._waiting:
                    self._free += 1
                    return
                job, arguments = self._waiting.popleft()
