"""An installation as `make run` makes it: prepared, with demo data, behind granian, static files compressed."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
START_SECONDS: Final = 60
# What decides about an installation and may be set where the tests run.
OURS: Final = (
    "CLOUDUI_",
    "DATABASE_URL",
    "CACHE_URL",
    "EMAIL_",
    "DEBUG",
    "LOG_",
    "METRICS_",
    "PROMETHEUS_",
    "STATIC_ROOT",
    "DJANGO_",
    "TRUSTED_",
)


@dataclass(frozen=True)
class Installation:
    """Where it answers, what it keeps, and how to sign in as one of the demo people."""

    url: str
    port: int
    directory: Path
    environment: dict[str, str]
    password: str
    server: int = 0

    @property
    def log(self) -> Path:
        return self.directory.parent / "log"

    def workers(self) -> list[int]:
        """The processes of the server."""
        children = Path(f"/proc/{self.server}/task/{self.server}/children").read_text()
        return [int(each) for each in children.split()]

    def manage(self, *arguments: str) -> None:
        """Run a management command of this installation."""
        command = [sys.executable, "manage.py", *arguments]
        subprocess.run(command, cwd=ROOT, env=self.environment, check=True, capture_output=True)


@contextmanager
def running(directory: Path, **more: str) -> Iterator[Installation]:
    """Prepare an installation in `directory` and serve it, until the block ends.

    It logs everything there is to log, so that what must not be logged would be found. `more` are further variables.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    password, url = "a password for the demo", f"http://localhost:{port}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(OURS)} | {
        "CLOUDUI_DATA_DIR": str(directory / "data"),
        "CLOUDUI_DEMO": "1",
        "CLOUDUI_DEMO_PASSWORD": password,
        "LOG_LEVEL": "DEBUG",
        "PORT": str(port),
        "PUBLIC_URL": url,
        "WEB_WORKERS": "1",
        **more,
    }
    installation = Installation(url, port, directory / "data", environment, password)
    installation.manage("prepare")
    with installation.log.open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "cloudui.server"],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_for(installation, server)
            yield replace(installation, server=server.pid)
        finally:
            server.terminate()
            server.wait(timeout=30)


def _wait_for(installation: Installation, server: subprocess.Popen[bytes]) -> None:
    for _ in range(START_SECONDS * 10):
        try:
            connection = HTTPConnection("localhost", installation.port, timeout=5)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except (OSError, HTTPException):
            if server.poll() is not None:
                break
            time.sleep(0.1)
        finally:
            connection.close()
    raise AssertionError(installation.log.read_text())
