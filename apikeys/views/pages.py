"""What the pages of API keys share: their context, how an action ends, and the one look at a secret."""

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.debug import sensitive_variables
from django_htmx.http import reswap, retarget, trigger_client_event

from apikeys.issuing import Issued
from apikeys.models import ApiKey
from apikeys.snippets import snippets_for
from cloudui.web.htmx import HtmxHttpRequest, done, page_or_fragment, wants_fragment
from deployments.frame import deployment_context
from deployments.models import Deployment

CHANGED = "apikeys:changed"


def tab_context(deployment: Deployment) -> dict[str, object]:
    """The context of a page under the API Keys tab."""
    return deployment_context(deployment, tab="api-keys")


def key_context(key: ApiKey) -> dict[str, object]:
    """The context of a page about one key, found by `apikeys.access.key_to_manage`."""
    return {**tab_context(key.deployment), "key": key}


def list_url(deployment: Deployment) -> str:
    """The address of the list."""
    return reverse(
        "apikeys:index", kwargs={"workspace": deployment.workspace_id, "deployment": deployment.pk}
    )


def finish(
    request: HtmxHttpRequest, key: ApiKey, message: str, *, focus: ApiKey | None = None
) -> HttpResponse:
    """End an action on a key: the list is told, and may put the focus on a row."""
    detail = {"focus": f"key-{focus.pk}"} if focus else {}
    return done(request, message=message, to=list_url(key.deployment), events={CHANGED: detail})


@sensitive_variables("issued")
def reveal(request: HtmxHttpRequest, issued: Issued) -> HttpResponse:
    """Show the secret in this very answer: no redirect, no session, no message, no cache (design.md 6.5)."""
    key = issued.key
    context = {
        **key_context(key),
        "issued": issued,
        "has_namesake": ApiKey.objects.of(key.deployment).named(key.name).exclude(pk=key.pk).exists(),
        "snippets": snippets_for(key.pk, issued.secret, public_url=settings.PUBLIC_URL),
    }
    response: HttpResponse = page_or_fragment(request, "apikeys/reveal.html", context, fragment="reveal")
    response.shows_secret = True  # type: ignore[attr-defined] # read by CompressionMiddleware
    if wants_fragment(request):
        response = reswap(retarget(response, "#reveal"), "innerHTML")
        response = trigger_client_event(response, CHANGED, {}, after="swap")
    return response
