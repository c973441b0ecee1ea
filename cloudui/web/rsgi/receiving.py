"""Takes in bodies, many at once and without a thread for each, and ends those that do not come."""

import io
import logging
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import IO, Any, Final

from cloudui.web.bodies import MEMORY_BYTES, place
from cloudui.web.disk import NoSpace, Space
from cloudui.web.rsgi import answering
from cloudui.web.rsgi.futures import Resume, result_of

# What all bodies that are not answered yet may take of a process's memory; beyond it the largest on its way is refused.
ALL_BYTES: Final = 128 * 1024 * 1024
# Who is refused may go on sending for so long: closed earlier, the connection would be reset under the answer.
LINGER_SECONDS: Final = 10

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """How slowly a body may come: seconds without a byte, and bytes a second on average after as many."""

    idle_seconds: int
    least_bytes_a_second: int

    @property
    def soon_bytes(self) -> int:
        """A body that is no longer must be whole when the first average is taken."""
        return min(self.idle_seconds * self.least_bytes_a_second, 64 * 1024)


class Body:
    """A body on its way.

    Attributes:
        length: what the head says, None for a body in chunks.
        most_bytes: how long it may be.
        file: what there is of it.
        space: what is reserved for it on the disk, None while it fits into memory.
        future: granian's, of the next piece.
        last: when a piece came last.
    """

    most_bytes = MEMORY_BYTES
    received = 0
    in_memory = 0
    is_open = False
    is_paused = False
    is_refused = False
    is_ending = False
    file: IO[bytes]
    space: Space | None = None
    future: Any = None

    def __init__(self, proto: Any, environ: dict[str, Any], length: int | None) -> None:
        self.proto = proto
        self.environ = environ
        self.length = length
        self.began = self.last = time.monotonic()


class Receiver:
    """All bodies on their way to this process."""

    def __init__(self, pace: Pace, arrived: Callable[[Body], None], grew: Callable[[Body], None]) -> None:
        """Make one, in the process that serves.

        Args:
            pace: who is slower is refused.
            arrived: called with a body that is whole.
            grew: called with one that is longer than its `most_bytes`, which may then be raised.
        """
        self._pace = pace
        # A body that is no longer is read in one piece: too slow is what is not whole by then.
        self.soon_bytes = pace.soon_bytes
        self._arrived = arrived
        self._grew = grew
        # Taking a body out of here is the right to answer for it: exactly one thread gets it.
        self._bodies: dict[Body, None] = {}
        self._in_memory = 0
        self._lock = threading.Lock()
        threading.Thread(target=self._watch, name="bodies", daemon=True).start()

    def receive(self, body: Body, future: Any = None) -> None:
        """Take in a body; returns at once. `future`: granian's of all of it, for one of up to `soon_bytes`."""
        self._bodies[body] = None
        if future is None:
            body.file = io.BytesIO()
            self._read_on(body)
            return
        body.future = future
        if Resume(self._collected, body).when_done(future):
            self._collected(body, future)

    def resume(self, body: Body, most_bytes: int, space: Space) -> None:
        """Take in more of a body than anybody may send; what is reserved for it ends with the body."""
        body.space = space
        if not hasattr(body, "file"):
            body.file = io.BytesIO()
        now = time.monotonic()
        body.began += now - body.last
        body.last = now
        body.most_bytes = most_bytes
        body.is_paused = False
        self._bodies[body] = None
        self._read_on(body)

    def drain(self, body: Body) -> None:
        """Throw away what comes of a body that is refused, for a moment, so that its sender can read the answer."""
        body.is_refused = True
        self._discard(body)
        body.began = body.last = time.monotonic()
        body.is_paused = False
        self._bodies[body] = None
        self._read_on(body)

    def release(self, body: Body) -> None:
        """The body, which had arrived, has been answered: nothing is kept for it any more."""
        self._count_off(body)
        if body.space is not None:
            body.space.release()

    def _collected(self, body: Body, future: Any) -> None:
        if (data := result_of(future)) is None:
            self._cut(body)
            return
        body.received = len(data)
        body.file = io.BytesIO(data)
        self._count(body, len(data))
        if self._claim(body):
            self._arrived(body)

    def _resumed(self, body: Body, future: Any) -> None:
        if self._took(body, future):
            self._read_on(body)

    def _read_on(self, body: Body) -> None:
        while body in self._bodies and (proto := body.proto):
            if not body.is_open:
                proto.__aiter__()
                body.is_open = True
            try:
                future = proto.__anext__()
            except StopAsyncIteration:
                # Of a body in chunks this is the end, and the only sign of it.
                self._end(body)
                return
            if body.is_ending:
                # granian returns an empty piece for the end and for a cut connection; only the end is followed by none.
                self._cut(body)
                return
            body.future = future
            if not Resume(self._resumed, body).when_done(future) or not self._took(body, future):
                return

    def _took(self, body: Body, future: Any) -> bool:
        """Keep the next piece. Returns whether there is more to come."""
        if (piece := result_of(future)) is None:
            return False
        body.last = time.monotonic()
        body.received += len(piece)
        body.is_ending = not piece
        if not piece and body.length is not None:
            self._cut(body)
            return False
        if body.is_refused:
            return body.received != body.length or self._end(body)
        if body.received > body.most_bytes:
            body.is_paused = True
            if self._keep(body, piece):
                self._grew(body)
            return False
        return self._keep(body, piece) and (body.received != body.length or self._end(body))

    def _keep(self, body: Body, piece: bytes) -> bool:
        """Write a piece, to memory or to disk. Returns whether there was room for it."""
        try:
            if body.most_bytes > MEMORY_BYTES and isinstance(body.file, io.BytesIO):
                self._move_to_disk(body)
            if isinstance(body.file, io.BytesIO):
                self._count(body, len(piece))
            else:
                body.space.use(len(piece))  # type: ignore[union-attr] # what is longer was admitted
            body.file.write(piece)
        except NoSpace as error:
            self._refuse(body, HTTPStatus.INSUFFICIENT_STORAGE, str(error), answering.LATER)
            return False
        except OSError:
            logger.exception("A body could not be kept")
            self._refuse(body, HTTPStatus.INSUFFICIENT_STORAGE, str(NoSpace()), answering.LATER)
            return False
        except ValueError:  # refused meanwhile, and closed
            return False
        return True

    def _count(self, body: Body, more: int) -> None:
        with self._lock:
            if body not in self._bodies:  # refused meanwhile, and counted off
                return
            body.in_memory += more
            self._in_memory += more
            is_too_much = self._in_memory > ALL_BYTES
        if is_too_much:
            others = [other for other in list(self._bodies) if not other.is_paused]
            largest = max(others, key=lambda other: other.in_memory, default=body)
            self._refuse(largest, HTTPStatus.SERVICE_UNAVAILABLE, "Too many bodies at once.", answering.LATER)

    def _count_off(self, body: Body) -> None:
        with self._lock:
            self._in_memory -= body.in_memory
            body.in_memory = 0

    def _discard(self, body: Body) -> None:
        self.release(body)
        if hasattr(body, "file"):
            body.file.close()

    def _move_to_disk(self, body: Body) -> None:
        begun = body.file.getvalue()  # type: ignore[attr-defined] # it is a BytesIO
        body.space.use(len(begun))  # type: ignore[union-attr] # it was admitted
        file = tempfile.TemporaryFile(dir=place())  # noqa: SIM115 - whoever answers closes it
        file.write(begun)
        self._count_off(body)
        body.file = file

    def _end(self, body: Body) -> bool:
        """The body is whole: hand it over. Returns that nothing more is to come."""
        if self._claim(body) and not body.is_refused:
            body.file.seek(0)
            self._arrived(body)
        return False

    def _cut(self, body: Body) -> None:
        """The connection was cut. What there is of the body must not be taken for all of it."""
        self._refuse(body, HTTPStatus.BAD_REQUEST, "The body of the request is not whole.")

    def _claim(self, body: Body) -> bool:
        try:
            del self._bodies[body]
        except KeyError:
            return False
        body.future = None
        return True

    def _refuse(self, body: Body, status: HTTPStatus, sentence: str, *more: tuple[str, str]) -> None:
        future = body.future
        if not self._claim(body):
            return
        self._discard(body)
        if not body.is_refused:
            answering.refuse(body.proto, status, sentence, *more)
        # granian ends the connection when nobody can read the body any more.
        if future is not None:
            future.cancel()
        body.proto = None
        body.environ = {}

    def _watch(self) -> None:
        while True:
            time.sleep(1)
            try:
                self._end_late(time.monotonic())
            except Exception:
                logger.exception("Bodies that are late could not be ended")

    def _end_late(self, now: float) -> None:
        for body in list(self._bodies):
            if self._is_late(body, now):
                self._refuse(
                    body, HTTPStatus.REQUEST_TIMEOUT, "The body of the request did not come in time."
                )

    def _is_late(self, body: Body, now: float) -> bool:
        if body.is_paused:
            return False
        age = now - body.began
        if body.is_refused:
            return age > LINGER_SECONDS
        return now - body.last >= self._pace.idle_seconds or (
            age >= self._pace.idle_seconds and body.received < age * self._pace.least_bytes_a_second
        )
