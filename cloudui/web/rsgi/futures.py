"""granian's futures without an event loop: what waits for one goes on in the thread that completes it."""

import logging
from collections.abc import Callable
from typing import Any

logger = logging.getLogger(__name__)


class Loop:
    """As much of an event loop as granian calls. It has no thread of its own and no queue."""

    def call_soon_threadsafe(self, callback: "Resume", future: Any, context: object = None) -> None:
        """A future that somebody waits for is complete."""
        try:
            callback(future)
        except Exception:
            # granian would not see it.
            logger.exception("A body could not be taken further")

    def call_soon(self, callback: "Resume", future: Any, context: object = None) -> None:
        """The future was complete when somebody began to wait. A call here would nest ever deeper."""
        callback.is_done = True


class Resume:
    """Calls `then(subject, future)` when the future is complete, once."""

    __slots__ = ("is_done", "subject", "then")

    def __init__(self, then: Callable[[Any, Any], None], subject: Any) -> None:
        self.then = then
        self.subject = subject
        self.is_done = False

    def __call__(self, future: Any) -> None:
        """Go on."""
        self.then(self.subject, future)

    def when_done(self, future: Any) -> bool:
        """Wait. Returns whether the future is complete already; then nothing is called."""
        future.add_done_callback(self, None)
        return self.is_done


def result_of(future: Any) -> bytes | None:
    """What a complete future brought, None if it was cancelled or the connection was cut.

    The exception is not raised: the future keeps it, and it would keep the frame that it was raised in, and that
    the future, for ever.
    """
    if future.cancelled() or future.exception() is not None:
        return None
    data: bytes = future.result()
    return data
