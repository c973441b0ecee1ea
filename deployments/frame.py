"""What every page of a Deployment has around its own part, and how an action on one of them ends."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from cloudui.web.htmx import HtmxHttpRequest, done, leave, page_below, wants_fragment
from deployments.models import Deployment
from workspaces.models import Role


def deployment_context(deployment: Deployment, *, tab: str = "") -> dict[str, Any]:
    """The context of `deployments/_layout.html`. Its flags hide buttons; the access functions protect.

    Args:
        deployment: as its access function returned it, with `caller_role`.
        tab: which tab is open, by its name in `deployments/_tabs.html`; empty for a page beside the tabs.
    """
    return {
        "workspace": deployment.workspace,
        "deployment": deployment,
        "tab": tab,
        "may_edit": deployment.caller_role >= Role.EDITOR,
        "may_manage_keys": deployment.caller_role >= Role.ADMIN,
    }


CHANGED = "deployments:changed"


def url_of(page: str, deployment: Deployment) -> str:
    """The URL of a page of a Deployment, by its name in `deployments.urls`."""
    return reverse(
        f"deployments:{page}", kwargs={"workspace": deployment.workspace_id, "deployment": deployment.pk}
    )


def finish(
    request: HtmxHttpRequest, deployment: Deployment, message: str, *, page: str, focus: str = ""
) -> HttpResponse:
    """End an action that changed a list, which reloads and may put the focus on the row of an id.

    A browser without htmx goes on to `page`, which is named as for `url_of`.
    """
    events = {CHANGED: {"focus": focus} if focus else {}}
    return done(request, message=message, to=url_of(page, deployment), events=events)


def finish_elsewhere(request: HtmxHttpRequest, left: Deployment, message: str, *, to: str) -> HttpResponse:
    """End an action after which the Deployment's pages have other URLs, or none.

    Whoever was on one of them goes on to `to`; below a dialog over the list of Deployments the list stays.
    """
    if wants_fragment(request) and page_below(request).startswith(url_of("open", left)):
        return leave(request, message=message, to=to)
    return done(request, message=message, to=to, events={CHANGED: {}})
