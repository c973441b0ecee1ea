"""Runs the WSGI application for one request and sends what it answers."""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from cloudui.web import client, logs, request_log
from cloudui.web.bodies import INPUT, BodyAdmitted
from cloudui.web.request_log import Answered
from cloudui.web.rsgi.environ import NO_BODY

Headers = list[tuple[str, str]]
WsgiApplication = Callable[..., Iterable[bytes]]

CLOSE = ("Connection", "close")
LATER = ("Retry-After", "60")

logger = logging.getLogger(__name__)


class _StartResponse:
    """What PEP 3333 calls `start_response`, for an application that calls it once and before its first byte."""

    __slots__ = ("headers", "status")

    def __init__(self) -> None:
        self.headers: Headers = []

    def __call__(self, status: str, headers: Headers, _exc_info: object = None) -> None:
        """Keep status and headers."""
        self.status = int(status[:3])
        self.headers = headers


def answer(application: WsgiApplication, environ: dict[str, Any], proto: Any, *, close: bool = False) -> None:
    """Run the application and send its answer; `close` ends the connection after it.

    Raises:
        BodyAdmitted: if the application takes the body, which it has not got yet.
    """
    start = _StartResponse()
    try:
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
        name = dict(start.headers).get("X-Request-Id", "")
        with logs.task(name or client.request_id(environ)) as request_id:
            logger.exception("A request failed outside the application")
        if not name:
            _record(environ, request_id, HTTPStatus.INTERNAL_SERVER_ERROR)
        proto.response_empty(HTTPStatus.INTERNAL_SERVER_ERROR, [CLOSE])
    finally:
        if (file := environ[INPUT]) is not NO_BODY:
            file.close()


def refuse(
    proto: Any,
    environ: Mapping[str, Any],
    status: HTTPStatus,
    sentence: str,
    *more: tuple[str, str],
    seconds: float = 0,
) -> None:
    """Answer a request that does not reach the application, and end its connection; it has a line like any other."""
    request_id = client.request_id(environ)
    headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Cache-Control", "no-store"),
        ("X-Request-Id", request_id),
        CLOSE,
        *more,
    ]
    _record(environ, request_id, status, seconds)
    proto.response_bytes(status, headers, f"{sentence}\n".encode())


def _record(environ: Mapping[str, Any], request_id: str, status: HTTPStatus, seconds: float = 0) -> None:
    method = request_log.method_of(environ.get("REQUEST_METHOD"))
    request_log.record(
        Answered(time.time(), seconds, request_id, logs.NOBODY, "", logs.NO_ROUTE, method, status)
    )


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
