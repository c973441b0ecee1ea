"""PostgreSQL, Redis and a private certificate, as an operator has them before Cloud UI comes."""

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

PATH: Final = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
START_SECONDS: Final = 60
# Linux takes ports for connections, and for servers that want any, from 32768 on.
BELOW_EPHEMERAL: Final = range(20_000, 32_768)


def program(name: str) -> str:
    """Where a program is; .ci/production installs those that are missing."""
    found = shutil.which(name, path=PATH)
    assert found, f"{name} is missing. Run .ci/production."
    return found


def free_port() -> int:
    """A port that nothing listens at, and that the system gives to nobody of its own accord meanwhile."""
    while True:
        port = BELOW_EPHEMERAL.start + secrets.randbelow(len(BELOW_EPHEMERAL))
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until a program that was started listens at its port."""
    end = time.monotonic() + START_SECONDS
    while not listens(port):
        assert time.monotonic() < end, log.read_text()
        assert process.poll() is None, log.read_text()
        time.sleep(0.05)


@contextmanager
def running(command: list[str], log: Path, **options: object) -> Iterator["subprocess.Popen[bytes]"]:
    """Start a program, and end it."""
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, **options)  # type: ignore[call-overload]
        try:
            yield process
        finally:
            process.terminate()
            process.wait(timeout=30)


@contextmanager
def redis(folder: Path) -> Iterator[int]:
    """Redis that keeps nothing, and its port."""
    port = free_port()
    command = [program("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    log = folder / "redis.log"
    with running(command, log, cwd=folder) as process:
        wait_for(port, process, log)
        yield port


class PostgreSQL:
    """A server of its own, with a password for whoever comes over TCP.

    Attributes:
        environment: what its client programs need to find it as its superuser.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.environment = {
            "PATH": PATH,
            "PGHOST": str(folder),
            "PGPORT": str(self.port),
            "PGUSER": "postgres",
            "HOME": "/",
        }
        # It refuses to run as root.
        self._as = []
        if os.geteuid() == 0:
            group = subprocess.check_output(["id", "-g", "postgres"], text=True).strip()
            self._as = [program("setpriv"), "--reuid", "postgres", "--regid", group, "--clear-groups"]
            shutil.chown(folder, "postgres")

    def client(self, *command: str, typed: str = "") -> str:
        """Run one of its programs as its superuser, without a terminal; returns what it says."""
        done = subprocess.run(
            [*self._as, self._program(command[0]), *command[1:]],
            env=self.environment,
            cwd="/",
            input=typed,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            start_new_session=True,
        )
        return done.stdout

    @contextmanager
    def serving(self) -> Iterator[None]:
        data = str(self.folder / "data")
        # Nothing of it is needed a minute later.
        hasty = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"
        listen = f"-c listen_addresses=127.0.0.1 -c port={self.port} -c unix_socket_directories={self.folder}"
        self.client(
            "initdb",
            *("-D", data, "-U", "postgres", "-E", "UTF8", "--locale=C", "-N"),
            *("--auth-local=trust", "--auth-host=scram-sha-256"),
        )
        log = str(self.folder / "server.log")
        self.client("pg_ctl", "start", "-w", "-s", "-D", data, "-l", log, "-o", f"{listen} {hasty}")
        try:
            yield
        finally:
            self.client("pg_ctl", "stop", "-s", "-D", data, "-m", "immediate")

    def _program(self, name: str) -> str:
        homes = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
        found = shutil.which(name, path=":".join([*map(str, reversed(homes)), PATH]))
        assert found, f"{name} of PostgreSQL is missing. Run .ci/production."
        return found


def make_certificate(host: str, *, certificate: Path, key: Path) -> None:
    """A private certificate for a host, which signs itself."""
    command = [
        *(program("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
        *("-nodes", "-days", "1", "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}"),
        *("-keyout", str(key), "-out", str(certificate)),
    ]
    subprocess.run(command, check=True, capture_output=True)
