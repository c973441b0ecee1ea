"""A mail server of which a test says how it behaves, on a port of its own."""

import contextlib
import email
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message

# What it answers to a command instead of what a good server would; "" ends the connection there.
Answers = dict[str, str]
GOOD: Answers = {
    "HELLO": "220 here",
    "EHLO": "250 here",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "DATA": "354 go on",
    "END": "250 taken",
    "RSET": "250 ok",
    "QUIT": "221 bye",
}


class MailServer:
    """What it was sent, and how it answers from now on.

    Attributes:
        answers: by command, with HELLO for the greeting and END for the end of a mail; others are as in `GOOD`.
        is_asked: set when somebody waits for an answer that does not come.
    """

    def __init__(self) -> None:
        self.answers: Answers = {}
        self._hangs_at = ""
        self.is_asked = threading.Event()
        self.received: list[tuple[list[str], Message]] = []
        self.commands: list[str] = []
        self._release = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._connections: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def hang(self, command: str) -> None:
        """Never answer this command."""
        self.is_asked.clear()
        self._release.clear()
        self._hangs_at = command

    def release(self) -> None:
        """Answer again, those too who wait."""
        self._hangs_at = ""
        self._release.set()

    def close(self) -> None:
        self.release()
        for each in (self._listener, *self._connections):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._connections.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        recipients: list[str] = []
        with contextlib.suppress(OSError, ValueError), connection, connection.makefile("rb") as lines:
            if not self._answer(connection, "HELLO"):
                return
            for line in lines:
                words = line.decode().strip()
                command = words[:4].upper()
                self.commands.append(command)
                if command == "RCPT":
                    recipients.append(words.partition("<")[2].partition(">")[0])
                if not self._answer(connection, command):
                    return
                if command == "DATA" and self.answers.get("DATA", "354").startswith("354"):
                    content = b"".join(iter(lines.readline, b".\r\n"))
                    if not self._answer(connection, "END"):
                        return
                    if self.answers.get("END", "250").startswith("250"):
                        self.received.append((recipients, email.message_from_bytes(content)))
                    recipients = []

    def _answer(self, connection: socket.socket, command: str) -> bool:
        if command == self._hangs_at:
            self.is_asked.set()
            self._release.wait()
        answer = self.answers.get(command, GOOD.get(command, "500 what?"))
        if answer:
            connection.sendall(f"{answer}\r\n".encode())
        return bool(answer)


@contextmanager
def running() -> Iterator[MailServer]:
    """A server that takes every mail, until a test says otherwise."""
    server = MailServer()
    try:
        yield server
    finally:
        server.close()
