"""A genuine key secret in a URL, which logs, histories and proxies keep (RFC 6749 section 2.3.1).

It is noticed before anything else looks at the request: whatever the method and the route, pages and unknown ones
included. Its key is marked and the request refused, so that nobody gets used to it.
"""

import re
from collections.abc import Callable
from typing import Final
from urllib.parse import unquote_plus

from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.debug import sensitive_variables

from apikeys import credential_state, credentials, usage
from apikeys.credentials import KeySecret
from apikeys.models import Reason
from cloudui.web import api, databases
from workspaces.principals import origin_of

REFUSED: Final = "Send credentials in the body or with HTTP Basic, never in the address."
FOR_PEOPLE: Final = (
    "The secret of an API key is in the address of this page, and addresses are kept in histories and logs. "
    "Rotate the secret.\n"
)

_SECRET: Final = re.compile(credentials.SECRET_PATTERN, re.ASCII)


class SecretInUrlMiddleware:
    """Refuses a URL with a genuine secret in its path or query, and records that for its key."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    @sensitive_variables()
    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass everything else on."""
        secrets = _genuine_secrets(request)
        if not secrets:
            return self.get_response(request)
        for secret in secrets:
            _record(secret, request)
        if api.is_machine(request):
            return api.answer_error(400, "invalid_request", REFUSED)
        headers = {"Cache-Control": "no-store"}
        return HttpResponse(FOR_PEOPLE, content_type="text/plain", status=400, headers=headers)


@sensitive_variables()
def _genuine_secrets(request: HttpRequest) -> set[str]:
    text = request.path_info
    query = request.META.get("QUERY_STRING", "")
    if query:
        text += "?" + unquote_plus(query)
    if credentials.PREFIX not in text:
        return set()
    return {found for found in _SECRET.findall(text) if credentials.has_genuine_tag(found)}


@sensitive_variables()
def _record(text: str, request: HttpRequest) -> None:
    try:
        state = credential_state.by_fingerprint(credentials.fingerprints(KeySecret(text)))
        if state is not None:
            usage.record_refusal(state, Reason.SECRET_IN_URL, origin_of(request))
    except Error as error:
        # It is refused all the same.
        databases.log(error, "A secret in a URL could not be recorded.")
