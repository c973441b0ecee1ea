"""What `astro login` asks the browser for (RFC 6749 section 4.1.1), read before anybody is asked anything."""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from apikeys.tokens.access_tokens import CLI_CLIENT
from apikeys.tokens.exchange import CLI_AUDIENCE
from apikeys.tokens.oauth.parameters import MOST_BYTES, Parameters, form_pairs
from cloudui.web.api import ApiError

# The client listens there and nowhere else; so the code never leaves the machine of the browser (RFC 8252 section 7.3).
CALLBACK_ORIGIN: Final = "http://localhost:12345"
CALLBACK: Final = f"{CALLBACK_ORIGIN}/callback"
# What the client asks for. There is no ID token: it reads the person from /userinfo.
SCOPES: Final = ("openid", "profile", "email", "offline_access")
# What it gets (section 3.3).
GRANTED_SCOPE: Final = "profile email offline_access"

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


class UnknownClient(Exception):
    """Another client, another callback, or no request at all: nobody is sent anywhere (RFC 6749 section 4.1.2.1)."""


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A request that may be put to the person."""

    challenge: str
    state: str | None


class RequestRefused(Exception):
    """A request that the client is told to correct; `url` is where the browser goes with it."""

    def __init__(self, error: str, description: str, *, state: str | None) -> None:
        super().__init__(description)
        self.url = callback_url(state=state, error=error, error_description=description)


@sensitive_variables()
def callback_url(*, state: str | None, **answer: str) -> str:
    """The client's address with the answer, the state as it came, and who answers (RFC 9207)."""
    parameters = {**answer, **({} if state is None else {"state": state}), "iss": settings.PUBLIC_URL}
    return f"{CALLBACK}?{urlencode(parameters)}"


def read_request(request: HttpRequest) -> AuthorizationRequest:
    """The request in the address, each parameter once.

    Raises:
        UnknownClient: if it is not the command-line client's own, or cannot be read.
        RequestRefused: if the client asks for what there is not.
    """
    pairs = _pairs(request)
    counts = Counter(name for name, _ in pairs)
    values = dict(pairs)
    if any(counts[name] != 1 for name in ("client_id", "redirect_uri")) or (
        (values["client_id"], values["redirect_uri"]) != (CLI_CLIENT, CALLBACK)
    ):
        raise UnknownClient
    state = values.get("state") if counts["state"] == 1 else None
    try:
        parameters = Parameters(pairs)
    except ApiError as error:
        raise RequestRefused(error.error, error.description, state=state) from None
    refusal = _refusal(parameters)
    if refusal is not None:
        raise RequestRefused(*refusal, state=state)
    return AuthorizationRequest(challenge=parameters.require("code_challenge"), state=state)


def _pairs(request: HttpRequest) -> list[tuple[str, str]]:
    query = request.META.get("QUERY_STRING", "")
    if len(query) > MOST_BYTES or not query.isascii():
        raise UnknownClient
    try:
        return form_pairs(query)
    except ApiError:
        raise UnknownClient from None


def _refusal(parameters: Parameters) -> tuple[str, str] | None:
    """The error and its description (RFC 6749 section 4.1.2.1), or None for what may be asked."""
    get = parameters.get
    scopes, prompts = (set((get(name) or "").split()) for name in ("scope", "prompt"))
    checks = [
        (get("response_type") is None, "invalid_request", "The parameter response_type is missing."),
        (get("response_type") != "code", "unsupported_response_type", "The only response_type here is code."),
        (
            get("response_mode") not in {None, "query"},
            "invalid_request",
            "The only response_mode here is query.",
        ),
        # RFC 7636 section 4.4.1. Without a method it would be plain, which proves nothing to whoever reads along.
        (
            get("code_challenge_method") != "S256",
            "invalid_request",
            "The only code_challenge_method here is S256.",
        ),
        (
            _CHALLENGE.fullmatch(get("code_challenge") or "") is None,
            "invalid_request",
            "The code_challenge is not one of S256.",
        ),
        (
            get("audience") not in {None, CLI_AUDIENCE, settings.PUBLIC_URL},
            "invalid_target",
            "There is no such audience here.",
        ),
        (not scopes <= set(SCOPES), "invalid_scope", f"The scopes here are {' '.join(SCOPES)}."),
        ("none" in prompts, "interaction_required", "The person is always asked."),
    ]
    return next(((error, description) for is_wrong, error, description in checks if is_wrong), None)
