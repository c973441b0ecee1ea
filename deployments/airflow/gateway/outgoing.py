"""What a caller gets: an answer of Airflow, by pieces, or one of ours."""

from collections.abc import Awaitable, Callable
from typing import Any

from django.http import HttpResponse

from deployments.airflow.gateway.headers import Headers

Send = Callable[[dict[str, Any]], Awaitable[None]]


class CutShort(Exception):
    """The answer cannot be finished. The server must cut the connection, so that nobody takes the part for the whole."""


class Outgoing:
    """The answer to one request; `status` is 0 as long as its head has not been sent."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self._request_id = request_id
        self.status = 0

    async def start(self, status: int, headers: Headers) -> None:
        """Send the head."""
        self.status = status
        named = [*headers, (b"x-request-id", self._request_id.encode())]
        await self._send({"type": "http.response.start", "status": status, "headers": named})

    async def piece(self, piece: bytes) -> None:
        """Send a piece of the body; returns when there is room for the next one."""
        await self._send({"type": "http.response.body", "body": piece, "more_body": True})

    async def finish(self) -> None:
        """Send the end."""
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def answer(self, response: HttpResponse, *, with_body: bool) -> None:
        """Send a whole answer of ours."""
        headers = [(name.lower().encode(), value.encode()) for name, value in response.items()]
        headers += [(b"set-cookie", cookie.OutputString().encode()) for cookie in response.cookies.values()]
        await self.start(response.status_code, headers)
        await self._send(
            {"type": "http.response.body", "body": response.content if with_body else b"", "more_body": False}
        )
