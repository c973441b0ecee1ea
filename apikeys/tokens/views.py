"""`/token`: a person's access token for 24 hours, for a call or two without an API key."""

import time
from datetime import timedelta

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from apikeys.credentials import KeySecret
from apikeys.snippets import ASTRO_HOME, astro_domain, commands_for_token
from apikeys.tokens import access_tokens
from cloudui.web.htmx import HtmxHttpRequest
from workspaces import audit
from workspaces.models import User

# A token appears by itself only right after signing in; an unattended browser shows a button.
FRESH = timedelta(minutes=15)


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_variables("text")
def token(request: HtmxHttpRequest) -> HttpResponse:
    """A fresh token, or the button that makes one."""
    if request.method != "POST" and not (request.method == "GET" and _is_asked_for_by_its_person(request)):
        without = {
            "token": None,
            "astro_domain": astro_domain(settings.PUBLIC_URL, settings.ASTRO_DOMAIN),
        }
        return TemplateResponse(request, "apikeys/tokens/token.html", without)
    user = request.user
    assert isinstance(user, User)  # noqa: S101 - LoginRequiredMiddleware lets nobody else in
    # Signing may read and even make the signing keys, which must not be undone with this transaction.
    text, ends_at = access_tokens.mint_for_user(user)
    with transaction.atomic():
        audit.record(
            request.principal, "createUserToken", target=user.pk, input={"endsAt": ends_at.isoformat()}
        )
    # It travels masked, like a key secret.
    context = {"token": KeySecret(text), "ends_at": ends_at, **_ways_to_use_it()}
    response = TemplateResponse(request, "apikeys/tokens/token.html", context)
    response.shows_secret = True  # type: ignore[attr-defined] # read by CompressionMiddleware
    return response


def _ways_to_use_it() -> dict[str, object]:
    url = settings.PUBLIC_URL
    domain = astro_domain(url, settings.ASTRO_DOMAIN)
    return {
        "commands": commands_for_token(public_url=url, domain=domain),
        "astro_domain": domain,
        "public_url": url,
        "astro_home": ASTRO_HOME,
    }


def _is_asked_for_by_its_person(request: HttpRequest) -> bool:
    """Whether this navigation may mint: a fresh sign-in, no prefetch, and no other site behind it (docs/security.md, T-W2).

    Browsers say where a navigation comes from (Fetch Metadata); who does not say gets the button.
    """
    headers = request.headers
    is_navigation = headers.get("Sec-Fetch-Site") in {"same-origin", "none"}
    is_document = headers.get("Sec-Fetch-Dest") == "document"
    is_prefetch = "prefetch" in headers.get("Sec-Purpose", "") + headers.get("Purpose", "")
    return is_navigation and is_document and not is_prefetch and _signed_in_within(request, FRESH)


def _signed_in_within(request: HttpRequest, age: timedelta) -> bool:
    moments = [record.get("at", 0) for record in get_authentication_records(request, request.user)]
    return time.time() - max(moments, default=0) < age.total_seconds()
