"""What a log line looks like, which request it belongs to, and the last net under it.

A line is text with `name=value` or one JSON object (`LOG_FORMAT`, docs/monitoring.md). Whatever looks like a secret is
masked before it is written. Nothing is meant to log one (OWASP Logging cheat sheet, "Data to exclude"); a library or a
traceback might. What libraries say at DEBUG is never written, at any `LOG_LEVEL`: it has the values of SQL statements
and of templates in it.
"""

import json
import logging
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    # The settings need this module, and Django's would need the settings.
    from django.http import HttpRequest

# A key secret (docs/leaked-secrets.md), a code or refresh token (apikeys.tokens.opaque), a JSON Web Token.
SECRETS: Final = re.compile(r"cui1_[0-9A-Za-z]{8,}|cui[cr]_[\w-]{8,}|eyJ[\w-]{8,}(?:\.[\w-]*){1,2}")
# What masks, and what it leaves of each.
MASKS: Final = (
    (SECRETS, "***"),
    # A hash by argon2.
    (re.compile(r"\$argon2\w{1,2}\$[^\s'\"]+"), "***"),
    # How HTTP carries what signs somebody in.
    (re.compile(r"\b(Bearer|Basic) +[\w.~+/=-]{8,}", re.IGNORECASE), r"\1 ***"),
    (re.compile(r"\b(session|csrftoken|device)=[^\s;,'\"]+"), r"\1=***"),
    # A link for a new password or to an upload, and what follows an address.
    (re.compile(r"(password/reset/key/|/uploads/)[^\s/?'\"]+"), r"\1***"),
    (re.compile(r"(\bhttps?://[^\s?#'\"]+)[?#][^\s'\"]+"), r"\1?***"),
    # PostgreSQL quotes a row that it refuses, pydantic what it could not read.
    (re.compile(r"(?m)^(\s*DETAIL: ).*"), r"\1***"),
    (re.compile(r"input_value=.*?(?=, input_type=)", re.DOTALL), "input_value=***"),
)
NOBODY: Final = "nobody"
NO_ROUTE: Final = "none"
# What is answered before the URL patterns are looked at.
BEFORE_ROUTES: Final = frozenset({"/healthz", "/readyz", "/metrics"})
STATIC: Final = "/static/"
# A shorter path is a word that may be part of any message, and too short for a secret.
SECRET_PATH: Final = 8
# Everything that could begin another line, end it, or move the cursor of a terminal.
_UNPRINTED: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_BARE: Final = re.compile(r"[\w.:/<>*+@-]+", re.ASCII)


class Context:
    """What all lines of one request, or of one task of housekeeping, have in common.

    Attributes:
        request_id: names it.
        caller_kind: a `Kind`, or `nobody` as long as nobody is known.
        caller_id: the person's identifier or the key ID.
        request: whose path must not be written, None for a task.
    """

    __slots__ = ("caller_id", "caller_kind", "request", "request_id")

    def __init__(self, request_id: str, request: "HttpRequest | None" = None) -> None:
        self.request_id = request_id
        self.request = request
        self.caller_kind = NOBODY
        self.caller_id = ""


context: Final[ContextVar[Context | None]] = ContextVar("context", default=None)


def set_caller(kind: str, identifier: str) -> None:
    """Say who makes the present request, for its line."""
    if (present := context.get()) is not None:
        present.caller_kind, present.caller_id = kind, identifier


@contextmanager
def task(request_id: str = "") -> Iterator[str]:
    """Give all lines from inside the same request id, a new one unless there is one, where nothing else does."""
    request_id = request_id or new_id()
    token = context.set(Context(request_id))
    try:
        yield request_id
    finally:
        context.reset(token)


def new_id() -> str:
    """A request id: 32 hexadecimal digits."""
    return secrets.token_hex(16)


def route_of(request: "HttpRequest") -> str:
    """The pattern of the URL, never the path itself, which may hold a secret."""
    if (match := request.resolver_match) is not None:
        return f"/{match.route}"
    if request.path in BEFORE_ROUTES:
        return request.path
    return STATIC if request.path.startswith(STATIC) else NO_ROUTE


class MaskSecrets(logging.Filter):
    """Replaces secrets, and the path of the present request, in a record's message, arguments and traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        if hasattr(record, "lines"):  # of requests: they hold nothing that a caller wrote
            return True
        message = record.getMessage()
        if (masked := _mask(message)) != message:
            record.msg, record.args = masked, None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = _mask(record.exc_text)
        if record.stack_info:
            record.stack_info = _mask(record.stack_info)
        return True


class TextFormatter(logging.Formatter):
    """One line, `name=value`; those of a traceback follow it, indented, so that no value can begin a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, or the finished lines of requests."""
        if (lines := getattr(record, "lines", None)) is not None:
            return str(lines)
        *first, message = _fields(record).values()
        names = " ".join(f"{name}={quote(value)}" for name, value in _context_fields().items())
        line = " ".join(part for part in (*first, names, f"message={quote(message)}") if part)
        traces = [text for text in (record.exc_text, record.stack_info) if text]
        inner = [each for text in traces for each in text.split("\n")]
        return "\n".join([line, *(f"    {_escape(each)}" for each in inner)])


class JsonFormatter(logging.Formatter):
    """One JSON object, in ASCII."""

    def format(self, record: logging.LogRecord) -> str:
        """The object, or the finished lines of requests."""
        if (lines := getattr(record, "lines", None)) is not None:
            return str(lines)
        fields = {**_fields(record), **_context_fields()}
        if record.exc_text:
            fields["exception"] = record.exc_text
        if record.stack_info:
            fields["stack"] = record.stack_info
        return json.dumps(fields)


def configuration(level: int, form: str) -> dict[str, Any]:
    """What `logging.config.dictConfig` takes, for a `LOG_LEVEL` and a `LOG_FORMAT`."""
    formatter = JsonFormatter if form == "json" else TextFormatter
    own = {name: {"level": level} for name in ("cloudui", "workspaces", "deployments", "apikeys")}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"masked": {"()": MaskSecrets}},
        "formatters": {"line": {"()": formatter}},
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["masked"]},
        },
        "root": {"handlers": ["stderr"], "level": max(level, logging.INFO)},
        "loggers": {
            **own,
            # A mistyped word or a stale tab is an answer, not a fault: only server errors are news.
            "django.request": {"level": max(level, logging.ERROR)},
            # A server that is gone is said once a minute (cloudui.web.databases), not with each attempt.
            "psycopg.pool": {"level": max(level, logging.ERROR)},
            # Django's own server for development has a line for each request, with its path.
            "django.server": {"level": logging.CRITICAL},
        },
    }


def timestamp(seconds: float) -> str:
    """A moment in UTC, to the millisecond, such as 2026-11-24T20:12:38.042Z."""
    whole = int(seconds)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(whole))}.{int((seconds - whole) * 1000):03d}Z"


def quote(value: str) -> str:
    """A value of a text line: in quotation marks unless it is a word, with nothing that could end the line."""
    if _BARE.fullmatch(value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{_escape(escaped)}"'


def _escape(text: str) -> str:
    return _UNPRINTED.sub(lambda found: json.dumps(found[0])[1:-1], text)


def _fields(record: logging.LogRecord) -> dict[str, str]:
    return {
        "time": timestamp(record.created),
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": record.getMessage(),
    }


def _context_fields() -> dict[str, str]:
    if (present := context.get()) is None:
        return {}
    fields = {"request_id": present.request_id}
    if present.request is not None:
        fields["route"] = route_of(present.request)
    return fields


def _mask(text: str) -> str:
    for pattern, left in MASKS:
        text = pattern.sub(left, text)
    present = context.get()
    if present is None or present.request is None:
        return text
    path, match = present.request.path, present.request.resolver_match
    if len(path) >= SECRET_PATH and (match is None or match.kwargs):
        text = text.replace(path, route_of(present.request))
    return text
