"""`make run` starts the programs of the Procfile together, keeps them running, and leaves none behind."""

import asyncio
import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from cloudui import processes
from cloudui.web import forwarding, parents, supervisor

# In one piece: two of them may write to the same pipe.
INTRODUCES = r'os.write(1, ("{name} %s %s\n" % (os.getpid(), os.environ["PORT"])).encode())'
WAITS = f"exec {{python}} -c 'import os, time; {INTRODUCES}; time.sleep(60)'"
WORKER = WAITS.removeprefix("exec ").replace("{name}", "worker")
LISTENS = WAITS.replace(
    "time.sleep",
    'import socket; s = socket.create_server(("127.0.0.1", int(os.environ["PORT"]))); time.sleep',
)


@pytest.fixture
def start(tmp_path):
    """Start the processes of a Procfile as `make run` does, and afterwards whatever is left ends."""
    started = []
    ours = tmp_path / "cloudui"
    (ours / "web").mkdir(parents=True)
    for package in (ours, ours / "web"):
        (package / "__init__.py").touch()
    for module in (supervisor, parents, forwarding):
        shutil.copy(str(module.__file__), ours / "web")
    shutil.copy(str(processes.__file__), ours)

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
    assert process.stdout.read().splitlines()[-1] == "Cloud UI has stopped."
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


def test_what_the_terminal_cannot_show_hides_nothing_else(start, free_port, monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    talks = WAITS.replace("time.sleep", r'os.write(1, b"caf\xc3\xa9\nafter\n"); time.sleep')
    process = start(port=free_port, web=talks)

    lines = _lines_until(process, "web", times=1, starts="after")

    assert any("caf?" in line for line in lines)


def test_they_know_the_same_port(start, free_port):
    process = start(port=free_port, web=WAITS, housekeeping=WAITS)

    assert [port for _, (_, port) in _introductions(process, count=2)] == [free_port, free_port]


def test_one_that_ends_is_started_again_and_the_others_go_on(start, free_port):
    process = start(
        port=free_port, web=WAITS, housekeeping=f"{WORKER.replace('sleep(60)', 'sleep(0)')}; exit 3"
    )

    lines = _lines_until(process, "housekeeping", times=2, starts="worker ")

    assert any(
        re.search(r"\| ended with status 3 after \d+ s\. It starts again in 1 s\.", line) for line in lines
    )
    assert sum("| web " in line for line in lines) <= 1


def test_one_that_is_killed_is_started_again_without_what_it_had_started(start, free_port):
    """A server's workers live on when it is killed, hold its port and are looked after by nobody."""
    process = start(port=free_port, web=f"{WORKER} & {WAITS}")
    introduced = dict(_introductions(process, count=2))
    (main, _), (worker, _) = introduced["web"], introduced["worker"]

    os.kill(main, signal.SIGKILL)
    lines = _lines_until(process, "web", times=1, starts="web ")

    assert any("| was ended by SIGKILL after" in line for line in lines)
    assert not _is_alive(worker)


def test_nothing_outlives_it_when_it_is_killed_itself_and_the_next_one_starts(start, free_port):
    first = start(port=free_port, web=LISTENS, housekeeping=WAITS)
    children = dict(_introductions(first, count=2))

    first.kill()
    second = start(port=free_port, web=LISTENS)

    assert dict(_introductions(second, count=1)).keys() == {"web"}
    assert not any(_is_alive(pid) for pid, _ in children.values())


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


def test_the_client_s_port_leads_to_the_web_server(free_port):
    async def exchanged(body: bytes) -> tuple[str, bytes]:
        async def answer(reader, writer):
            writer.write(b"answer to " + await reader.read())
            writer.close()

        async with await asyncio.start_server(answer, "127.0.0.1", 0) as web:
            # The address of all networks is where it listens, not where it can be asked.
            here = ("0.0.0.0", web.sockets[0].getsockname()[1])
            server, said = await processes.listen_for_astro(here, free_port)
            async with server:
                reader, writer = await asyncio.open_connection("127.0.0.1", free_port)
                writer.write(body)
                writer.write_eof()
                answered = await reader.read()
                writer.close()
        return said, answered

    for body in (b"a question", b"x" * 300_000):
        assert _run(exchanged(body)) == (
            f"Port {free_port} leads here too, for the astro client.",
            b"answer to " + body,
        )


def test_a_client_s_port_in_use_is_a_sentence_and_no_failure():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        server, said = _run(processes.listen_for_astro(("127.0.0.1", 8871), port))

    assert server is None
    assert said.startswith(f"Port {port} is in use, and the astro client of today looks")


def _run(coroutine):
    # Not in this thread: Playwright keeps an event loop running in it for as long as a browser of the tests lives.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


def _introductions(process, *, count: int):
    """Name, process id and port of each process, as it prints them at its start."""
    while count:
        words = process.stdout.readline().split()
        if len(words) == 6 and words[1] in {words[3], "web"}:
            count -= 1
            yield words[3], (int(words[4]), int(words[5]))


def _lines_until(process, name, *, times, starts):
    """What is printed until the program has introduced itself so many times."""
    lines = []
    while times and (line := process.stdout.readline()):
        lines.append(line)
        times -= f"{name}" in line.split("|")[0] and line.split("|", 1)[1].strip().startswith(starts)
    return lines


def _is_alive(pid: int) -> bool:
    for _ in range(20):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.1)
    return True
