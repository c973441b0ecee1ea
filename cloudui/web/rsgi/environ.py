"""From the head of a request to the environment that PEP 3333 describes."""

import functools
import io
import sys
from typing import Any, Final

# Nobody reads from it, so all requests without a body share it.
NO_BODY: Final = io.BytesIO()


_CONSTANT: Final[dict[str, Any]] = {
    "GATEWAY_INTERFACE": "CGI/1.1",
    "SCRIPT_NAME": "",
    "SERVER_SOFTWARE": "granian",
    "wsgi.errors": sys.stderr,
    "wsgi.input": NO_BODY,
    "wsgi.multiprocess": True,
    "wsgi.multithread": True,
    "wsgi.run_once": False,
    "wsgi.version": (1, 0),
}
# Cookies are the one header that is not joined by commas (RFC 9113 section 8.2.3).
_JOINED_BY: Final = {"HTTP_COOKIE": "; "}
_ONCE: Final = ("CONTENT_TYPE", "CONTENT_LENGTH")


# What has been asked for once is kept, but not without end: a caller may name any header.
_MOST_VARIABLES: Final = 512
_variables: dict[str, str] = {}


class UnreadableHeader(Exception):
    """A header that decides who is limited and audited is not ASCII."""


def build_environ(scope: Any) -> dict[str, Any]:
    """The environment of a request without a body; `scope` is granian's.

    granian leaves out values that are not ASCII. A header that occurs several times becomes one value.

    Raises:
        UnreadableHeader: if that would leave out X-Forwarded-For. A proxy appends to what the caller wrote, so a
            caller could have every request counted as the proxy's own.
    """
    environ = _CONSTANT.copy()
    environ["wsgi.url_scheme"] = scope.scheme
    environ["REQUEST_METHOD"] = scope.method
    # Bytes as Latin-1; what was not UTF-8 has become U+FFFD in granian, and finds no page either way.
    path = scope.path
    environ["PATH_INFO"] = path if path.isascii() else path.encode().decode("latin-1")
    environ["QUERY_STRING"] = scope.query_string
    environ["SERVER_PROTOCOL"] = f"HTTP/{scope.http_version}"
    environ["SERVER_NAME"], environ["SERVER_PORT"] = _own_address(scope.server)
    environ["REMOTE_ADDR"] = peer_of(scope)
    for header, value in scope.headers.items():
        name = _variables.get(header)
        if name is None:
            name = _variable(header)
        if name not in environ:
            environ[name] = value
        elif name not in _ONCE:
            environ[name] += _JOINED_BY.get(name, ",") + value
    environ.pop("", None)
    if "HTTP_X_FORWARDED_FOR" not in environ and "x-forwarded-for" in scope.headers:
        raise UnreadableHeader
    if "HTTP_HOST" not in environ:
        environ["HTTP_HOST"] = scope.authority or ""
    return environ


def peer_of(scope: Any) -> str:
    """The IP address at the other end of the connection."""
    peer: str = scope.client.rpartition(":")[0].strip("[]")
    return peer


def _variable(header: str) -> str:
    """The variable of a header, empty for one that is left out.

    `X_Forwarded_For` would get the variable of `X-Forwarded-For`, and no proxy removes it. So a name with an
    underscore is none, as nginx has it.
    """
    name = header.upper().replace("-", "_")
    variable = "" if "_" in header else name if name in _ONCE else f"HTTP_{name}"
    if len(_variables) < _MOST_VARIABLES:
        _variables[header] = variable
    return variable


@functools.lru_cache(maxsize=16)
def _own_address(text: str) -> tuple[str, str]:
    """Host and port of `127.0.0.1:80` or `[::1]:80`."""
    host, _, port = text.rpartition(":")
    return host.strip("[]"), port
