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
    """Whether a token is the caller's own: of the same Deployment for a key, of the same person for a person.

    Others must not even learn that it exists (RFC 7662 section 4).
    """
    if caller.kind is not claims.kind:
        return False
    if caller.kind is Kind.API_KEY:
        return caller.deployment == claims.deployment
    return caller.id == claims.subject


@sensitive_variables("token")
def revoke(caller: Principal, token: str) -> None:
    """End a token if it is the caller's own and still alive; otherwise do nothing.

    Args:
        caller: who asks.
        token: the token, genuine or not.
    """
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
