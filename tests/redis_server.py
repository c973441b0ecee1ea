"""A Redis of a test's own, which is killed, stopped and filled."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 20


class RedisServer:
    """Debian's redis-server, which keeps nothing on a disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self, *options: str) -> None:
        self.process = subprocess.Popen(
            [_program(), "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", *options],
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
        )
        end = time.monotonic() + START_SECONDS
        while not self._listens():
            assert time.monotonic() < end, "Redis does not start."
            time.sleep(0.02)

    def command(self, *words: str) -> None:
        with redis.Redis(port=self.port) as client:
            client.execute_command(*words)

    def send_signal(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@contextmanager
def running(folder: Path) -> Iterator[RedisServer]:
    """One that runs, and is gone afterwards."""
    server = RedisServer(folder)
    server.start()
    try:
        yield server
    finally:
        if server.process is not None and server.process.poll() is None:
            os.kill(server.process.pid, signal.SIGCONT)
        server.stop()


def killed(server: RedisServer) -> None:
    server.stop()


def hangs(server: RedisServer) -> None:
    server.send_signal(signal.SIGSTOP)


def restarted(server: RedisServer) -> None:
    server.stop()
    server.start()


def full(server: RedisServer) -> None:
    server.command("CONFIG", "SET", "maxmemory", "1")


def read_only(server: RedisServer) -> None:
    server.command("REPLICAOF", "127.0.0.1", "1")


def wrong_password(server: RedisServer) -> None:
    server.stop()
    server.start("--requirepass", "something else")


def paused(server: RedisServer) -> None:
    server.command("CLIENT", "PAUSE", "60000", "ALL")


# What may become of it, in words that follow "Redis is".
FAULTS = [killed, hangs, restarted, full, read_only, wrong_password, paused]


def _program() -> str:
    if shutil.which("redis-server") is None:
        subprocess.run([ROOT / ".ci/install", "redis-server"], check=True)
    program = shutil.which("redis-server")
    assert program is not None, "The tests need Redis (Debian: apt-get install redis-server)."
    return program
