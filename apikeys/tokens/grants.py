"""Signing in by `astro login`: a person allows it, a code is exchanged, a refresh token makes access tokens.

The refresh token stays the same as long as the sign-in lasts, because the client cannot store another one. What
bounds it instead (RFC 9700 section 4.14.2) is its row: 30 days, 7 without use, the person's security stamp, and
*End*. The row is read with every access token that it made, so these end with it.
"""

import base64
import hashlib
import hmac
import logging
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import Error, transaction
from django.db.models import Q
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from apikeys import usage
from apikeys.credentials import KeySecret
from apikeys.models import AuthorizationGrant
from apikeys.models.grant import AuthorizationGrantQuerySet
from apikeys.tokens import access_tokens, opaque
from cloudui.web import logs, metrics, ratelimit
from cloudui.web.principal import Kind, Origin, Principal, system_principal
from workspaces import audit
from workspaces.models import User
from workspaces.principals import principal_for, with_current_rights

logger = logging.getLogger(__name__)

# Sign-ins of one person at once; the one that was not used for longest makes room.
MOST_GRANTS: Final = 20
# How exactly the last use is known.
USE_PAUSE: Final = timedelta(hours=1)


class InvalidGrant(Exception):
    """The code or the refresh token opens nothing; nobody learns why."""


class TooManyRefreshes(Exception):
    """The refresh token was used too often in this minute (`EXCHANGES_PER_MINUTE`)."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """An access token, the seconds it lives, and the refresh token where there is a new one."""

    access_token: str = field(repr=False)
    seconds: int
    refresh_token: KeySecret | None = None


def allow(user: User, *, challenge: str, origin: Origin) -> KeySecret:
    """Let the command-line client act as this person: a code that its `challenge` is bound to.

    Raises PermissionDenied if the person was deactivated meanwhile.
    """
    code = opaque.generate(opaque.CODE)
    principal = principal_for(user, origin=origin)
    with transaction.atomic():
        # One after another, so that the number holds.
        User.objects.select_for_update().filter(pk=user.pk).exists()
        with_current_rights(principal)
        grant = AuthorizationGrant.objects.create(
            user=user,
            # As this session knows it: whoever signed out everywhere a moment ago allowed nothing.
            security_stamp=user.security_stamp,
            challenge=challenge,
            code_digest=opaque.digest(code),
            created_from=origin.address,
            **_use(origin),
        )
        audit.record(principal, "allowAstroLogin", target=grant.pk)
        others = AuthorizationGrant.objects.filter(user=user).exclude(pk=grant.pk).order_by("-last_used_at")
        for surplus in others[MOST_GRANTS - 1 :]:
            _end(principal, surplus, result="too_many")
    return code


@sensitive_variables()
def exchange_code(code: KeySecret, *, verifier: str, origin: Origin) -> Tokens:
    """The first tokens for a code, once. Whoever brings it a second time ends what the first one got.

    Raises:
        InvalidGrant: for a code that is unknown, used or older than a minute, for another verifier than that of its
            challenge, and if its person's sessions have ended.
    """
    refresh_token = opaque.generate(opaque.REFRESH)
    with transaction.atomic():
        found = AuthorizationGrant.objects.filter(code_digest__in=opaque.digests(code, prefix=opaque.CODE))
        grant = found.locked().first()
        if grant is not None:
            reason = _why_no_exchange(grant, verifier)
            if reason:
                # Nobody has proved who they are: the installation tells of it.
                _end(replace(system_principal("astro login"), origin=origin), grant, result=reason)
                grant = None
            else:
                _complete(grant, refresh_token, origin)
    if grant is None:
        raise InvalidGrant
    return _tokens(grant, refresh_token)


@sensitive_variables()
def refresh(token: KeySecret, *, origin: Origin) -> Tokens:
    """Another access token for a refresh token, with nothing of the person's rights in it.

    Raises:
        InvalidGrant: for an unknown one, and if the sign-in has ended.
        TooManyRefreshes: if somebody's loop asks.
    """
    known = _by_refresh_token(token)
    grant = known.live().select_related("user").first()
    if grant is None:
        _record_refusal(known.select_related("user").first(), origin)
        raise InvalidGrant
    if ratelimit.count("refreshes", grant.pk) > settings.EXCHANGES_PER_MINUTE:
        metrics.count_refusal("refreshes")
        raise TooManyRefreshes
    # After an End of this moment there is no row, and the token that is made below opens nothing.
    AuthorizationGrant.objects.filter(pk=grant.pk).update(**_use(origin))
    return _tokens(grant)


@sensitive_variables()
def revoke(token: KeySecret, *, origin: Origin) -> None:
    """End the sign-in of a refresh token, whose holder needs no other proof (RFC 7009 section 2.1)."""
    with transaction.atomic():
        grant = _by_refresh_token(token).locked().first()
        if grant is not None:
            _end(principal_for(grant.user, origin=origin), grant, result="revoked")


def end(principal: Principal, grant: AuthorizationGrant) -> None:
    """End a sign-in for its person, with all access tokens that it made."""
    with transaction.atomic():
        locked = AuthorizationGrant.objects.filter(pk=grant.pk, user=principal.id).locked().first()
        if locked is not None:
            _end(principal, locked, result="ok")


def grants_of(user_id: str) -> list[AuthorizationGrant]:
    """The sign-ins of a person that work now, the last used first."""
    return list(AuthorizationGrant.objects.filter(user=user_id).live().order_by("-last_used_at"))


def record_use(grant_id: str, used_at: datetime, origin: Origin) -> None:
    """Write that an access token of a sign-in was used, if the last use that is written was an hour ago."""
    if timezone.now() - used_at <= USE_PAUSE:
        return
    try:
        AuthorizationGrant.objects.filter(pk=grant_id).update(**_use(origin))
    except Error:
        # It is not worth failing the call; the next one tries again.
        logger.warning("The use of a sign-in could not be written down.", exc_info=True)


def delete_expired() -> int:
    """Delete the codes and the sign-ins that have ended by themselves; returns how many."""
    alive = Q(pk__in=AuthorizationGrant.objects.live().values("pk"))
    alive |= Q(pk__in=AuthorizationGrant.objects.pending().values("pk"))
    deleted, _ = AuthorizationGrant.objects.exclude(alive).delete()
    return deleted


@sensitive_variables()
def _by_refresh_token(token: KeySecret) -> AuthorizationGrantQuerySet:
    return AuthorizationGrant.objects.filter(refresh_digest__in=opaque.digests(token, prefix=opaque.REFRESH))


@sensitive_variables()
def _why_no_exchange(grant: AuthorizationGrant, verifier: str) -> str:
    """Why a genuine code is refused, in the words of the audit log; empty if it is not."""
    if grant.refresh_digest is not None:
        return "code_used_twice"
    if not AuthorizationGrant.objects.pending().filter(pk=grant.pk).exists():
        return "code_expired"
    if not grant.user.is_active:
        return "deactivated"
    if grant.security_stamp != grant.user.security_stamp:
        return "signed_out"
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
    # RFC 7636 section 4.6.
    return "" if hmac.compare_digest(challenge, grant.challenge.encode()) else "wrong_verifier"


@sensitive_variables()
def _complete(grant: AuthorizationGrant, refresh_token: KeySecret, origin: Origin) -> None:
    AuthorizationGrant.objects.filter(pk=grant.pk).update(
        refresh_digest=opaque.digest(refresh_token), **_use(origin)
    )
    audit.record(principal_for(grant.user, origin=origin), "astroLogin", target=grant.pk)


def _tokens(grant: AuthorizationGrant, refresh_token: KeySecret | None = None) -> Tokens:
    logs.set_caller(Kind.USER, grant.user_id)
    # Outside of the transaction: signing may read and even make the signing keys.
    ends_at = grant.created_at + timedelta(days=settings.CLI_LOGIN_DAYS)
    text, ends = access_tokens.mint_for_user(grant.user, grant=grant.pk, ends_at=ends_at)
    return Tokens(text, int((ends - timezone.now()).total_seconds()), refresh_token)


def _end(principal: Principal, grant: AuthorizationGrant, *, result: str) -> None:
    audit.record(principal, "endAstroLogin", target=grant.pk, input={"user": grant.user_id}, result=result)
    grant.delete()


def _record_refusal(grant: AuthorizationGrant | None, origin: Origin) -> None:
    """Write that a genuine refresh token was refused, at most once a minute."""
    if grant is None or not ratelimit.is_first("refresh-refused", grant.pk):
        return
    principal = principal_for(grant.user, origin=origin)
    result = "ended" if grant.user.is_active else "deactivated"
    with transaction.atomic():
        audit.record(principal, "astroLoginRefused", target=grant.pk, result=result)


def _use(origin: Origin) -> dict[str, Any]:
    return usage.last_use(timezone.now(), origin)
