"""Keeps programs running: shows what they print, starts again what ends, and leaves nothing behind.

Programs are added and removed while it runs. Why no library: docs/decisions/0011-our-own-supervisor.md.
"""

import asyncio
import contextlib
import functools
import os
import signal
import time
from asyncio.subprocess import DEVNULL, STDOUT
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cloudui.web.parents import end_with_parent

# A longer line is shown in pieces.
LINE_BYTES: Final = 64 * 1024
POLL_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Program:
    """What to run. After `stop_seconds` of being told to end it is killed.

    `command` is for the shell; `exec` in front of it spares a process and passes signals on. `environment` is
    all of it. `tell` tells the process with this id to end; by default its whole group is told.
    """

    name: str
    command: str
    environment: Mapping[str, str]
    directory: str = "."
    stop_seconds: float = 10
    tell: Callable[[int], None] | None = None


@dataclass(slots=True)
class Run:
    """How a program is now: the id of its process while there is one, since when, and why the one before ended."""

    process_id: int | None = None
    began_at: datetime | None = None
    ended: str = ""


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before a program that ended starts again: doubling, and anew after a steady while."""

    first_seconds: float = 1
    most_seconds: float = 30
    steady_seconds: float = 60

    def after(self, waited: float, *, lived: float) -> float:
        """How long to wait now; `waited`: before this run, 0 for the first; `lived`: how long it ran."""
        if not waited or lived >= self.steady_seconds:
            return self.first_seconds
        return min(2 * waited, self.most_seconds)


class Supervisor:
    """The programs of one process. Use it within one event loop, in the main thread.

    Each program is a process group of its own. What is left of a group when its first process has ended is ended
    too. If this process is killed, the system kills the first process of each group (cloudui.web.parents).
    """

    def __init__(self, say: Callable[[str, str], None], backoff: Backoff | None = None) -> None:
        """Make one. `say` gets the name of a program and a line: what it printed, or what became of it."""
        self._say = say
        self._backoff = backoff or Backoff()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._runs: dict[str, Run] = {}
        self._stop_seconds: dict[str, float] = {}

    def add(self, program: Program) -> None:
        """Start a program and keep it running. Raises ValueError if there is one of this name."""
        if program.name in self._tasks:
            raise ValueError(f"There is a program {program.name} already.")
        self._runs[program.name] = Run()
        self._stop_seconds[program.name] = program.stop_seconds
        self._tasks[program.name] = asyncio.create_task(self._keep(program), name=program.name)

    def run(self, name: str) -> Run:
        """How a program is. Raises KeyError if there is none."""
        return self._runs[name]

    async def remove(self, name: str, *, stop_seconds: float | None = None) -> None:
        """End a program and all that it started; returns when they have ended. Raises KeyError if there is none.

        `stop_seconds` is for this time, instead of those of the program.
        """
        if stop_seconds is not None:
            self._stop_seconds[name] = stop_seconds
        await _cancel(self._tasks[name])
        del self._tasks[name], self._runs[name], self._stop_seconds[name]

    async def stop(self) -> None:
        """End all programs."""
        await asyncio.gather(*(self.remove(name) for name in list(self._tasks)))

    async def _keep(self, program: Program) -> None:
        waited = 0.0
        while True:
            began = time.monotonic()
            try:
                what = describe(await self._run(program))
            except OSError as error:
                what = f"could not be started ({error.strerror})"
            lived = time.monotonic() - began
            self._runs[program.name].ended = what
            waited = self._backoff.after(waited, lived=lived)
            self._say(program.name, f"{what} after {lived:.0f} s. It starts again in {waited:g} s.")
            await asyncio.sleep(waited)

    async def _run(self, program: Program) -> int:
        """Run a program once. Its whole group has ended when this returns, or is cancelled."""
        transport, output = await asyncio.get_running_loop().subprocess_shell(
            lambda: _Output(functools.partial(self._say, program.name)),
            program.command,
            stdin=DEVNULL,
            stderr=STDOUT,
            env=dict(program.environment),
            cwd=program.directory,
            start_new_session=True,
            preexec_fn=functools.partial(end_with_parent, signal.SIGKILL, parent=os.getpid()),
        )
        run = self._runs[program.name]
        run.process_id, run.began_at = transport.get_pid(), datetime.now(UTC)
        try:
            await output.exited.wait()
        finally:
            run.process_id = None
            tell = None if output.exited.is_set() else program.tell
            await _end_group(transport.get_pid(), self._stop_seconds[program.name], tell)
            with contextlib.suppress(TimeoutError):
                # What is left in the pipe; nobody writes to it any more.
                await asyncio.wait_for(output.closed.wait(), timeout=1)
            transport.close()
        return transport.get_returncode() or 0


class _Output(asyncio.SubprocessProtocol):
    """Passes on what a program prints, line by line.

    asyncio's own streams say that a process has ended when its pipe is closed, and a child of it may hold that open.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._rest = b""
        self.exited = asyncio.Event()
        self.closed = asyncio.Event()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) >= LINE_BYTES:
            lines, self._rest = [*lines, self._rest], b""
        for line in lines:
            self._say(line.decode(errors="replace").rstrip("\r"))

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        if self._rest:
            self._say(self._rest.decode(errors="replace"))
        self.closed.set()

    def process_exited(self) -> None:
        self.exited.set()


def describe(status: int) -> str:
    """Why a process ended, from its exit status as `subprocess` has it."""
    if status >= 0:
        return f"ended with status {status}"
    with contextlib.suppress(ValueError):
        return f"was ended by {signal.Signals(-status).name}"
    return f"was ended by signal {-status}"


async def _end_group(group: int, seconds: float, tell: Callable[[int], None] | None = None) -> None:
    """End a group of processes: kindly, and after some seconds not."""
    for signum, patience in ((signal.SIGTERM, seconds), (signal.SIGKILL, 1)):
        if tell is not None and signum == signal.SIGTERM:
            tell(group)
        elif not _signal(group, signum):
            break
        end = time.monotonic() + patience
        # No event tells when a group is empty.
        while time.monotonic() < end and _signal(group, 0):  # noqa: ASYNC110
            await asyncio.sleep(POLL_SECONDS)


def _signal(group: int, signum: int) -> bool:
    """Send a signal to a group. Returns whether anybody is left in it."""
    try:
        os.killpg(group, signum)
    except ProcessLookupError:
        return False
    return True


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
