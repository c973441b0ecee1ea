"""Reading a body strictly, so that no two readers can understand it differently."""

import json
import re
from typing import Any, Final

from django.http import HttpRequest
from ninja.parser import Parser

from cloudui.web.api import ApiError

JSON: Final = "application/json"
CHARSETS: Final = ("", "utf-8", "utf8")

_HALF_CHARACTER = re.compile("[\ud800-\udfff]")


class StrictParser(Parser):
    """Takes one JSON value in UTF-8: without repeated names, null characters, half characters, NaN and Infinity.

    The size is limited by DATA_UPLOAD_MAX_MEMORY_SIZE (1 MiB), the depth by Python's own recursion limit.
    """

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        """The value in the body.

        Raises:
            ApiError: 415 for another content type, 400 for what is not JSON of this kind.
        """
        if request.content_type != JSON or not _is_utf8(request):
            raise ApiError(415, "invalid_request", f"Send {JSON} in UTF-8.")
        try:
            text = request.body.decode()
        except UnicodeDecodeError:
            raise _bad("The body is not valid UTF-8.") from None
        try:
            value: dict[str, Any] = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
            # A half character can be written in JSON, and stand in nothing else.
            _require_text(value)
        except (ValueError, RecursionError):
            raise _bad("The body is not valid JSON.") from None
        return value


def _is_utf8(request: HttpRequest) -> bool:
    return (request.content_params or {}).get("charset", "").lower() in CHARSETS


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _bad("A name is repeated in an object of the body.")
    return made


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _require_text(value: object) -> None:
    if isinstance(value, dict):
        for name, each in value.items():
            _require_text(name)
            _require_text(each)
    elif isinstance(value, list):
        for each in value:
            _require_text(each)
    elif isinstance(value, str):
        if "\0" in value:
            raise _bad("The body contains a null character.")
        if _HALF_CHARACTER.search(value):
            raise _bad("The body contains half a character.")


def _bad(description: str) -> ApiError:
    return ApiError(400, "invalid_request", description)
