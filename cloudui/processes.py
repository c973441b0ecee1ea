"""Starts the processes of the Procfile, shows what they print, and stops them together: `make run`.

honcho does the work. Its own command line gives each process another `PORT`, reads `.env` although nothing else
here does, and leaves the processes behind when its terminal is closed.
"""

import io
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Final

from honcho.environ import parse_procfile
from honcho.manager import Manager
from honcho.printer import Message, Printer

ROOT: Final = Path(__file__).resolve().parent.parent
DEFAULT_PORT: Final = 8871
# What honcho returns after Ctrl-C and after SIGTERM, when everything has ended as it was told to.
STOPPED: Final = (130, 143)


# granian warns of 64 threads on a few cores. They are meant: most of them wait for a password to be
# checked, and with fewer the pages would wait too.
KNOWN_WARNING: Final = b"Configuration allows spawning up to 64 Python threads"


class TerminalPrinter(Printer):  # type: ignore[misc]  # honcho publishes no types
    """Prints while somebody can see it."""

    def write(self, message: Message) -> None:
        """Print one line; when the terminal has been closed, stop everything and print no more."""
        if isinstance(message.data, bytes) and KNOWN_WARNING in message.data:
            return
        try:
            super().write(message)
        except OSError:
            self.output = io.StringIO()
            os.kill(os.getpid(), signal.SIGTERM)


def main() -> int:
    """Run until a signal comes or a process ends by itself; return the exit status."""
    address, port = os.environ.get("BIND_ADDRESS") or "127.0.0.1", int(os.environ.get("PORT") or DEFAULT_PORT)
    if in_use(address, port):
        sys.exit(
            f"Port {port} is in use. Stop what listens there, or choose another: make run PORT={port + 1}"
        )
    manager = Manager(TerminalPrinter(sys.stdout))
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    for name, command in parse_procfile((ROOT / "Procfile").read_text()).processes.items():
        manager.add_process(name, command, env=environment, cwd=str(ROOT))
    signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    manager.loop()
    return 0 if manager.returncode in STOPPED else manager.returncode or 1


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


if __name__ == "__main__":
    sys.exit(main())
