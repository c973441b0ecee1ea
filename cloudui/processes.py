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

from cloudui.web.forwarding import HERE, forward
from cloudui.web.supervisor import Program, Supervisor

ROOT: Final = Path(__file__).resolve().parent.parent
DEFAULT_PORT: Final = 8871
# Where the `astro` client of today looks for an installation on its own machine; that of 2023 looks at both.
ASTRO_PORT: Final = 8888
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
        """Print one line of a program. When the terminal has been closed, say no more."""
        if not self.closed.is_set():
            self.write(f"{datetime.now():%H:%M:%S} {name:<{self._width}} | {line}")  # noqa: DTZ005 - read by a person, here

    def write(self, line: str) -> None:
        """Print a line as it is, if somebody can see it."""
        try:
            self._output.write(f"{line}\n")
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
    asyncio.run(run(read_procfile((ROOT / "Procfile").read_text()), address, port))
    return 0


async def run(programs: list[Program], address: str, port: int) -> None:
    """Keep the programs running until a signal comes or the terminal is closed."""
    terminal = Terminal(sys.stdout, max(len(program.name) for program in programs))
    for signum in STOPS:
        asyncio.get_running_loop().add_signal_handler(signum, terminal.closed.set)
    supervisor = Supervisor(terminal.say)
    for program in programs:
        supervisor.add(program)
    server = None
    if port == DEFAULT_PORT:
        server, sentence = await listen_for_astro((address, port))
        terminal.say("astro", sentence)
    await terminal.closed.wait()
    if server is not None:
        server.close()
    await supervisor.stop()
    # The programs go without a word, and the prompt alone would leave open whether they did.
    terminal.write("Cloud UI has stopped.")


async def listen_for_astro(web: tuple[str, int], port: int = ASTRO_PORT) -> tuple[asyncio.Server | None, str]:
    """Have the `astro` client's port lead to the web server; what became of it, in a sentence."""
    address, web_port = web
    try:
        server = await forward(port, to=(HERE if address in {"0.0.0.0", "::"} else address, web_port))  # noqa: S104
    except OSError:
        return None, (
            f"Port {port} is in use, and the astro client of today looks for http://localhost there. "
            "Stop what listens and start again; nothing else needs that port."
        )
    return server, f"Port {port} leads here too, for the astro client."


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
