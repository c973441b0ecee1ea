"""The gateway as `make run` starts it, before an installation that has been prepared."""

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
START_SECONDS: Final = 60


@contextmanager
def gateway(environment: Mapping[str, str], log: Path) -> Iterator[int]:
    """Run it until the block ends, at the GATEWAY_PORT of these variables; its port."""
    port = int(environment["GATEWAY_PORT"])
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "cloudui.gateway"],
            cwd=ROOT,
            env=dict(environment),
            stdout=output,
            stderr=output,
        )
        try:
            end = time.monotonic() + START_SECONDS
            while not _answers(port):
                assert time.monotonic() < end, log.read_text()
                assert process.poll() is None, log.read_text()
                time.sleep(0.05)
            yield port
        finally:
            process.terminate()
            process.wait(timeout=30)


def _answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
