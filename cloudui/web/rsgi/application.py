"""Each request that granian brings: a thread at once, or after its body."""

import logging
from http import HTTPStatus
from typing import Any, Final

from cloudui.web.bodies import INPUT, MEMORY_BYTES, ONCE, SPACE, AwaitedBody, BodyAdmitted
from cloudui.web.rsgi import answering
from cloudui.web.rsgi.answering import WsgiApplication
from cloudui.web.rsgi.environ import UnreadableHeader, build_environ
from cloudui.web.rsgi.places import Places
from cloudui.web.rsgi.receiving import Body, Pace, Receiver

# It answers while all places are taken: it says that the process lives, and waits for nothing.
ALIVE: Final = "/healthz"
# Who hangs up leaves the request behind, so the number of connections is no limit to those that wait for a place.
MOST_WAITING: Final = 2048

logger = logging.getLogger(__name__)


class Application:
    """Takes requests from granian in any of its threads. Make it in the process that serves."""

    def __init__(self, application: WsgiApplication, *, places: int, pace: Pace) -> None:
        self._application = application
        self._places = Places(places)
        self._receiver = Receiver(pace, self._arrived, self._grew)

    def __call__(self, watcher: Any) -> None:
        """Take a request. Raises nothing: granian would not see it."""
        try:
            self._take(watcher.scope, watcher.proto)
        except UnreadableHeader:
            answering.refuse(watcher.proto, HTTPStatus.BAD_REQUEST, "X-Forwarded-For is not ASCII.")
        except Exception:
            logger.exception("A request could not be taken")
            answering.refuse(
                watcher.proto, HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong on our side."
            )

    def _take(self, scope: Any, proto: Any) -> None:
        length = _length(scope)
        if self._places.waiting >= MOST_WAITING and scope.path != ALIVE:
            answering.refuse(
                proto, HTTPStatus.SERVICE_UNAVAILABLE, "Too many requests at once.", answering.LATER
            )
            return
        # A small body comes while the head is read: that spares the caller a moment.
        future = proto() if length is not None and 0 < length <= self._receiver.soon_bytes else None
        environ = build_environ(scope)
        if length == 0 and environ["PATH_INFO"] == ALIVE:
            self._answer(environ, proto)
        elif length == 0:
            self._places.run(self._answer, environ, proto)
        elif length is not None and length > MEMORY_BYTES:
            self._places.run(self._ask, Body(proto, environ, length))
        else:
            self._receiver.receive(Body(proto, environ, length), future)

    def _arrived(self, body: Body) -> None:
        body.environ[INPUT] = body.file
        body.environ[SPACE] = body.space
        body.environ["CONTENT_LENGTH"] = str(body.received)
        self._places.run(self._answer_whole, body)

    def _answer_whole(self, body: Body) -> None:
        try:
            self._answer(body.environ, body.proto)
        finally:
            self._receiver.release(body)

    def _grew(self, body: Body) -> None:
        if body.most_bytes == MEMORY_BYTES:
            self._places.run(self._ask, body)
        else:
            answering.refuse(body.proto, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is too large.")
            self._receiver.drain(body)

    def _ask(self, body: Body) -> None:
        """Run the application with the head alone, to see whether it admits so much of a body."""
        length = str(body.received if body.length is None else body.length)
        body.environ[ONCE] = set()
        environ = {**body.environ, INPUT: AwaitedBody(body.length), "CONTENT_LENGTH": length}
        try:
            self._answer(environ, body.proto, close=True)
        except BodyAdmitted as admitted:
            self._receiver.resume(body, admitted.most_bytes, admitted.space)
        else:
            self._receiver.drain(body)

    def _answer(self, environ: dict[str, Any], proto: Any, *, close: bool = False) -> None:
        answering.answer(self._application, environ, proto, close=close)


def _length(scope: Any) -> int | None:
    """How long the body is; None if it comes in chunks."""
    headers = scope.headers
    if (length := headers.get("content-length")) is not None:
        return int(length)
    return None if "transfer-encoding" in headers else 0
