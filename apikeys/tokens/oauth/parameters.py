"""Reading what a program sent: strictly, so that no two readers can understand it differently.

Django's own reading of forms is not used: it forgives repeated names and wrong encodings, and it would leave the
secret in `request.POST`, where an error report shows it.
"""

import re
import string
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import parse_qsl

from django.http import HttpRequest, UnreadablePostError
from django.views.decorators.debug import sensitive_variables

from apikeys.credentials import KeySecret
from cloudui.web.api import ApiError
from cloudui.web.strict_json import CHARSETS, NotStrict, RepeatedName, parse_json, require_characters

MOST_BYTES: Final = 8192
FORM: Final = "application/x-www-form-urlencoded"
JSON: Final = "application/json"

REPEATED: Final = "A parameter is repeated."
# With the byte order mark that Windows begins a text with.
SPACE: Final = string.whitespace + "\u00a0\ufeff"
QUOTES: Final = tuple("\"'`\u2018\u2019\u201c\u201d")

_DIGITS = re.compile(r"[0-9]{1,18}", re.ASCII)


class Parameters:
    """The parameters of a request by name. It shows itself to nobody: a secret is among them."""

    __slots__ = ("__values",)

    @sensitive_variables()
    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Take pairs of name and value, none of them twice (RFC 6749 section 3.2); ApiError 400 otherwise."""
        values: dict[str, str] = {}
        for name, value in pairs:
            try:
                require_characters([name, value], place="A parameter")
            except NotStrict as error:
                raise invalid_request(str(error)) from None
            if name in values:
                raise invalid_request(REPEATED)
            values[name] = value
        self.__values = values

    def __repr__(self) -> str:
        return "<parameters>"

    def get(self, name: str) -> str | None:
        """The value; None for a missing one and for an empty one, which counts as missing (section 3.1)."""
        return self.__values.get(name) or None

    @sensitive_variables()
    def trimmed(self, name: str) -> str | None:
        """The value without the space around it, which came with it from a file; no ID, secret or token has any.

        ApiError 400 for one between quotation marks: whatever read the file took them for a part of it. What is said
        does not depend on whether the rest is genuine.
        """
        value = (self.get(name) or "").strip(SPACE)
        if value[:1] in QUOTES or value[-1:] in QUOTES:
            raise invalid_request(f"Remove the quotation marks around {name}.")
        return value or None

    @sensitive_variables()
    def secret(self, name: str) -> KeySecret | None:
        """The value as a secret, likewise."""
        value = self.trimmed(name)
        return KeySecret(value) if value else None

    def require(self, name: str) -> str:
        """The value, trimmed; ApiError 400 if it is missing."""
        value = self.trimmed(name)
        if value is None:
            raise invalid_request(f"The parameter {name} is missing.")
        return value


def invalid_request(description: str) -> ApiError:
    """The error for whatever is malformed (RFC 6749 section 5.2)."""
    return ApiError(400, "invalid_request", description)


@sensitive_variables()
def read_parameters(request: HttpRequest) -> Parameters:
    """The parameters in the body of a POST, a form or a JSON object of strings in UTF-8; null counts as missing.

    Raises ApiError: 413 for more than 8 KiB, 411 where nobody can tell its end, 400 for all that is not exactly that.
    """
    body = _read_body(request)
    if (request.content_params or {}).get("charset", "").lower() not in CHARSETS:
        raise invalid_request("Send UTF-8.")
    if request.content_type == JSON:
        return Parameters(_json_pairs(body))
    if request.content_type in {FORM, ""}:
        return Parameters(form_pairs(_text(body)))
    raise invalid_request(f"Send a form ({FORM}) or a JSON object ({JSON}).")


@sensitive_variables()
def form_pairs(text: str) -> list[tuple[str, str]]:
    """The pairs of a form or of a query string; ApiError 400 if what is percent-encoded is not UTF-8."""
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict")
    except ValueError:
        raise invalid_request("The body is not valid UTF-8.") from None


@sensitive_variables()
def _json_pairs(body: bytes) -> Iterable[tuple[str, str]]:
    try:
        value = parse_json(body)
    except RepeatedName:
        raise invalid_request(REPEATED) from None
    except NotStrict as error:
        raise invalid_request(str(error)) from None
    if not isinstance(value, dict):
        raise invalid_request("The body must be a JSON object.")
    pairs = [(name, each) for name, each in value.items() if each is not None]
    if not all(isinstance(each, str) for _, each in pairs):
        raise invalid_request("Every value in the JSON object must be a string.")
    return pairs


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise invalid_request("The body is not valid UTF-8.") from None


def _read_body(request: HttpRequest) -> bytes:
    length = request.META.get("CONTENT_LENGTH")
    if not length and request.META.get("HTTP_TRANSFER_ENCODING"):
        return _read_chunks(request)
    length = length or "0"
    if _DIGITS.fullmatch(length) is None:
        raise invalid_request("Content-Length is not a number.")
    if int(length) > MOST_BYTES:
        raise _too_large()
    try:
        return request.body
    except UnreadablePostError:
        raise invalid_request("The body could not be read.") from None


@sensitive_variables()
def _read_chunks(request: HttpRequest) -> bytes:
    """A body that comes in chunks, from a server that says where it ends. Django takes it for empty."""
    environ: dict[str, Any] = getattr(request, "environ", {})
    if not environ.get("wsgi.input_terminated"):
        raise ApiError(411, "invalid_request", "Send a Content-Length.")
    body = b""
    try:
        while len(body) <= MOST_BYTES and (chunk := environ["wsgi.input"].read(MOST_BYTES + 1 - len(body))):
            body += chunk
    except OSError:
        raise invalid_request("The body could not be read.") from None
    if len(body) > MOST_BYTES:
        raise _too_large()
    return body


def _too_large() -> ApiError:
    return ApiError(413, "invalid_request", f"Send at most {MOST_BYTES} bytes.")
