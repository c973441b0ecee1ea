"""Browsers in which a person signed in before: wrong passwords that others type do not lock them out.

A limit on failures for an account alone would let anybody who knows an e-mail address lock its owner out. So a
sign-in leaves a signed cookie that names the account, and attempts that bring it are counted for that cookie only
(OWASP, "Slow Down Online Guessing Attacks with Device Cookies"). The cookie opens nothing by itself. Its signature
takes the security stamp in: what ends all sessions makes every device a stranger again.
"""

import secrets
from typing import Final

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from workspaces.models import User

MAX_AGE: Final = 90 * 24 * 60 * 60
SALT: Final = "workspaces.sign_in.devices"


def remember(response: HttpResponse, user: User) -> None:
    """Make the browser a known device of `user`, who has just proved to be that person."""
    facts = {"user": user.pk, "device": secrets.token_hex(16)}
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        signing.dumps(facts, salt=_salt(user)),
        max_age=MAX_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def known_device(request: HttpRequest, email: str) -> str | None:
    """The identifier of the device if the account with this e-mail address knows it."""
    cookie = request.COOKIES.get(settings.DEVICE_COOKIE_NAME)
    user = User.objects.filter(email=email).first() if cookie else None
    if cookie is None or user is None:
        return None
    try:
        facts = signing.loads(cookie, salt=_salt(user), max_age=MAX_AGE)
    except signing.BadSignature:
        return None
    return str(facts["device"]) if facts["user"] == user.pk else None


def _salt(user: User) -> str:
    return f"{SALT}:{user.security_stamp}"
