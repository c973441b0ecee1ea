"""The token endpoint for `astro login`: a client that everybody can download, and that has no secret of its own."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.views.decorators.debug import sensitive_variables

from apikeys.credentials import KeySecret
from apikeys.tokens import grants
from apikeys.tokens.access_tokens import CLI_CLIENT
from apikeys.tokens.bearer import ENDED
from apikeys.tokens.grants import Tokens
from apikeys.tokens.oauth.authorization import CALLBACK, GRANTED_SCOPE, SCOPES
from apikeys.tokens.oauth.clients import (
    count_failure,
    refuse_credentials_in_url,
    wait,
)
from apikeys.tokens.oauth.parameters import Parameters, invalid_request
from cloudui.web.api import ApiError, answer
from cloudui.web.principal import Origin
from workspaces.principals import origin_of

CODE: Final = "authorization_code"
REFRESH: Final = "refresh_token"
SPENT: Final = "The code is not valid, was used or is older than a minute. Run astro login again."


@sensitive_variables()
def token(request: HttpRequest, parameters: Parameters, grant_type: str) -> HttpResponse:
    """Tokens for a code or for a refresh token (RFC 6749 sections 4.1.3 and 6)."""
    require_public_client(request, parameters)
    exchange, refusal = (_exchange_code, SPENT) if grant_type == CODE else (_refresh, ENDED)
    try:
        tokens = exchange(parameters, origin_of(request))
    except grants.InvalidGrant:
        count_failure(request)
        raise ApiError(400, "invalid_grant", refusal) from None
    except grants.TooManyRefreshes:
        raise wait("Too many refreshes. Use each access token until it expires.") from None
    content = {"access_token": tokens.access_token, "token_type": "Bearer", "expires_in": tokens.seconds}
    if tokens.refresh_token is not None:
        content["refresh_token"] = tokens.refresh_token.reveal()
    return answer({**content, "scope": GRANTED_SCOPE})


@sensitive_variables()
def revoke(request: HttpRequest, parameters: Parameters) -> None:
    """End the sign-in of a refresh token; anything else is left alone."""
    require_public_client(request, parameters)
    grants.revoke(KeySecret(parameters.require("token")), origin=origin_of(request))


@sensitive_variables()
def require_public_client(request: HttpRequest, parameters: Parameters) -> None:
    """Refuse every other client, and a secret of this one; ApiError 400."""
    refuse_credentials_in_url(request)
    if parameters.require("client_id") != CLI_CLIENT:
        raise ApiError(400, "unauthorized_client", f"Only the client {CLI_CLIENT} may use this grant_type.")
    if request.META.get("HTTP_AUTHORIZATION") or parameters.secret("client_secret") is not None:
        raise invalid_request("This client has no secret. Send client_id alone.")


@sensitive_variables()
def _exchange_code(parameters: Parameters, origin: Origin) -> Tokens:
    code, verifier = parameters.secret("code"), parameters.require("code_verifier")
    if code is None:
        raise invalid_request("The parameter code is missing.")
    # RFC 6749 section 4.1.3: the one that the code was asked for with.
    if parameters.require("redirect_uri") != CALLBACK:
        raise grants.InvalidGrant
    return grants.exchange_code(code, verifier=verifier, origin=origin)


@sensitive_variables()
def _refresh(parameters: Parameters, origin: Origin) -> Tokens:
    refresh_token = parameters.secret("refresh_token")
    if refresh_token is None:
        raise invalid_request("The parameter refresh_token is missing.")
    if not set((parameters.get("scope") or "").split()) <= set(SCOPES):
        raise ApiError(400, "invalid_scope", f"The scopes here are {' '.join(SCOPES)}.")
    return grants.refresh(refresh_token, origin=origin)
