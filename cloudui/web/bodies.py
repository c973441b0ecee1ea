"""How much of a body is taken in, and from whom (the server's side of it is cloudui.web.rsgi).

The server takes in a body before a thread works on the request. Up to 1 MiB it does so for anybody. Beyond that it
asks first: it runs the application with the head alone. A view that admits larger bodies says so by `admit`, once
it knows its caller and before it reads; that ends this run, and the request comes again with its body whole. A
view that answers without reading has answered. One that reads without having admitted gets `RequestDataTooBig`.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest

from cloudui.web import disk

MEMORY_BYTES: Final = 1024 * 1024
INPUT: Final = "wsgi.input"
# What both runs of one request have in common: a set of names.
ONCE: Final = "cloudui.once"
# What was reserved for the body and copies of it, in the run that has it whole.
SPACE: Final = "cloudui.space"


class BodyAdmitted(BaseException):
    """Ends a run with the head alone; no view's `except Exception` may stop it. Who takes the body releases `space`."""

    def __init__(self, most_bytes: int, space: disk.Space) -> None:
        super().__init__(most_bytes)
        self.most_bytes = most_bytes
        self.space = space


class AwaitedBody:
    """Stands for a body that nobody has admitted yet."""

    def __init__(self, length: int | None = None) -> None:
        """Know how long it will be; None if only its end says so."""
        self.length = length

    def read(self, _size: int = -1, /) -> bytes:
        """Always raise RequestDataTooBig."""
        raise RequestDataTooBig("The body is too large.")

    readline = read

    def close(self) -> None:
        """Nothing is open."""


def place() -> Path:
    """Where large bodies wait, and what a form has in files. Raises NoSpace if no directory can be written to."""
    try:
        return Path(tempfile.gettempdir())
    except FileNotFoundError as error:
        raise disk.NoSpace from error


def admit(
    request: HttpRequest,
    *,
    most_bytes: int,
    copies: int = 1,
    require_space: Callable[[], object] = lambda: None,
) -> None:
    """Take up to `most_bytes` of body from this caller. Call it before the body is read.

    What is done before is done twice for a body over 1 MiB, so it changes nothing.

    `copies` of it will lie in `place` at once, the first of them included. With these reserved `require_space` is
    called; it raises NoSpace where there is none for what is made of them.

    Raises:
        BodyAdmitted: if the body is not here yet.
        RequestDataTooBig: if the head already says that it is longer.
        NoSpace: if there is none for it.
    """
    awaited = request.META.get(INPUT)
    if not isinstance(awaited, AwaitedBody):
        return
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdecimal() and int(length) > most_bytes:
        raise RequestDataTooBig("The body is too large.")
    size = most_bytes if awaited.length is None else awaited.length
    space = disk.reserve(place(), copies * size)
    try:
        require_space()
    except BaseException:
        space.release()
        raise
    raise BodyAdmitted(most_bytes, space)


def is_first_run(request: HttpRequest, what: str) -> bool:
    """Whether `what` is done now for the first time for this request, although it may be run twice."""
    done: set[str] = request.META.setdefault(ONCE, set())
    is_first = what not in done
    done.add(what)
    return is_first
