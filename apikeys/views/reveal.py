"""The one look at a key's secret."""

import secrets

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.debug import sensitive_variables
from django_htmx.http import reswap, retarget, trigger_client_event

from apikeys.key_secrets import Issued
from apikeys.models import ApiKey
from apikeys.snippets import astro_domain, snippets_for
from apikeys.views.frame import CHANGED, key_context
from cloudui.web.htmx import HtmxHttpRequest, page_or_fragment, wants_fragment


@sensitive_variables("issued")
def reveal(request: HtmxHttpRequest, issued: Issued) -> HttpResponse:
    """Show the secret in this very answer (docs/decisions/0001): no redirect, no session, no message, no cache."""
    key = issued.key
    context = {
        **key_context(key),
        "issued": issued,
        "has_namesake": ApiKey.objects.of(key.deployment).named(key.name).exclude(pk=key.pk).exists(),
        "snippets": snippets_for(
            key.pk,
            issued.secret,
            public_url=settings.PUBLIC_URL,
            domain=astro_domain(settings.PUBLIC_URL, settings.ASTRO_DOMAIN),
        ),
    }
    response: HttpResponse = page_or_fragment(request, "apikeys/reveal.html", context, fragment="reveal")
    response.shows_secret = True  # type: ignore[attr-defined] # read by CompressionMiddleware
    if wants_fragment(request):
        response = reswap(retarget(response, "#reveal"), "innerHTML")
        response = trigger_client_event(response, CHANGED, {}, after="swap")
    return response


def evict_from_history(response: HttpResponse) -> HttpResponse:
    """Make Chrome drop the page with the secret from its back/forward cache, as a changed cookie does."""
    prefix = "__Host-" if settings.PUBLIC.is_https else ""
    response.set_cookie(
        f"{prefix}reveal",
        secrets.token_hex(8),
        max_age=60,
        secure=settings.PUBLIC.is_https,
        httponly=True,
        samesite="Lax",
    )
    return response
