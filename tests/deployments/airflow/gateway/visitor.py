"""A caller of the gateway, on the other side of ASGI: what the server would do is done step by step."""

import asyncio
import json
from dataclasses import dataclass, field

from deployments.airflow.gateway.outgoing import CutShort


@dataclass
class Got:
    """An answer, as far as it came."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    is_whole: bool = False
    was_cut: bool = False

    def header(self, name):
        found = [value.decode() for each, value in self.headers if each.decode() == name]
        assert len(found) <= 1, f"{name} came {len(found)} times"
        return found[0] if found else None

    def json(self):
        return json.loads(self.body)


class Visit:
    """One request on its way."""

    def __init__(self, application, method, path, *, headers=(), body=(b"",), room=1_000_000):
        raw, _, query = path.encode().partition(b"?")
        self.got = Got()
        self.started = asyncio.Event()
        self.arrived = asyncio.Event()
        self.taken = 0
        self._body = list(body)
        self._may_send = asyncio.Event()
        self._may_send.set()
        self._gone = asyncio.Event()
        self._room = asyncio.Semaphore(room)
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": raw.decode("latin-1"),
            "raw_path": raw,
            "root_path": "",
            "query_string": query,
            "headers": [
                (name.lower().encode(), value.encode())
                for name, value in [*headers, *([] if "host" in dict(headers) else [("host", "localhost")])]
            ],
            "client": ("127.0.0.1", 50000),
            "server": ("127.0.0.1", 8872),
        }
        self.task = asyncio.ensure_future(self._run(application, scope))

    async def _run(self, application, scope):
        try:
            await application(scope, self._receive, self._send)
        except CutShort:
            self.got.was_cut = True
        return self.got

    async def _receive(self):
        if self._body:
            piece = self._body.pop(0)
            self.taken += 1
            if isinstance(piece, asyncio.Event):
                await piece.wait()
                return await self._receive()
            return {"type": "http.request", "body": piece, "more_body": bool(self._body)}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message):
        if message["type"] == "http.response.start":
            self.got.status, self.got.headers = message["status"], list(message["headers"])
            self.started.set()
            return
        await self._room.acquire()
        self.got.body += message.get("body", b"")
        self.arrived.set()
        self.got.is_whole = not message.get("more_body", False)

    def leave(self):
        """Close the connection."""
        self._gone.set()

    def take(self, pieces):
        """Take more pieces of the body."""
        for _ in range(pieces):
            self._room.release()


async def until(condition):
    """Let everything else go on until something is the case."""
    while not condition():  # noqa: ASYNC110 - nobody could set an event for what the gateway does
        await asyncio.sleep(0)
