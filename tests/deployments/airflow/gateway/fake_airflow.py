"""An Airflow that misbehaves as it is told: it reads one request after another and answers with bytes."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Received:
    """A request as it reached Airflow."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    reader: asyncio.StreamReader
    body: bytes = b""

    def header(self, name):
        found = [value for each, value in self.headers if each == name]
        assert len(found) <= 1, f"{name} came {len(found)} times"
        return found[0] if found else None

    @property
    def names(self):
        return {name for name, _ in self.headers}


Behaviour = Callable[[Received, asyncio.StreamWriter], Awaitable[None]]


def response(status=200, body=b"", headers=(), reason="Said"):
    """An answer with a length, as bytes."""
    lines = [f"HTTP/1.1 {status} {reason}", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def says(status=200, body=b"{}", headers=(("content-type", "application/json"),)):
    """Always the same answer."""

    async def behave(received, writer):
        writer.write(response(status, body, headers))

    return behave


def with_tokens(behave, *, login=201):
    """The same behind Airflow 3's sign-in, whose tokens are `token-1`, `token-2` and so on."""
    made = 0

    async def behave_with_tokens(received, writer):
        nonlocal made
        if received.target.endswith("/auth/token"):
            made += 1
            body = json.dumps({"access_token": f"token-{made}"}).encode()
            writer.write(response(login, body, [("content-type", "application/json")]))
        else:
            await behave(received, writer)

    return behave_with_tokens


@dataclass
class FakeAirflow:
    """One that runs; `calls` are the requests without sign-ins."""

    base_url: str
    received: list[Received] = field(default_factory=list)
    open: int = 0
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)

    @property
    def calls(self):
        return [each for each in self.received if not each.target.endswith("/auth/token")]

    @property
    def logins(self):
        return [each for each in self.received if each.target.endswith("/auth/token")]


@asynccontextmanager
async def running(behave: Behaviour, path: str = ""):
    """Serve on a free port of this machine, at `path`."""
    fake: FakeAirflow
    tasks: set[Any] = set()

    async def serve(reader, writer):
        tasks.add(asyncio.current_task())
        fake.open += 1
        try:
            while (received := await _read(reader)) is not None:
                fake.received.append(received)
                await behave(received, writer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the end of a test is no failure
        finally:
            fake.open -= 1
            fake.closed.set()
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    fake = FakeAirflow(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}{path}")
    try:
        yield fake
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextmanager
def in_thread(behave: Behaviour):
    """The same with a loop of its own, for a gateway that is another process."""
    loop, is_over = asyncio.new_event_loop(), asyncio.Event()
    started: Future[FakeAirflow] = Future()

    async def serve():
        async with running(behave) as fake:
            started.set_result(fake)
            await is_over.wait()

    def run():
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(serve())

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield started.result()
    finally:
        loop.call_soon_threadsafe(is_over.set)
        thread.join()


async def _read(reader):
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")[:-2]
    method, target, _ = first.split(" ")
    pairs = [line.split(": ", 1) for line in lines]
    received = Received(method, target, [(name.lower(), value) for name, value in pairs], reader)
    if (length := received.header("content-length")) is not None:
        received.body = await reader.readexactly(int(length))
    elif received.header("transfer-encoding") == "chunked":
        while (size := int(await reader.readline(), 16)) > 0:
            received.body += await reader.readexactly(size)
            await reader.readexactly(2)
        await reader.readexactly(2)
    return received
