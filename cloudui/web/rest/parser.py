"""How the REST interface reads a body."""

from typing import Any, Final

from django.http import HttpRequest
from ninja.parser import Parser

from cloudui.web.api import ApiError
from cloudui.web.strict_json import CHARSETS, NotStrict, read_json

JSON: Final = "application/json"


class StrictParser(Parser):
    """Takes one JSON value in UTF-8 (cloudui.web.strict_json) of up to `DATA_UPLOAD_MAX_MEMORY_SIZE` bytes.

    Raises ApiError: 415 for another content type, 400 for what is not JSON of this kind.
    """

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        charset = (request.content_params or {}).get("charset", "").lower()
        if request.content_type != JSON or charset not in CHARSETS:
            raise ApiError(415, "invalid_request", f"Send {JSON} in UTF-8.")
        try:
            value: dict[str, Any] = read_json(request.body)
        except NotStrict as error:
            raise ApiError(400, "invalid_request", str(error)) from None
        return value
