"""How much of a body is taken in, and from whom (the server's side of it is cloudui.web.rsgi).

The server takes in a body before a thread works on the request. Up to 1 MiB it does so for anybody. Beyond that it
asks first: it runs the application with the head alone. A view that admits larger bodies says so by `admit`, once
it knows its caller and before it reads; that ends this run, and the request comes again with its body whole. A
view that answers without reading has answered. One that reads without having admitted gets `RequestDataTooBig`.
"""

from typing import Final

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest

MEMORY_BYTES: Final = 1024 * 1024
INPUT: Final = "wsgi.input"
# What both runs of one request have in common: a set of names.
ONCE: Final = "cloudui.once"


class BodyAdmitted(BaseException):
    """Ends a run with the head alone. No view's `except Exception` may stop it.

    Attributes:
        most_bytes: how long the body may be.
    """

    def __init__(self, most_bytes: int) -> None:
        super().__init__(most_bytes)
        self.most_bytes = most_bytes


class AwaitedBody:
    """Stands for a body that nobody has admitted yet."""

    def read(self, _size: int = -1, /) -> bytes:
        """Refuse.

        Raises:
            RequestDataTooBig: always.
        """
        raise RequestDataTooBig("The body is too large.")

    readline = read

    def close(self) -> None:
        """Nothing is open."""


def admit(request: HttpRequest, *, most_bytes: int) -> None:
    """Take up to `most_bytes` of body from this caller. Call it before the body is read.

    What is done before is done twice for a body over 1 MiB, so it changes nothing.

    Raises:
        BodyAdmitted: if the body is not here yet.
        RequestDataTooBig: if the head already says that it is longer.
    """
    if not isinstance(request.META.get(INPUT), AwaitedBody):
        return
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdecimal() and int(length) > most_bytes:
        raise RequestDataTooBig("The body is too large.")
    raise BodyAdmitted(most_bytes)


def is_first_run(request: HttpRequest, what: str) -> bool:
    """Whether `what` is done now for the first time for this request, although it may be run twice."""
    done: set[str] = request.META.setdefault(ONCE, set())
    is_first = what not in done
    done.add(what)
    return is_first
