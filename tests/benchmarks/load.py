"""Load from `wrk`: so many callers, each with one request under way, for so many seconds."""

import json
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SCRIPT: Final = Path(__file__).with_name("wrk.lua")


@dataclass(frozen=True)
class Request:
    path: str
    method: str = "GET"
    headers: tuple[str, ...] = ()  # "Name: value"
    body: str = ""

    def line(self, host: str) -> str:
        return "\t".join([self.method, self.path, "|".join((f"Host: {host}", *self.headers)), self.body])


@dataclass(frozen=True)
class Measured:
    """`p50` and `p95` in milliseconds; `refused` counts answers from 400 upwards, `broken` those that never came."""

    requests: int
    seconds: float
    refused: int = 0
    broken: int = 0
    p50: float = 0.0
    p95: float = 0.0

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


def press(port: int, requests: Sequence[Request], *, callers: int, seconds: int, pause: int = 0) -> Measured:
    """Send the requests in turn, again and again, and measure. `pause`: milliseconds before each."""
    with _wrk(port, requests, callers=callers, seconds=seconds, pause=pause) as process:
        return _read(process)


@contextmanager
def flood(
    port: int, requests: Sequence[Request], *, callers: int, seconds: int, pause: int
) -> Iterator[None]:
    """Meanwhile, press. The flood must outlast what happens inside."""
    with _wrk(port, requests, callers=callers, seconds=seconds, pause=pause) as process:
        try:
            yield
        finally:
            process.terminate()
            process.communicate()


@contextmanager
def _wrk(
    port: int, requests: Sequence[Request], *, callers: int, seconds: int, pause: int
) -> Iterator["subprocess.Popen[str]"]:
    with tempfile.NamedTemporaryFile("w", suffix=".requests") as file:
        file.writelines(f"{request.line(f'localhost:{port}')}\n" for request in requests)
        file.flush()
        # One thread: the requests are sent in the order of the file.
        command = ["wrk", "-t1", f"-c{callers}", f"-d{seconds}s", "--timeout", "30s", "-s", str(SCRIPT)]
        command += [f"http://127.0.0.1:{port}", "--", file.name, str(pause)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            yield process


def _read(process: "subprocess.Popen[str]") -> Measured:
    output, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"wrk failed: {output}")
    return Measured(**json.loads(output.strip().splitlines()[-1]))
