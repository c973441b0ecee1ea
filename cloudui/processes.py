"""Runs the programs of the Procfile together, and starts again what ends: `make run`."""

import asyncio
import os
import re
import signal
import socket
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Final, TextIO

from cloudui.web.supervisor import Program, Supervisor

ROOT: Final = Path(__file__).resolve().parent.parent
DEFAULT_PORT: Final = 8871
# What an earlier run that was killed has left ends within these.
FREE_SECONDS: Final = 3
STOPS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Terminal:
    """Prints while somebody can see it."""

    def __init__(self, output: TextIO, width: int) -> None:
        self._output = output
        self._width = width
        self.closed = asyncio.Event()

    def say(self, name: str, line: str) -> None:
        """Print one line. When the terminal has been closed, say no more."""
        if self.closed.is_set():
            return
        try:
            self._output.write(f"{datetime.now():%H:%M:%S} {name:<{self._width}} | {line}\n")  # noqa: DTZ005 - read by a person, here
            self._output.flush()
        except OSError:
            self.closed.set()


def main() -> int:
    """Run until a signal comes or the terminal is closed; return the exit status."""
    address, port = os.environ.get("BIND_ADDRESS") or "127.0.0.1", int(os.environ.get("PORT") or DEFAULT_PORT)
    if not _becomes_free(address, port):
        sys.exit(
            f"Port {port} is in use. Stop what listens there, or choose another: make run PORT={port + 1}"
        )
    # A program may print what this terminal has no letters for.
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr] # it is a TextIOWrapper
    asyncio.run(run(read_procfile((ROOT / "Procfile").read_text())))
    return 0


async def run(programs: list[Program]) -> None:
    """Keep the programs running until a signal comes or the terminal is closed."""
    terminal = Terminal(sys.stdout, max(len(program.name) for program in programs))
    for signum in STOPS:
        asyncio.get_running_loop().add_signal_handler(signum, terminal.closed.set)
    supervisor = Supervisor(terminal.say)
    for program in programs:
        supervisor.add(program)
    await terminal.closed.wait()
    await supervisor.stop()


def read_procfile(text: str) -> list[Program]:
    """The programs of a Procfile: a name and a command a line."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    return [
        Program(name, command, environment, str(ROOT))
        for name, command in re.findall(r"^([\w-]+):[ \t]*(.+)$", text, re.MULTILINE)
    ]


def in_use(address: str, port: int) -> bool:
    """Whether something listens at the port. The server itself would share it and say nothing."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return True
    return False


def _becomes_free(address: str, port: int) -> bool:
    end = time.monotonic() + FREE_SECONDS
    while in_use(address, port):
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


if __name__ == "__main__":
    sys.exit(main())
