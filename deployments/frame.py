"""What every page of a Deployment has around its own part, and how an action on one of them ends."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from cloudui.web.htmx import HtmxHttpRequest, done, leave, page_below, wants_fragment
from deployments.models import Deployment
from workspaces.models import Role


def deployment_context(deployment: Deployment, *, tab: str = "") -> dict[str, Any]:
    """The context of `deployments/_layout.html`, for the pages of this app and of those above it.

    Args:
        deployment: as its access function returned it, with `caller_role`.
        tab: which tab is open, by its name in `deployments/_tabs.html`; empty for a page beside the tabs.

    Returns:
        `workspace`, `deployment`, `tab`, `may_edit` (an Editor's rights: change and delete the Deployment)
        and `may_manage_keys` (an Admin's). The flags hide buttons; the access functions protect.
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
    """The address of a page of a Deployment.

    Args:
        page: the address's name in this app, such as `variables`.
        deployment: which one.
    """
    return reverse(
        f"deployments:{page}", kwargs={"workspace": deployment.workspace_id, "deployment": deployment.pk}
    )


def finish(
    request: HtmxHttpRequest, deployment: Deployment, message: str, *, page: str, focus: str = ""
) -> HttpResponse:
    """End an action that changed a list: it is told, and may put the focus on a row.

    Args:
        request: the request of a page.
        deployment: whose list.
        message: one sentence for the person.
        page: where a plain browser goes on, as `url_of` takes it.
        focus: the id of the row.
    """
    events = {CHANGED: {"focus": focus} if focus else {}}
    return done(request, message=message, to=url_of(page, deployment), events=events)


def finish_elsewhere(request: HtmxHttpRequest, left: Deployment, message: str, *, to: str) -> HttpResponse:
    """End an action after which the Deployment's pages are no longer where they were.

    Args:
        request: the request of a page.
        left: the Deployment as it was.
        message: one sentence for the person.
        to: where to go on from one of those pages; a list of Deployments below the dialog stays.
    """
    if wants_fragment(request) and page_below(request).startswith(url_of("open", left)):
        return leave(request, message=message, to=to)
    return done(request, message=message, to=to, events={CHANGED: {}})
