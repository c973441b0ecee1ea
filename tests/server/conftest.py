"""The web server as `make run` starts it, with an application that tells what reached it, and sockets to it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60
CODE = "from cloudui import server; server.main('tests.server.echo:application')"


@dataclass(frozen=True)
class Server:
    process: subprocess.Popen[bytes]
    port: int

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=15)

    def send(self, *pieces: bytes) -> HTTPResponse:
        """Send the pieces over a connection of its own, and read the head of the answer."""
        with self.connect() as connection:
            for piece in pieces:
                connection.sendall(piece)
            return read(connection)


def read(connection: socket.socket, method: str = "GET") -> HTTPResponse:
    answer = HTTPResponse(connection, method=method)
    answer.begin()
    return answer


@contextmanager
def serving(directory: Path, **environment: str) -> Iterator[Server]:
    """Start the server with one worker, and end it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    variables = {
        **os.environ,
        "CLOUDUI_DATA_DIR": str(directory),
        "PORT": str(port),
        "WEB_WORKERS": "1",
        "DJANGO_SETTINGS_MODULE": "cloudui.settings",
        **environment,
    }
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", CODE], cwd=ROOT, env=variables, stdout=log, stderr=log
        )
    server = Server(process, port)
    try:
        _wait_for(server)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture(scope="package")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("server")) as started:
        yield started


@pytest.fixture(scope="package")
def impatient(tmp_path_factory):
    """One that waits a second for a head and for a body."""
    patience = {"HEAD_SECONDS": "1", "BODY_IDLE_SECONDS": "1"}
    with serving(tmp_path_factory.mktemp("impatient"), **patience) as started:
        yield started


def _wait_for(server: Server) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.process.poll() is None:
        try:
            if server.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").status == 200:
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("The server does not start.")
