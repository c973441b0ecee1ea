"""What a caller sends: the body by pieces, up to a limit, and the moment at which the caller is gone."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

from django.conf import settings

from cloudui.web import api
from cloudui.web.api import ApiError

# So much is kept, to be sent again when Airflow has forgotten our service token meanwhile.
KEPT_BYTES: Final = 1024 * 1024

Receive = Callable[[], Awaitable[dict[str, Any]]]


class ClientGone(Exception):
    """The caller has closed the connection."""


class Incoming:
    """The body of one request. Everything that is received passes here, by one reader at a time."""

    def __init__(self, receive: Receive, most_bytes: int) -> None:
        self._receive = receive
        self._most_bytes = most_bytes
        self._size = 0
        self._kept: list[bytes] | None = []
        self._ended = asyncio.Event()

    @property
    def can_be_sent_again(self) -> bool:
        return self._kept is not None

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body from its beginning, as it comes.

        Raises:
            ApiError: 413 beyond the limit, 408 if nothing comes for too long.
            ClientGone: the caller is gone before the end.
        """
        for piece in list(self._kept or ()):
            yield piece
        while not self._ended.is_set():
            if piece := await self._next():
                yield piece

    async def wait_until_gone(self) -> None:
        """Return when the caller closes the connection after the body, and no earlier than its end."""
        await self._ended.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass

    def skip(self) -> None:
        """Treat the body as ended: there is none, or nobody reads on."""
        self._ended.set()

    async def _next(self) -> bytes:
        try:
            message = await asyncio.wait_for(self._receive(), settings.BODY_IDLE_SECONDS)
        except TimeoutError:
            raise ApiError(408, "invalid_request", "The body does not come on.") from None
        if message["type"] == "http.disconnect":
            raise ClientGone
        piece: bytes = message.get("body", b"")
        self._size += len(piece)
        if self._size > self._most_bytes:
            raise ApiError(*api.TOO_LARGE)
        if self._kept is not None:
            self._kept.append(piece)
            if self._size > KEPT_BYTES:
                self._kept = None
        if not message.get("more_body", False):
            self._ended.set()
        return piece
