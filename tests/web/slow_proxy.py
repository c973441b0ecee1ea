"""A server between us and another, which passes everything on late."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def slow_proxy(port: int, *, seconds: float) -> Iterator[int]:
    """The port at which answers of the server at `port` come so many seconds later."""
    listener = socket.create_server(("127.0.0.1", 0))
    connections = [listener]

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(("127.0.0.1", port))
                connections.extend((near, far))
                threading.Thread(target=_pass, args=(near, far, 0.0), daemon=True).start()
                threading.Thread(target=_pass, args=(far, near, seconds), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()


def _pass(source: socket.socket, target: socket.socket, seconds: float) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            time.sleep(seconds)
            target.sendall(piece)
