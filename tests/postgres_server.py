"""A PostgreSQL of a test's own, which is killed, stopped, restarted and filled."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 60
# What is committed is kept when the server is killed, though not when the machine is.
OPTIONS = ("fsync=off", "full_page_writes=off", "shared_buffers=32MB")


class PostgresServer:
    """Debian's server on a port of 127.0.0.1, run by somebody other than root, whom it refuses."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._bin = _programs()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None
        self._user: dict[str, Any] = {}
        if os.getuid() == 0:
            name = "postgres" if _is_known("postgres") else "nobody"
            entry = pwd.getpwnam(name)
            self._user = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
            os.chown(folder, entry.pw_uid, entry.pw_gid)
        self._run(
            "initdb",
            "-D",
            str(folder / "data"),
            "-U",
            "cloudui",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "-N",
        )

    @property
    def url(self) -> str:
        return f"postgres://cloudui@127.0.0.1:{self.port}/cloudui"

    def start(self, *options: str) -> None:
        self.launch(*options)
        self.wait()
        with self.connect("postgres") as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = 'cloudui'").fetchone()
            if known is None:
                connection.execute("CREATE DATABASE cloudui")

    def launch(self, *options: str) -> None:
        """Start it without waiting."""
        settings = [part for option in (*OPTIONS, *options) for part in ("-c", option)]
        with (self.folder.parent / f"{self.folder.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    self._bin / "postgres",
                    *("-D", str(self.folder / "data"), "-p", str(self.port)),
                    *("-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="),
                    *settings,
                ],
                cwd="/",
                stdout=log,
                stderr=log,
                **self._user,
            )

    def wait(self) -> None:
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                self.connect("postgres").close()
            except psycopg.OperationalError as error:
                if "too many" in str(error):
                    return
                assert time.monotonic() < end, "PostgreSQL does not start."
                time.sleep(0.02)
            else:
                return

    def connect(self, database: str = "cloudui", **more: Any) -> psycopg.Connection[Any]:
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user="cloudui", dbname=database, autocommit=True, **more
        )

    def command(self, statement: str) -> list[Any]:
        with self.connect() as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def send_signal(self, number: int) -> None:
        """To the server and all of its processes."""
        for pid in self._pids():
            os.kill(pid, number)

    def stop(self, number: int = signal.SIGQUIT) -> None:
        """End it; by default at once and without tidying up."""
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait()

    def _pids(self) -> list[int]:
        assert self.process is not None
        parent = self.process.pid
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        return [parent, *map(int, children)]

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._bin / program, *arguments], cwd="/", check=True, stdout=subprocess.DEVNULL, **self._user
        )


@contextmanager
def running() -> Iterator[PostgresServer]:
    """One that runs, and is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="cloudui-postgres-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        folder = Path(name) / "server"
        folder.mkdir(mode=0o700)
        server = PostgresServer(folder)
        server.start()
        try:
            yield server
        finally:
            if server.process is not None and server.process.poll() is None:
                server.send_signal(signal.SIGCONT)
                server.stop()


def _is_known(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if found:
        return found[-1].parent
    program = shutil.which("initdb")
    if program is None:
        subprocess.run([ROOT / ".ci/install", "postgresql"], check=True)
        return _programs()
    return Path(program).parent
