"""Access tokens: JSON Web Tokens as RFC 9068 profiles them, signed with Ed25519.

Two kinds of caller carry them. A key's token names its Deployment, the number of the secret that bought it and
the key's generation; a person's names the security stamp and no rights. Neither is believed for its claims
alone: the state of the key or the person is read on every call (apikeys.credential_state).

The header's `alg` is "EdDSA": verifiers know RFC 8037's name, and few know yet the one of RFC 9864.
"""

import json
import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from django.conf import settings
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwa import EdDSAAlgorithm
from joserfc.jws import JWSRegistry

from apikeys.tokens import signing_keys, verified_tokens
from apikeys.tokens.claims import Claims
from cloudui.web.principal import Kind
from workspaces.models import User

TYPE: Final = "at+jwt"
ALGORITHM: Final = "EdDSA"
# Ours have about 900 characters.
MOST_CHARACTERS: Final = 4096
# How far clocks may differ; an expiry is never stretched (RFC 7519 section 4.1.4).
LEEWAY_SECONDS: Final = 60
USER_TOKEN_SECONDS: Final = 24 * 60 * 60
# RFC 9068 section 2.2 wants a client; a person's token is made by the console, or for the command-line client.
CONSOLE_CLIENT: Final = "console"
CLI_CLIENT: Final = "console-cli"
# What an API key may do in its Deployment is one fixed set, under this name.
KEY_ROLE: Final = "DEPLOYMENT_ADMIN"


class TokenRefused(Exception):
    """The token is not one of ours, was changed, or is not for us."""


class TokenExpired(TokenRefused):
    """The token was genuine and its time is over."""


def mint_for_key(
    *, key_id: str, deployment: str, workspace: str, secret: int, generation: int, ends_at: datetime | None
) -> tuple[str, int]:
    """A token for an API key and the whole seconds it lives; none are left if they are not positive.

    It ends when the `secret` with this number ends, and when the key's `generation` changes.
    """
    now = int(time.time())
    ends = now + settings.ACCESS_TOKEN_SECONDS
    if ends_at is not None:
        ends = min(ends, int(ends_at.timestamp()))
    claims = {
        **_common(key_id, now=now, ends=ends, audience=[settings.PUBLIC_URL, deployment]),
        "client_id": key_id,
        "deployment": deployment,
        "workspace": workspace,
        "secret": secret,
        "gen": generation,
        "role": KEY_ROLE,
        "permissions": [f"workspaceId:{workspace}", *_places()],
    }
    return sign(claims), ends - now


def mint_for_user(user: User, *, grant: str = "", ends_at: datetime | None = None) -> tuple[str, datetime]:
    """A 24-hour token of a person and when it ends. It carries no rights: they are read at use.

    One made by `astro login` ends with its `grant`, and not after `ends_at`.
    """
    now = int(time.time())
    ends = now + USER_TOKEN_SECONDS
    if ends_at is not None:
        ends = min(ends, int(ends_at.timestamp()))
    claims = {
        **_common(user.pk, now=now, ends=ends, audience=[settings.PUBLIC_URL]),
        "client_id": CLI_CLIENT if grant else CONSOLE_CLIENT,
        "stamp": user.security_stamp,
        "permissions": _places(),
        **({"grant": grant} if grant else {}),
    }
    return sign(claims), datetime.fromtimestamp(ends, tz=UTC)


def read(token: str) -> Claims:
    """What a token says, once its signature, issuer, audience and time are found good.

    Raises TokenExpired if only its time is over, TokenRefused if anything else is wrong.
    """
    claims = verified_tokens.recall(token)
    if claims is None:
        claims = _verify(token)
        verified_tokens.remember(token, claims)
    if claims.kid not in signing_keys.keys().verifiers:
        raise TokenRefused
    if time.time() >= claims.expires_at:
        raise TokenExpired
    return claims


class _Ed25519Only(EdDSAAlgorithm):
    # The library warns of the older name on every use; the module's head says why we keep it.
    security_warning = ""


class _Registry(JWSRegistry):
    """Knows one algorithm, so that no header can choose another (RFC 8725 section 3.1)."""

    algorithms = {ALGORITHM: _Ed25519Only()}


_REGISTRY: Final = _Registry(algorithms=[ALGORITHM])


def _common(subject: str, *, now: int, ends: int, audience: list[str]) -> dict[str, Any]:
    return {
        "iss": settings.PUBLIC_URL,
        "aud": audience,
        "sub": subject,
        "iat": now,
        "nbf": now,
        "exp": ends,
        "jti": secrets.token_hex(16),
    }


def _places() -> list[str]:
    """What the command-line client reads of a token in ASTRO_API_TOKEN. Nothing here believes it.

    The client also takes it for the right to deploy where CI/CD enforcement is on; who may is decided by the kind of
    caller (deployments.access.require_deploy).
    """
    return [
        f"organizationId:{settings.ORGANIZATION_ID}",
        f"orgShortName:{settings.ORGANIZATION_SHORT_NAME}",
    ]


def sign(claims: Mapping[str, Any], *, type: str = TYPE) -> str:  # noqa: A002 - the header's name
    """A token that says this; one of another `type` than TYPE opens nothing here."""
    keys = signing_keys.keys()
    header = {"alg": ALGORITHM, "typ": type, "kid": keys.kid}
    return jws.serialize_compact(
        header, json.dumps(claims, separators=(",", ":")), keys.signer, registry=_REGISTRY
    )


def _verify(token: str) -> Claims:
    if len(token) > MOST_CHARACTERS or not token.isascii():
        raise TokenRefused
    try:
        signed = jws.extract_compact(token.encode(), registry=_REGISTRY)
        header = signed.headers()
        # Exactly ours: a `jku`, `x5u`, `jwk` or `crit` is somebody's attempt (RFC 8725 section 3.10).
        if header.keys() != {"alg", "typ", "kid"} or (header["alg"], header["typ"]) != (ALGORITHM, TYPE):
            raise TokenRefused
        key = signing_keys.verifier(header["kid"]) if isinstance(header["kid"], str) else None
        if key is None or not jws.validate_compact(signed, key, registry=_REGISTRY):
            raise TokenRefused
        claims = json.loads(signed.payload)
    except (JoseError, ValueError, TypeError, AttributeError, RecursionError):
        raise TokenRefused from None
    return _checked(claims, kid=header["kid"])


def _checked(claims: Any, *, kid: str) -> Claims:
    """The claims, each present and of its type (RFC 9068 section 4), from us and for us."""
    try:
        is_user = "stamp" in claims
        checked = Claims(
            kind=Kind.USER if is_user else Kind.API_KEY,
            subject=_text(claims["sub"]),
            jti=_text(claims["jti"]),
            kid=kid,
            issued_at=_number(claims["iat"]),
            expires_at=_number(claims["exp"]),
            audience=tuple(_text(name) for name in claims["aud"]),
            deployment="" if is_user else _text(claims["deployment"]),
            secret=0 if is_user else _number(claims["secret"]),
            generation=0 if is_user else _number(claims["gen"]),
            stamp=_text(claims["stamp"]) if is_user else "",
            grant=_text(claims["grant"]) if is_user and "grant" in claims else "",
            all=claims,
        )
        latest_start = max(checked.issued_at, _number(claims["nbf"]))
        client = _text(claims["client_id"])
        issuer = _text(claims["iss"])
    except (KeyError, TypeError):
        raise TokenRefused from None
    expected_audience = {settings.PUBLIC_URL} if is_user else {settings.PUBLIC_URL, checked.deployment}
    if (
        issuer != settings.PUBLIC_URL
        or set(checked.audience) != expected_audience
        or client != _client(checked)
        or latest_start > time.time() + LEEWAY_SECONDS
    ):
        raise TokenRefused
    return checked


def _client(claims: Claims) -> str:
    if claims.kind is Kind.API_KEY:
        return claims.subject
    return CLI_CLIENT if claims.grant else CONSOLE_CLIENT


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError
    return value


def _number(value: Any) -> int:
    if type(value) is not int:
        raise TypeError
    return value
