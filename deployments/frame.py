"""What every page of a Deployment has around its own part, and how an action on one of them ends."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from cloudui.web.htmx import HtmxHttpRequest, done, leave, page_below, wants_fragment
from deployments.models import Deployment, Executor
from workspaces.models import Role


@dataclass(frozen=True)
class Tab:
    """One tab of a Deployment's pages, as `components/tab.html` shows it."""

    name: str
    label: str
    page: str  # the name of its URL, with the app
    deployment: Deployment
    count: int | None = None
    is_current: bool = False

    @property
    def url(self) -> str:
        """Where it leads."""
        return reverse(self.page, kwargs=_place(self.deployment))


def deployment_context(deployment: Deployment, *, tab: str = "") -> dict[str, Any]:
    """The context of `deployments/_layout.html`, for the pages of this app and of those above it.

    Args:
        deployment: as its access function returned it, with `caller_role`.
        tab: which tab is open, by its name in `tabs_of`; empty for a page beside the tabs.

    Returns:
        `workspace`, `deployment`, `tabs`, `may_edit` (an Editor's rights: change and delete the Deployment)
        and `may_manage_keys` (an Admin's). The flags hide buttons; the access functions protect.
    """
    return {
        "workspace": deployment.workspace,
        "deployment": deployment,
        "tabs": tabs_of(deployment, current=tab),
        "may_edit": deployment.caller_role >= Role.EDITOR,
        "may_manage_keys": deployment.caller_role >= Role.ADMIN,
    }


def tabs_of(deployment: Deployment, *, current: str) -> list[Tab]:
    """The tabs of a Deployment in their order: only Celery has worker queues."""
    tabs = [
        ("worker-queues", "Worker Queues", "deployments:queues", deployment.worker_queue_count),
        ("variables", "Variables", "deployments:variables", deployment.variable_count),
        ("api-keys", "API Keys", "apikeys:index", deployment.api_key_count),
        ("deploys", "Deploys", "deployments:deploys", None),
        ("activity", "Activity", "deployments:activity", None),
        ("details", "Details", "deployments:details", None),
    ]
    if deployment.executor != Executor.CELERY:
        del tabs[0]
    return [
        Tab(name, label, page, deployment, count, is_current=name == current)
        for name, label, page, count in tabs
    ]


CHANGED = "deployments:changed"


def url_of(page: str, deployment: Deployment) -> str:
    """The address of a page of a Deployment.

    Args:
        page: the address's name in this app, such as `variables`.
        deployment: which one.
    """
    return reverse(f"deployments:{page}", kwargs=_place(deployment))


def _place(deployment: Deployment) -> dict[str, str]:
    """What every URL below a Deployment starts with."""
    return {"workspace": deployment.workspace_id, "deployment": deployment.pk}


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
