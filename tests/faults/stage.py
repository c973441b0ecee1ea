"""An installation as `make run` starts it, with a few keys, and nginx in front of it where there is one."""

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

ROOT: Final = Path(__file__).resolve().parents[2]
START_SECONDS: Final = 90
NGINX: Final = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log; worker_rlimit_nofile 16384;
events {{ worker_connections 8192; }}
http {{
    access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    upstream cloudui {{ server 127.0.0.1:{port}; keepalive 64; keepalive_timeout 20s; }}
    server {{
        listen 127.0.0.1:{listen} backlog=4096;
        client_max_body_size 257m; proxy_request_buffering off;
        location / {{
            proxy_pass http://cloudui; proxy_http_version 1.1;
            proxy_set_header Connection ""; proxy_set_header Host $http_host;
        }}
    }}
}}
"""


class Failed(Exception):
    """What must hold does not."""


def require(holds: object, what: str) -> None:
    if not holds:
        raise Failed(what)


def wait_until(happened: Callable[[], object], what: str, *, seconds: float = START_SECONDS) -> float:
    """Wait, and return how long it took."""
    began = time.monotonic()
    while not happened():
        require(time.monotonic() - began < seconds, f"{what}: not within {seconds:g} s")
        time.sleep(0.05)
    return time.monotonic() - began


@dataclass
class Stage:
    """`seed` is what tests.benchmarks.seed has made: a page, a cookie, a Deployment and keys."""

    folder: Path
    port: int
    environment: dict[str, str]
    seed: dict[str, Any] = field(default_factory=dict)
    run: "subprocess.Popen[bytes] | None" = None

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def start(self) -> None:
        """Start what `make run` starts, and wait until it answers."""
        with self.log.open("ab") as log:
            self.run = subprocess.Popen(
                [sys.executable, "-m", "cloudui.processes"],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        wait_until(lambda: self.answers(self.port), f"no answer, see {self.log}")

    def stop(self) -> None:
        if self.run is not None:
            self.run.terminate()
            self.run.wait(timeout=30)

    @staticmethod
    def answers(port: int) -> bool:
        try:
            return request(port, "GET", "/healthz")[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def exchange(self, port: int) -> tuple[int, bytes]:
        """Exchange the first key for a token."""
        key, secret = self.seed["few"][0]
        form = {"grant_type": "client_credentials", "client_id": key, "client_secret": secret}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return request(port, "POST", "/oauth/token", body=urlencode(form).encode(), headers=headers)

    def page(self, port: int) -> tuple[int, bytes]:
        """The list of the keys."""
        return request(port, "GET", self.seed["page"], headers={"Cookie": self.seed["cookie"]})


def request(
    port: int, method: str, path: str, *, body: Any = None, headers: dict[str, str] | None = None
) -> tuple[int, bytes]:
    """Status and body of one request over a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, body=body, headers={"Host": f"localhost:{port}", **(headers or {})})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


@contextmanager
def prepared(folder: Path | None = None, **variables: str) -> Iterator[Stage]:
    """An installation that is not running yet, in a folder of its own; whatever runs at the end is stopped."""
    with tempfile.TemporaryDirectory(prefix="cloudui-faults-", dir=folder) as name:
        port = free_port()
        stage = Stage(Path(name), port, {**_environment(Path(name), port), **variables})
        python(stage, "manage.py", "prepare")
        stage.seed = json.loads(python(stage, "-m", "tests.benchmarks.seed", "1"))
        try:
            yield stage
        finally:
            stage.stop()


@contextmanager
def nginx(stage: Stage) -> Iterator[int | None]:
    """The port of nginx in front of the installation, None where it is not installed."""
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        yield None
        return
    listen = free_port()
    configuration = stage.folder / "nginx.conf"
    configuration.write_text(NGINX.format(folder=stage.folder, port=stage.port, listen=listen))
    with subprocess.Popen(
        [program, "-c", str(configuration), "-e", str(stage.folder / "nginx.log")]
    ) as process:
        try:
            wait_until(lambda: stage.answers(listen), "nginx does not answer")
            yield listen
        finally:
            process.terminate()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _environment(folder: Path, port: int) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {
        **kept,
        "CHANGES_PER_DAY": "1000000",
        "CHANGES_PER_MINUTE": "1000000",
        "CLOUDUI_DATA_DIR": str(folder / "data"),
        "CLOUDUI_DEMO": "0",
        "DJANGO_SETTINGS_MODULE": "cloudui.settings",
        "EXCHANGES_PER_MINUTE": "1000000",
        "PORT": str(port),
    }


def python(stage: Stage, *command: str) -> str:
    """Run Python in the installation, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", *command],
        cwd=ROOT,
        env=stage.environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout
