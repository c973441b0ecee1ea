"""The frame around the pages of API keys: their context, and how an action ends."""

from typing import NamedTuple

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


class Part(NamedTuple):
    """One of the pages of a key, a tab of its panel."""

    name: str
    label: str
    url: str
    is_current: bool


def part_context(key: ApiKey, part: str) -> dict[str, object]:
    """The context of one of a key's own pages; who may not manage keys has only the first of them."""
    context = key_context(key)
    names = [("open", "Overview"), ("use", "Use"), ("refusals", "Refusals"), ("edit", "Settings")]
    place = {"workspace": key.deployment.workspace_id, "deployment": key.deployment_id, "key": key.pk}
    context["parts"] = [
        Part(name, label, reverse(f"apikeys:{name}", kwargs=place), is_current=name == part)
        for name, label in (names if context["may_manage_keys"] else names[:1])
    ]
    return context


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
