"""What every page of a Deployment has around its own part, and how an action on one of them ends."""

from typing import Any, NamedTuple

from django.http import HttpResponse

from cloudui.web.addresses import address
from cloudui.web.htmx import HtmxHttpRequest, done, leave, page_below, wants_fragment
from deployments import airflow_hosts
from deployments.models import Airflow, Deployment, Executor
from deployments.models.cluster import ClusterKind
from workspaces.models import Role


class Tab(NamedTuple):
    """One tab of a Deployment's pages, as `components/tab.html` shows it: plain, so that the tabs are made once."""

    url: str
    label: str
    number: int | None
    is_current: bool


class Menu(NamedTuple):
    """What `deployments/_menu.html` shows, plain too; `airflow` is what its Airflow can do: sleep, wake or nothing."""

    workspace: str
    deployment: str
    name: str
    airflow: str


def menu_of(deployment: Deployment) -> Menu:
    """The menu of a Deployment: an Airflow of ours, or one that could be, sleeps and wakes."""
    airflow = Airflow.of(deployment)
    can = ""
    if airflow and airflow.is_run_by_us:
        can = "sleep" if airflow.is_awake else "wake"
    elif deployment.cluster.kind == ClusterKind.LOCAL:
        can = "wake"
    return Menu(deployment.workspace_id, deployment.pk, deployment.name, can)


def deployment_context(deployment: Deployment, *, tab: str = "") -> dict[str, Any]:
    """The context of `deployments/_layout.html`. Its flags only hide buttons; the access functions protect."""
    return {
        "workspace": deployment.workspace,
        "deployment": deployment,
        "airflow": Airflow.of(deployment),
        "has_airflow_hosts": bool(airflow_hosts.domain()),
        "tabs": tabs_of(deployment, current=tab),
        "menu": menu_of(deployment),
        "may_edit": deployment.caller_role >= Role.EDITOR,
        "may_manage_keys": deployment.caller_role >= Role.ADMIN,
    }


def tabs_of(deployment: Deployment, *, current: str) -> tuple[Tab, ...]:
    """The tabs of a Deployment in their order: only Celery has worker queues."""
    tabs = [
        ("analytics", "Analytics", "deployments:analytics", None),
        ("dags", "DAGs", "deployments:dags", None),
        ("logs", "Logs", "deployments:logs", None),
        ("worker-queues", "Worker Queues", "deployments:queues", deployment.worker_queue_count),
        ("variables", "Variables", "deployments:variables", deployment.variable_count),
        ("api-keys", "API Keys", "apikeys:index", deployment.api_key_count),
        ("deploys", "Deploys", "deployments:deploys", None),
        ("activity", "Activity", "deployments:activity", None),
        ("details", "Details", "deployments:details", None),
    ]
    if deployment.executor != Executor.CELERY:
        tabs = [tab for tab in tabs if tab[0] != "worker-queues"]
    place = deployment.workspace_id, deployment.pk
    return tuple(
        Tab(address(page, *place), label, count, is_current=name == current)
        for name, label, page, count in tabs
    )


CHANGED = "deployments:changed"


def url_of(page: str, deployment: Deployment) -> str:
    """The URL of a page of a Deployment, by its name in `deployments.urls`."""
    return address(f"deployments:{page}", deployment.workspace_id, deployment.pk)


def finish(
    request: HtmxHttpRequest, deployment: Deployment, message: str, *, page: str, focus: str = ""
) -> HttpResponse:
    """End an action that changed a list, which reloads and may focus the row of an id; without htmx, go to `page`."""
    events = {CHANGED: {"focus": focus} if focus else {}}
    return done(request, message=message, to=url_of(page, deployment), events=events)


def finish_elsewhere(request: HtmxHttpRequest, left: Deployment, message: str, *, to: str) -> HttpResponse:
    """End an action that moved or deleted the Deployment: its pages go on to `to`, the list of Deployments stays."""
    if wants_fragment(request) and page_below(request).startswith(url_of("open", left)):
        return leave(request, message=message, to=to)
    return done(request, message=message, to=to, events={CHANGED: {}})
