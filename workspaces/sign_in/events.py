"""What the audit log tells of sign-ins, and of what is tried without one (OWASP ASVS 16.3.1)."""

from dataclasses import replace
from enum import StrEnum
from typing import Final

from django.db import transaction
from django.http import HttpRequest

from cloudui.web import ratelimit
from cloudui.web.principal import system_principal
from workspaces import audit
from workspaces.models import User
from workspaces.principals import origin_of, principal_for, principal_of

# Events of all callers together in a minute; beyond them one more says that there were more.
MOST_EVENTS: Final = 300
MORE: Final = "more_than_listed"


class Refusal(StrEnum):
    """Why somebody was not signed in: the `result` of a `signInRefused`."""

    WRONG_PASSWORD = "wrong_password"
    UNKNOWN_ACCOUNT = "unknown_account"
    TOO_MANY_ATTEMPTS = "too_many_attempts"
    DEACTIVATED = "deactivated"


def record_sign_in(request: HttpRequest, user: User) -> None:
    """Write that a person signed in, inside the transaction that does it."""
    audit.record(principal_for(user, origin=origin_of(request)), "signIn", target=user.pk)


def record_sign_out(request: HttpRequest) -> None:
    """Write that the signed-in person, if there is one, signed out here, inside the transaction that does it."""
    principal = principal_of(request)
    if principal is not None:
        audit.record(principal, "signOut", target=principal.id)


def record_refusal(request: HttpRequest, refusal: Refusal, *, email: str = "") -> None:
    """Write that somebody was not signed in."""
    user = _account(email)
    if user is None and refusal is Refusal.WRONG_PASSWORD:
        refusal = Refusal.UNKNOWN_ACCOUNT
    _record_once_a_minute(request, "signInRefused", email, user, result=refusal)


def record_reset_request(request: HttpRequest, email: str) -> None:
    """Write that somebody asked for a mail with a link for a new password."""
    user = _account(email)
    if user is None:
        result = Refusal.UNKNOWN_ACCOUNT.value
    else:
        result = "ok" if user.is_active else Refusal.DEACTIVATED.value
    _record_once_a_minute(request, "requestPasswordReset", email, user, result=result)


def _account(email: str) -> User | None:
    return User.objects.filter(email=email).first()


def _record_once_a_minute(
    request: HttpRequest, operation: str, email: str, user: User | None, *, result: str
) -> None:
    """Write an event, at most once a minute for an e-mail address, an IP address and a result.

    What was typed is not written unless it names an account: people type passwords into the wrong field. But an
    account that is not there has its event like any other, or the time of the answer would tell.
    """
    # Nobody has proved who they are: the installation tells of it.
    principal = replace(system_principal("sign-in"), origin=origin_of(request))
    who = f"{operation} {result} {ratelimit.caller(principal.origin.address)} {email}"
    if not ratelimit.is_first("sign-in-event", who):
        return
    # A flood from many addresses must not fill the database.
    number = ratelimit.count("sign-in-events", "")
    if number > MOST_EVENTS:
        operation, user, result = "signInRefused", None, MORE
    if number <= MOST_EVENTS + 1:
        with transaction.atomic():
            audit.record(
                principal,
                operation,
                target=user.pk if user else "",
                input={"email": user.email} if user else {},
                result=result,
            )
