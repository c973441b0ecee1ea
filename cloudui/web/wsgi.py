"""Django's WSGI handler, with one hole closed.

Django reads the Content-Type header before anything can catch an error, and a malformed one (`a; charset*=x''y`)
ends in a bare 500 from the server. Here such a header counts as none, and the views answer as to any other
type that they do not take.
"""

from typing import Any

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest


class TolerantRequest(WSGIRequest):
    """A request that survives its Content-Type."""

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            super()._set_content_type_params(meta)  # type: ignore[misc] # not in Django's published types
        except (LookupError, ValueError):
            self.content_type, self.content_params = "unreadable", {}


class Handler(WSGIHandler):
    """The application that a server calls. Set Django up first."""

    request_class = TolerantRequest
