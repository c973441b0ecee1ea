"""The endpoints of OAuth 2: exchange, introspection, revocation, leaked secrets, and what verifiers need to know."""

from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from apikeys import leaks
from apikeys.tokens import exchange, revocation, signing_keys
from apikeys.tokens.access_tokens import CLI_CLIENT
from apikeys.tokens.bearer import identify, live_claims
from apikeys.tokens.claims import Claims
from apikeys.tokens.exchange import CredentialsRefused, InvalidCredentials, TooManyFailures
from apikeys.tokens.oauth import public_client
from apikeys.tokens.oauth.authorization import SCOPES
from apikeys.tokens.oauth.clients import (
    authenticate_client,
    failed,
    read_client,
    refuse_credentials_in_url,
    wait,
)
from apikeys.tokens.oauth.parameters import Parameters, invalid_request, read_parameters
from cloudui.web.api import ApiError, answer, public_api_route
from cloudui.web.changes import count_change
from cloudui.web.principal import Principal
from workspaces.principals import origin_of

GRANT: Final = "client_credentials"
PUBLIC_GRANTS: Final = (public_client.CODE, public_client.REFRESH)
GRANTS: Final = (GRANT, *PUBLIC_GRANTS)
# Verifiers may keep what is published for as long as a new key waits before it signs (apikeys.tokens.signing_keys).
PUBLIC: Final = {"Cache-Control": f"public, max-age={int(signing_keys.PUBLISH_AHEAD.total_seconds())}"}


@public_api_route(methods=["POST"])
@sensitive_post_parameters()
@sensitive_variables()
def token(request: HttpRequest) -> HttpResponse:
    """An access token for a key ID and its secret (RFC 6749 sections 4.4 and 5), or those of `astro login`."""
    parameters = read_parameters(request)
    grant_type = parameters.trimmed("grant_type")
    if grant_type in PUBLIC_GRANTS:
        return public_client.token(request, parameters, grant_type)
    client = read_client(request, parameters)
    if parameters.require("grant_type") != GRANT:
        raise ApiError(400, "unsupported_grant_type", f"The grant_types here are {', '.join(GRANTS)}.")
    try:
        issued = exchange.exchange(
            client.key_id,
            client.secret,
            audience=parameters.get("audience"),
            scope=parameters.get("scope"),
            origin=origin_of(request),
        )
    except (InvalidCredentials, TooManyFailures, CredentialsRefused) as failure:
        raise failed(request, failure) from None
    except exchange.UnknownAudience:
        raise ApiError(400, "invalid_target", "This API key opens no such audience.") from None
    except exchange.UnknownScope:
        raise ApiError(400, "invalid_scope", "There are no scopes here. Leave the parameter out.") from None
    except exchange.TooManyExchanges:
        raise wait("Too many exchanges of this API key. Use each access token until it expires.") from None
    # Without `scope`: an empty one is none (section 3.3), and strict clients refuse it.
    return answer({"access_token": issued.token, "token_type": "Bearer", "expires_in": issued.seconds})


@public_api_route(methods=["POST"])
@sensitive_post_parameters()
@sensitive_variables()
def introspect(request: HttpRequest) -> HttpResponse:
    """Whether a token of the caller's own Deployment is good right now (RFC 7662 section 2)."""
    parameters = read_parameters(request)
    caller = _authenticate(request, parameters)
    claims = live_claims(parameters.require("token"))
    if claims is None or not revocation.is_own(caller, claims):
        # The same for what is expired, revoked, foreign or nonsense: section 2.2.
        return answer({"active": False})
    return answer({"active": True, "token_type": "Bearer", **_public(claims)})


@public_api_route(methods=["POST"])
@sensitive_post_parameters()
@sensitive_variables()
def revoke(request: HttpRequest) -> HttpResponse:
    """End a token of the caller's own Deployment, or a refresh token; 200 whatever the token is (RFC 7009 section 2)."""
    parameters = read_parameters(request)
    if parameters.trimmed("client_id") == CLI_CLIENT and identify(request) is None:
        public_client.revoke(request, parameters)
        return answer({})
    caller = _authenticate(request, parameters)
    count_change(request, caller)
    revocation.revoke(caller, parameters.require("token"))
    return answer({})


@public_api_route(methods=["POST"])
@sensitive_post_parameters()
@sensitive_variables()
def revoke_leaked(request: HttpRequest) -> HttpResponse:
    """Disable the key whose secret somebody found. The answer tells nobody whether there was one."""
    parameters = read_parameters(request)
    refuse_credentials_in_url(request)
    secret = parameters.secret("secret")
    if secret is None:
        raise invalid_request("The parameter secret is missing.")
    leaks.report(secret, origin=origin_of(request))
    return answer({"message": "Thank you. If this secret opened anything, it no longer does."})


@public_api_route()
def metadata(request: HttpRequest) -> HttpResponse:
    """What clients may rely on (RFC 8414 section 2)."""
    base = settings.PUBLIC_URL
    methods = ["client_secret_basic", "client_secret_post"]
    content = {
        "issuer": base,
        "authorization_endpoint": f"{base}/authorize",
        "authorization_response_iss_parameter_supported": True,
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint": f"{base}/oauth/token",
        "token_endpoint_auth_methods_supported": [*methods, "none"],
        "introspection_endpoint": f"{base}/oauth/introspect",
        "introspection_endpoint_auth_methods_supported": methods,
        "revocation_endpoint": f"{base}/oauth/revoke",
        "revocation_endpoint_auth_methods_supported": [*methods, "none"],
        "jwks_uri": f"{base}/.well-known/jwks.json",
        "grant_types_supported": GRANTS,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "scopes_supported": SCOPES,
    }
    return answer(content, headers=PUBLIC)


@public_api_route()
def jwks(request: HttpRequest) -> HttpResponse:
    """The public half of every key whose tokens are believed (RFC 7517 section 5)."""
    return answer(signing_keys.published(), headers=PUBLIC)


@sensitive_variables()
def _authenticate(request: HttpRequest, parameters: Parameters) -> Principal:
    refuse_credentials_in_url(request)
    bearer = identify(request)
    if bearer is None:
        return authenticate_client(request, read_client(request, parameters)).principal(origin_of(request))
    if parameters.get("client_secret") is not None:
        raise invalid_request("Authenticate in one way only.")
    return bearer


def _public(claims: Claims) -> dict[str, Any]:
    """All claims but the stamp, which is the person's own."""
    return {name: value for name, value in claims.all.items() if name != "stamp"}
