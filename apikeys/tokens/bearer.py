"""Who sends an access token (RFC 6750): from the Authorization header to a Principal, in one narrow query.

The middleware only leaves a function at the request, which a route that accepts tokens calls (cloudui.web.api). So a
token costs nothing on pages and opens none.
"""

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.crypto import constant_time_compare
from django.views.decorators.debug import sensitive_variables

from apikeys import credential_state, usage
from apikeys.credential_state import PersonState, SecretState
from apikeys.models import Reason
from apikeys.tokens import access_tokens, grants
from apikeys.tokens.access_tokens import TokenExpired, TokenRefused
from apikeys.tokens.claims import Claims
from cloudui.web.api import CHALLENGE, ApiError
from cloudui.web.principal import Kind, Principal
from workspaces.principals import origin_of

EXPIRED: Final = "The access token has expired."
REFUSED: Final = "The access token is not valid."
ENDED: Final = "This sign-in has ended. Run astro login again."

# RFC 6750 section 2.1.
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*", re.ASCII)


class BearerMiddleware:
    """Lets a route for programs ask who sends an access token."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on with `identify` at hand."""
        request.bearer = functools.partial(identify, request)  # type: ignore[attr-defined]
        return self.get_response(request)


@dataclass(frozen=True, slots=True)
class Access:
    """What an accepted token says, and the state of the key's secret or of the person."""

    claims: Claims
    state: SecretState | PersonState


@sensitive_variables()
def identify(request: HttpRequest) -> Principal | None:
    """The caller that the request's access token names, or None if it brings none; sets `request.access`.

    Raises:
        ApiError: 401 for a token that is not good, 400 for one in the URL (RFC 6750 sections 2.3 and 3.1).
    """
    query = request.META.get("QUERY_STRING", "")
    if query and "access_token" in {name for name, _ in parse_qsl(query[:8192], keep_blank_values=True)}:
        raise ApiError(400, "invalid_request", "Send the access token in the Authorization header only.")
    scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    # RFC 9110 section 11.4: one space or more.
    token = token.strip(" ")
    if _TOKEN.fullmatch(token) is None:
        raise _invalid(REFUSED)
    origin = origin_of(request)
    try:
        claims = access_tokens.read(token)
    except TokenExpired:
        raise _invalid(EXPIRED) from None
    except TokenRefused:
        raise _invalid(REFUSED) from None
    state = _state(claims)
    reason = _why_not(claims, state)
    if state is None or reason is not None:
        if reason is not None and isinstance(state, SecretState):
            usage.record_refusal(state, reason, origin)
        raise _invalid(ENDED if claims.grant else REFUSED)
    if isinstance(state, SecretState):
        usage.record_use(state, origin)
    elif state.grant_used_at is not None:
        grants.record_use(claims.grant, state.grant_used_at, origin)
    request.access = Access(claims, state)  # type: ignore[attr-defined]
    return state.principal(origin)


@sensitive_variables()
def is_live(request: HttpRequest) -> bool:
    """Whether the token of a request that `identify` accepted would be accepted now; it counts no use."""
    return live_claims(request.META["HTTP_AUTHORIZATION"].partition(" ")[2].strip(" ")) is not None


@sensitive_variables()
def live_claims(token: str) -> Claims | None:
    """What a token says if it would be accepted now, for introspection."""
    try:
        claims = access_tokens.read(token)
    except TokenRefused:
        return None
    state = _state(claims)
    return claims if state is not None and _why_not(claims, state) is None else None


def _state(claims: Claims) -> SecretState | PersonState | None:
    if claims.kind is Kind.USER:
        return credential_state.of_person(claims.subject, jti=claims.jti, grant=claims.grant)
    return credential_state.by_number(
        key_id=claims.subject, number=claims.secret, deployment=claims.deployment, jti=claims.jti
    )


@sensitive_variables()
def _why_not(claims: Claims, state: SecretState | PersonState | None) -> Reason | None:
    """Why a token with a good signature is refused; None if it is not, or if its key or person is gone."""
    match state:
        case PersonState():
            is_good = state.is_active and constant_time_compare(claims.stamp, state.security_stamp)
        case SecretState():
            if not state.is_enabled:
                return Reason.DISABLED
            if state.end is not None:
                return Reason.SECRET_ENDED
            is_good = state.generation == claims.generation
        case None:
            return None
    return None if is_good and not state.is_revoked else Reason.TOKEN_ENDED


def _invalid(description: str) -> ApiError:
    challenge = f'{CHALLENGE}, error="invalid_token", error_description="{description}"'
    return ApiError(401, "invalid_token", description, {"WWW-Authenticate": challenge})
