"""2,000 connections that send nothing, or half of something, change nothing for others."""

import contextlib
import resource
import selectors
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Final

from tests.faults.stage import Stage, nginx, prepared, require, wait_until

MANY: Final = 2000
ASKED: Final = 40
POST: Final = b"POST /oauth/token HTTP/1.1\r\nHost: localhost\r\n%s\r\n\r\n"
SENDERS: Final = {
    "silent": b"",
    "half a head": b"GET / HTTP/1.1\r\nHost: localhost\r\n",
    "kept alive": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "half a body": POST % b"Content-Length: 1000" + b"grant_type",
    "half a large body": POST % b"Content-Length: 1000000" + b"grant_type" * 1000,
    "half of chunks": POST % b"Transfer-Encoding: chunked" + b"4\r\nhalf\r\n",
}
# The head may take 30 s, and a body may bring nothing for 30 s; they are looked at once a second.
PATIENCE: Final = 45


def check() -> Iterator[str]:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    require(hard > MANY + 200, f"The limit of open files is {hard}.")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with prepared() as stage:
        stage.start()
        yield from _attack(stage, stage.port, "make run", SENDERS)
        with nginx(stage) as port:
            if port is None:
                yield "nginx is not installed: not tried behind it"
                return
            # What nginx passes on when it is whole, and what goes through to us.
            yield from _attack(
                stage,
                port,
                "behind nginx",
                {name: SENDERS[name] for name in ("silent", "kept alive", "half a body")},
            )


def _attack(stage: Stage, port: int, where: str, senders: dict[str, bytes]) -> Iterator[str]:
    for name, sent in senders.items():
        rest = _times(stage, port)
        with connected(port, MANY, sent) as connections:
            under = _times(stage, port)
            yield f"{where}, {MANY} {name}: " + "; ".join(
                f"{what} {1000 * rest[what]:.1f} ms at rest, {1000 * under[what]:.1f} ms meanwhile"
                for what in rest
            )
            for what in rest:
                # 5 ms: below that, the machine decides.
                require(
                    under[what] <= 2 * rest[what] + 0.005,
                    f"{where}, {name}: {what} takes more than twice its time",
                )
            if where == "make run":
                seconds = wait_until(
                    lambda: all_ended(connections), f"{name} are not ended", seconds=PATIENCE
                )
                yield f"{where}, {MANY} {name}: ended after {seconds:.0f} s"


def _times(stage: Stage, port: int) -> dict[str, float]:
    """Median seconds of a page and of an exchange, each over a connection of its own."""
    return {"page": _time(lambda: stage.page(port)), "exchange": _time(lambda: stage.exchange(port))}


def _time(ask: Callable[[], tuple[int, bytes]]) -> float:
    seconds = []
    for _ in range(ASKED):
        began = time.perf_counter()
        status, _body = ask()
        seconds.append(time.perf_counter() - began)
        require(status == 200, f"An answer was {status}.")
    return median(seconds)


@contextmanager
def connected(port: int, number: int, sent: bytes) -> Iterator[list[socket.socket]]:
    """So many connections that have sent this."""
    connections = []
    try:
        for _ in range(number):
            connection = socket.create_connection(("127.0.0.1", port), timeout=30)
            connections.append(connection)
            connection.sendall(sent)
        yield connections
    finally:
        for connection in connections:
            connection.close()


def all_ended(connections: list[socket.socket]) -> bool:
    """Read what has come, and forget the connections that have ended."""
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            selector.register(connection, selectors.EVENT_READ, connection)
        for key, _ in selector.select(timeout=0.2):
            ended: socket.socket = key.data
            with contextlib.suppress(OSError):
                if ended.recv(4096):
                    continue
            connections.remove(ended)
            ended.close()
    return not connections
