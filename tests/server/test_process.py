"""The server's processes: what they may open, and what becomes of them when one is killed."""

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

from cloudui.server import STOP_SECONDS
from tests.server.conftest import ROOT, serving

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
HALF = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf"


def workers_of(server) -> list[int]:
    """The workers, without Python's helper for shared memory."""
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    return [int(child) for child in children]


def wait_until(happened) -> None:
    end = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.05)


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].startswith("Z")
    except FileNotFoundError:
        return True


def test_no_worker_outlives_a_server_that_is_killed(tmp_path):
    with serving(tmp_path) as server, server.connect() as sender:
        workers = workers_of(server)
        sender.sendall(HALF)

        server.process.kill()

        wait_until(lambda: all(is_gone(worker) for worker in workers))
        assert len(workers) == 1


def test_nor_one_that_is_about_to_start(tmp_path):
    with serving(tmp_path) as server:
        (worker,) = workers_of(server)
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: workers_of(server) not in ([], [worker]))
        (young,) = workers_of(server)

        server.process.kill()

        wait_until(lambda: is_gone(young))


def test_a_worker_that_is_killed_is_replaced(tmp_path):
    with serving(tmp_path) as server:
        (worker,) = workers_of(server)

        os.kill(worker, signal.SIGKILL)

        wait_until(lambda: workers_of(server) not in ([], [worker]))
        wait_until(lambda: _answers(server))


def _answers(server) -> bool:
    try:
        return server.send(GET).status == 200
    except OSError:
        return False


def test_it_ends_although_a_sender_has_not(tmp_path):
    with serving(tmp_path) as server, server.connect() as sender:
        sender.sendall(HALF)
        server.process.terminate()
        assert server.process.wait(timeout=20) == 0


def test_a_worker_that_is_about_to_start_does_not_delay_the_end(tmp_path):
    with serving(tmp_path) as server:
        (worker,) = workers_of(server)
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: workers_of(server) not in ([], [worker]))

        server.process.terminate()

        # Sooner than a worker that does not hear is killed.
        assert server.process.wait(timeout=STOP_SECONDS - 2) == 0


def test_nonsense_ends_the_start_with_a_sentence():
    ended = subprocess.run(
        [sys.executable, "-m", "cloudui.server"],
        cwd=ROOT,
        env={**os.environ, "PUBLIC_URL": "nonsense", "DJANGO_SETTINGS_MODULE": "cloudui.settings"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 1
    assert ended.stderr.startswith(
        "Configuration error: PUBLIC_URL must look like https://console.example.com"
    )


def test_a_worker_with_older_keys_than_the_database_ends_with_a_sentence(tmp_path):
    environment = {
        **os.environ,
        "CLOUDUI_DATA_DIR": str(tmp_path / "data"),
        "DATABASE_URL": "",
        "DJANGO_SETTINGS_MODULE": "cloudui.settings",
    }

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-W", "ignore", *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    keys = tmp_path / "data/keys.json"
    assert run("manage.py", "prepare").returncode == 0
    older = keys.read_text()
    assert run("manage.py", "rotate_keys", "pepper").returncode == 0
    assert run("-c", "import cloudui.wsgi").returncode == 0
    keys.write_text(older)

    ended = run("-c", "import cloudui.wsgi")

    assert ended.returncode == 1
    assert ended.stderr.startswith(
        "Configuration error: The key file does not belong to this database: it is older"
    )
    assert "Traceback" not in ended.stderr


def test_it_may_open_as_many_files_as_the_system_allows(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(1024, hard), hard))
    try:
        with serving(tmp_path) as server:
            (worker,) = workers_of(server)
            assert resource.prlimit(worker, resource.RLIMIT_NOFILE)[0] == hard
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
