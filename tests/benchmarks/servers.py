"""The candidates as servers, one at a time: ours as the Procfile has it, the others behind granian's own WSGI worker."""

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.benchmarks.load import Request

ROOT: Final = Path(__file__).resolve().parents[2]
GRANIAN: Final = "--interface wsgi --host 127.0.0.1 --blocking-threads 64 --backpressure 64 --no-ws --workers-kill-timeout 3"
OURS: Final = "cloudui.wsgi:application"
GATEWAY: Final = "cloudui.gateway:create_application"
FAKE_AIRFLOW: Final = "tests.benchmarks.fake_airflow:application"
START_SECONDS: Final = 60


@dataclass(frozen=True)
class Candidate:
    """An application with its settings; ports from 9120 upwards are ours."""

    name: str
    port: int
    settings: str
    data: Path
    application: str = OURS
    environment: dict[str, str] = field(default_factory=dict)

    def variables(self) -> dict[str, str]:
        """The whole environment: nothing that a developer has set decides what is measured."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return {
            **kept,
            "API_KEYS_PER_DEPLOYMENT": "1000000",
            "CHANGES_PER_DAY": "1000000000",
            "CHANGES_PER_MINUTE": "1000000000",
            "CLOUDUI_DATA_DIR": str(self.data),
            "CLOUDUI_DEMO": "0",
            "DJANGO_SETTINGS_MODULE": self.settings,
            # The limit of one key is 600 a minute; what lies behind it is to be measured.
            "EXCHANGES_PER_MINUTE": "1000000000",
            "LOG_LEVEL": "ERROR",
            "PORT": str(self.port),
            **self.environment,
        }


@contextmanager
def serving(candidate: Candidate) -> Iterator[None]:
    """Start the candidate, wait until it answers at all, stop it."""
    if candidate.application == OURS:
        command = [sys.executable, "-m", "cloudui.server"]
    elif candidate.application == GATEWAY:
        command = [sys.executable, "-m", "cloudui.gateway"]
    elif candidate.application == FAKE_AIRFLOW:
        command = [sys.executable, "-m", "granian", FAKE_AIRFLOW, "--interface", "asginl", "--no-ws"]
        command += ["--port", str(candidate.port)]
    else:
        command = [sys.executable, "-m", "granian", candidate.application, *GRANIAN.split()]
        command += ["--workers", str(os.cpu_count() or 1), "--port", str(candidate.port)]
    if candidate.application.endswith("get_wsgi_application"):
        command.append("--factory")
    with subprocess.Popen(command, cwd=ROOT, env=candidate.variables(), stdout=subprocess.DEVNULL) as process:
        try:
            _wait(candidate, process)
            yield
        finally:
            process.terminate()


def fetch(port: int, request: Request) -> tuple[int, str]:
    """Status and body of one request."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = dict(header.split(": ", 1) for header in (f"Host: localhost:{port}", *request.headers))
    try:
        connection.request(request.method, request.path, body=request.body or None, headers=headers)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def _wait(candidate: Candidate, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            # An answer of any status; ours reads no page for it.
            fetch(candidate.port, Request("/healthz"))
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"{candidate.name} does not start.")
