"""`make run` starts the processes of the Procfile together and leaves none behind."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

import pytest

from cloudui import processes

WAITS = (
    'exec {python} -c \'import os, time; print("{name}", os.getpid(), os.environ["PORT"]); time.sleep(60)\''
)


@pytest.fixture
def start(tmp_path):
    """Start the processes of a Procfile as `make run` does, and afterwards whatever is left ends."""
    started = []
    (tmp_path / "cloudui").mkdir()
    (tmp_path / "cloudui" / "__init__.py").touch()
    shutil.copy(processes.__file__, tmp_path / "cloudui")

    def _start(*, port: int, **commands: str) -> subprocess.Popen[str]:
        lines = [
            f"{name}: {command.format(name=name, python=sys.executable)}"
            for name, command in commands.items()
        ]
        (tmp_path / "Procfile").write_text("\n".join(lines))
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", "cloudui.processes"],
                cwd=tmp_path,
                env={**os.environ, "PORT": str(port)},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        )
        return started[-1]

    yield _start

    for process in started:
        process.terminate()
        with contextlib.suppress(ValueError):  # a test has closed the pipe
            process.communicate(timeout=15)


@pytest.fixture
def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_all_of_them(start, free_port, signum):
    process = start(port=free_port, web=WAITS, housekeeping=WAITS)
    children = dict(_introductions(process, count=2))

    os.killpg(process.pid, signum)
    process.wait(timeout=15)

    assert process.returncode == 0
    assert "Traceback" not in process.stderr.read()
    assert children.keys() == {"web", "housekeeping"}
    assert not any(_is_alive(pid) for pid, _ in children.values())


def test_a_closed_terminal_stops_all_of_them(start, free_port):
    talks = WAITS.replace("time.sleep(60)", '[(print("on"), time.sleep(0.1)) for _ in range(600)]')
    process = start(port=free_port, web=talks, housekeeping=WAITS)
    children = dict(_introductions(process, count=2))

    process.stdout.close()
    process.wait(timeout=15)

    assert not any(_is_alive(pid) for pid, _ in children.values())


def test_they_know_the_same_port(start, free_port):
    process = start(port=free_port, web=WAITS, housekeeping=WAITS)

    assert [port for _, (_, port) in _introductions(process, count=2)] == [free_port, free_port]


def test_one_that_ends_by_itself_ends_the_others_and_the_run_has_failed(start, free_port):
    process = start(port=free_port, web=WAITS, housekeeping="exit 3")

    process.communicate(timeout=15)

    assert process.returncode == 3


def test_a_port_in_use_is_said_in_one_sentence(start):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        _, error = start(port=port, web=WAITS).communicate(timeout=15)

    assert (
        error
        == f"Port {port} is in use. Stop what listens there, or choose another: make run PORT={port + 1}\n"
    )


def _introductions(process, *, count: int):
    """Name, process id and port of each process, as it prints them at its start."""
    while count:
        words = process.stdout.readline().split()
        if len(words) == 6 and words[1] == words[3]:
            count -= 1
            yield words[3], (int(words[4]), int(words[5]))


def _is_alive(pid: int) -> bool:
    for _ in range(20):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.1)
    return True
