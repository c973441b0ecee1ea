"""Who calls: the key ID and secret of a request, from its body or from HTTP Basic, never from its URL."""

import base64
import binascii
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_plus

from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from apikeys.credential_state import SecretState
from apikeys.credentials import KeySecret
from apikeys.tokens import exchange, secrets_in_urls
from apikeys.tokens.exchange import CredentialsRefused, InvalidCredentials, TooManyFailures
from apikeys.tokens.oauth.parameters import MOST_BYTES, Parameters, form_pairs, invalid_request
from cloudui.web import ratelimit
from cloudui.web.api import ApiError
from cloudui.web.client import client_address
from workspaces.principals import origin_of

# Failures from one IP address in a minute, beyond which a failing request is told to wait. One that succeeds is
# never refused for what others at its IP address did.
MOST_FAILURES: Final = 30
# RFC 7617 sections 2 and 2.1.
BASIC: Final = 'Basic realm="Cloud UI", charset="UTF-8"'
CREDENTIALS: Final = {"client_id", "client_secret", "code", "code_verifier", "refresh_token"}
INVALID: Final = "The key ID or the key secret is not valid, or the API key was deleted."


@dataclass(frozen=True, slots=True)
class Client:
    """What a request gives as its identity, not yet authenticated."""

    key_id: str
    secret: KeySecret


def invalid_client(description: str = INVALID) -> ApiError:
    """401; the description is the same for whoever has no secret of the key (RFC 6749 section 5.2)."""
    return ApiError(401, "invalid_client", description, {"WWW-Authenticate": BASIC})


def wait(description: str) -> ApiError:
    """429 until the next minute begins (RFC 6585 section 4)."""
    retry_after = {"Retry-After": str(ratelimit.seconds_left())}
    return ApiError(429, "temporarily_unavailable", description, retry_after)


@sensitive_variables()
def read_client(request: HttpRequest, parameters: Parameters) -> Client:
    """The key ID and secret of the request (RFC 6749 section 2.3.1).

    Raises:
        ApiError: 400 for credentials that are incomplete, given twice or in the URL; 401 for none.
    """
    refuse_credentials_in_url(request)
    key_id, secret = parameters.trimmed("client_id"), parameters.secret("client_secret")
    header = request.META.get("HTTP_AUTHORIZATION", "")
    if header:
        basic_id, basic_secret = _basic(header)
        if secret is not None or key_id not in {None, basic_id}:
            raise invalid_request("Send credentials in one way only, in the body or with HTTP Basic.")
        key_id, secret = basic_id, basic_secret
    if key_id is None and secret is None:
        raise invalid_client("Send client_id and client_secret.")
    if key_id is None or secret is None:
        raise invalid_request(f"The parameter {'client_secret' if key_id else 'client_id'} is missing.")
    return Client(key_id, secret)


@sensitive_variables()
def authenticate_client(request: HttpRequest, client: Client) -> SecretState:
    """The state of the secret that the client sent, if it is the key's and opens something; ApiError 401 or 429."""
    try:
        return exchange.authenticate(client.key_id, client.secret, origin=origin_of(request))
    except (InvalidCredentials, TooManyFailures, CredentialsRefused) as failure:
        raise failed(request, failure) from None


def failed(
    request: HttpRequest, failure: InvalidCredentials | TooManyFailures | CredentialsRefused
) -> ApiError:
    """The answer to a failure: why, to the secret's holder; otherwise always the same, and 429 after 30 a minute."""
    if isinstance(failure, CredentialsRefused):
        return invalid_client(str(failure))
    if isinstance(failure, TooManyFailures):
        return too_many_failures()
    count_failure(request)
    return invalid_client()


def count_failure(request: HttpRequest) -> None:
    """Count one failure of the caller's IP address; ApiError 429 after 30 a minute."""
    caller = ratelimit.caller(client_address(request))
    if ratelimit.count("token-failures", caller) > MOST_FAILURES:
        raise too_many_failures()


def too_many_failures() -> ApiError:
    """429 for whoever keeps failing."""
    return wait("Too many failed attempts. Try again in the next minute.")


@sensitive_variables()
def refuse_credentials_in_url(request: HttpRequest) -> None:
    """Refuse what is meant as credentials in the URL; a genuine key secret never comes this far (`secrets_in_urls`)."""
    query = request.META.get("QUERY_STRING", "")
    if query and CREDENTIALS & {name for name, _ in form_pairs(query[:MOST_BYTES])}:
        raise invalid_request(secrets_in_urls.REFUSED)


@sensitive_variables()
def _basic(header: str) -> tuple[str | None, KeySecret | None]:
    """The halves of an HTTP Basic header, each form-encoded before it was joined (section 2.3.1)."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        raise invalid_client("Authenticate with HTTP Basic or with client_id and client_secret in the body.")
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True).decode()
        key_id, colon, secret = decoded.partition(":")
        pair = Parameters(
            [
                ("client_id", unquote_plus(key_id, errors="strict")),
                ("client_secret", unquote_plus(secret, errors="strict")),
            ]
        )
    except (binascii.Error, ValueError):
        raise invalid_request("The Authorization header is malformed.") from None
    if not colon:
        raise invalid_request("The Authorization header is malformed.")
    return pair.trimmed("client_id"), pair.secret("client_secret")
