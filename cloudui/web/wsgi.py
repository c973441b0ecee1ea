"""Django's WSGI handler, with two holes closed.

Django reads the Content-Type header before anything can catch an error, and a malformed one (`a; charset*=x''y`)
ends in a bare 500 from the server. Here such a header counts as none, and the views answer as to any other
type that they do not take.

The server hands over what there is of a body whose connection was cut, and Django takes it for the whole one: of
a form with all variables the second half would be deleted. Here it cannot be read (`UnreadablePostError`).
"""

from typing import Any

from django.core.handlers.wsgi import LimitedStream, WSGIHandler, WSGIRequest


class WholeStream(LimitedStream):
    """A body of which as much comes as was announced, or an error."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Up to `size` bytes, none at the end.

        Raises:
            OSError: if the connection was cut before the end.
        """
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


class Handler(WSGIHandler):
    """The application that a server calls. Set Django up first."""

    request_class = TolerantRequest
