"""Runs the WSGI application for one request and sends what it answers."""

import logging
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from cloudui.web.bodies import INPUT, BodyAdmitted
from cloudui.web.rsgi.environ import NO_BODY

Headers = list[tuple[str, str]]
WsgiApplication = Callable[..., Iterable[bytes]]

CLOSE = ("Connection", "close")
LATER = ("Retry-After", "60")

logger = logging.getLogger(__name__)


class _StartResponse:
    """What PEP 3333 calls `start_response`, for an application that calls it once and before its first byte."""

    __slots__ = ("headers", "status")

    def __call__(self, status: str, headers: Headers, _exc_info: object = None) -> None:
        """Keep status and headers."""
        self.status = int(status[:3])
        self.headers = headers


def answer(application: WsgiApplication, environ: dict[str, Any], proto: Any, *, close: bool = False) -> None:
    """Run the application and send its answer; `close` ends the connection after it.

    Raises:
        BodyAdmitted: if the application takes the body, which it has not got yet.
    """
    try:
        start = _StartResponse()
        body = application(environ, start)
        try:
            headers = [*start.headers, CLOSE] if close else start.headers
            if getattr(body, "streaming", True):
                _stream(proto.response_stream(start.status, headers), body)
            else:
                proto.response_bytes(start.status, headers, b"".join(body))
        finally:
            # Django ends the request here, and gives its database connection back.
            if close_body := getattr(body, "close", None):
                close_body()
    except BodyAdmitted:
        raise
    except BaseException:
        # SystemExit too: here it would end nothing but the answer.
        logger.exception("A request failed outside the application")
        proto.response_empty(HTTPStatus.INTERNAL_SERVER_ERROR, [CLOSE])
    finally:
        if (file := environ[INPUT]) is not NO_BODY:
            file.close()


def refuse(proto: Any, status: HTTPStatus, sentence: str, *more: tuple[str, str]) -> None:
    """Answer a request that does not reach the application, and end its connection."""
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store"), CLOSE, *more]
    proto.response_bytes(status, headers, f"{sentence}\n".encode())


def _stream(transport: Any, pieces: Iterable[bytes]) -> None:
    """Send piece after piece. The server keeps what the reader has not taken yet, however much that is."""
    for piece in pieces:
        if not _is_sent(transport.send_bytes(piece)):
            return


def _is_sent(awaitable: Any) -> bool:
    """Whether somebody still reads; granian sends at once, and what it returns waits for nothing."""
    try:
        next(awaitable)
    except StopIteration:
        return True
    except Exception:  # noqa: BLE001 - granian's ProtocolClosed, which it does not publish
        return False
    return True
