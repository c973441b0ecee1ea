"""Ending access tokens one by one (RFC 7009), by those whose own they are."""

from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from apikeys.models import RevokedToken
from apikeys.tokens import access_tokens
from apikeys.tokens.access_tokens import TokenRefused
from apikeys.tokens.claims import Claims
from cloudui.web.principal import Kind, Principal
from workspaces import audit


def is_own(caller: Principal, claims: Claims) -> bool:
    """Whether a token is of the caller's Deployment or person; others must not learn of it (RFC 7662 section 4)."""
    if caller.kind is not claims.kind:
        return False
    if caller.kind is Kind.API_KEY:
        return caller.deployment == claims.deployment
    return caller.id == claims.subject


@sensitive_variables("token")
def revoke(caller: Principal, token: str) -> None:
    """End a token, genuine or not, if it is the caller's own and still alive; otherwise do nothing."""
    try:
        claims = access_tokens.read(token)
    except TokenRefused:
        return
    if not is_own(caller, claims):
        return
    with transaction.atomic():
        _, is_new = RevokedToken.objects.get_or_create(jti=claims.jti, defaults={"ends": claims.ends})
        if is_new:
            audit.record(
                caller,
                "revokeAccessToken",
                workspace=claims.all.get("workspace", ""),
                deployment=claims.deployment,
                target=claims.subject,
                input={"jti": claims.jti},
            )


def delete_expired() -> int:
    """Delete revocations of tokens that have ended anyway; returns how many."""
    deleted, _ = RevokedToken.objects.filter(ends__lt=timezone.now()).delete()
    return deleted
