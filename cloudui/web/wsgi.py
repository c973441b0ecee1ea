"""Django's WSGI handler, with five holes closed.

- A malformed Content-Type header (`a; charset*=x''y`) is read before anything can catch its error, which would end
  in a bare 500. Here it counts as none, and the views answer as to any other type that they do not take.
- Of a body whose connection was cut, Django would take the part for the whole: half a form of all variables would
  delete the rest. Here it cannot be read (`UnreadablePostError`).
- Django throws the rest of a refused upload away line by line, and a body may be one line of any size. Here a line
  comes in pieces.
- Django decodes by whatever codec the caller names, some of which decode no text. Here URLs are UTF-8 always, and
  forms must be.
- What is no Exception passes Django without ending the request, and with it the thread's database connection, which
  a pool of few then lacks. Here the request ends as every other does (`BodyAdmitted`).
"""

import codecs
from typing import Any, Final

from django.core.exceptions import BadRequest
from django.core.handlers.wsgi import LimitedStream, WSGIHandler, WSGIRequest
from django.core.signals import request_finished
from django.http.response import HttpResponseBase

PIECE: Final = 64 * 1024


class WholeStream(LimitedStream):
    """A body of which as much comes as was announced, or OSError."""

    def read(self, size: int | None = -1, /) -> bytes:
        pieces: list[bytes] = []
        left = self.limit - self._pos  # type: ignore[attr-defined] # not in Django's published types
        if size is not None and size >= 0:
            left = min(size, left)
        while left > 0:
            piece: bytes = super().read(left)
            if not piece:
                raise OSError("The connection was cut.")
            pieces.append(piece)
            left -= len(piece)
        return b"".join(pieces)

    def readline(self, size: int | None = -1, /) -> bytes:
        """The next piece of the body, whether or not a line ends in it: at most 64 KiB, none at the end."""
        return self.read(PIECE if size is None or size < 0 else min(size, PIECE))


class TolerantRequest(WSGIRequest):
    """A request that survives its Content-Type, and whose body is whole."""

    def __init__(self, environ: dict[str, Any]) -> None:
        super().__init__(environ)
        limit = self._stream.limit  # type: ignore[attr-defined] # not in Django's published types
        self._stream = WholeStream(environ["wsgi.input"], limit)  # type: ignore[assignment] # nor is this

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            super()._set_content_type_params(meta)  # type: ignore[misc] # not in Django's published types
        except (LookupError, ValueError):
            self.content_type, self.content_params = "unreadable", {}
        named = self.encoding
        self._is_foreign = named is not None and codecs.lookup(named).name != "utf-8"
        self._encoding = None  # and not `encoding`, which would read the URL

    def _load_post_and_files(self) -> None:
        if self._is_foreign and self.method == "POST":
            raise BadRequest("A form that is not UTF-8")
        super()._load_post_and_files()


class Handler(WSGIHandler):
    """The application that a server calls. Set Django up first."""

    request_class = TolerantRequest

    def __call__(self, environ: dict[str, Any], start_response: Any) -> HttpResponseBase:
        try:
            return super().__call__(environ, start_response)
        except BaseException:
            request_finished.send(sender=type(self))
            raise
