"""The frame around the pages of API keys: their context, and how an action ends."""

from django.http import HttpResponse
from django.urls import reverse

from apikeys.models import ApiKey
from cloudui.web.htmx import HtmxHttpRequest, done
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
    """The URL of the list."""
    return reverse(
        "apikeys:index", kwargs={"workspace": deployment.workspace_id, "deployment": deployment.pk}
    )


def finish(
    request: HtmxHttpRequest, key: ApiKey, message: str, *, focus: ApiKey | None = None
) -> HttpResponse:
    """End an action on a key: the list is told, and may put the focus on a row."""
    detail = {"focus": f"key-{focus.pk}"} if focus else {}
    return done(request, message=message, to=list_url(key.deployment), events={CHANGED: detail})
