"""What each name of the schema means in our tables. Rights are decided in `rows` before anything is shown."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from ariadne import ObjectType, QueryType, ScalarType
from django.conf import settings
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from graphql import FieldNode, GraphQLError, GraphQLResolveInfo

from apikeys.astro.graphql import options, rows
from cloudui.web.api import rfc3339
from cloudui.web.encryption import CannotDecrypt
from cloudui.web.keyring import KeyFileError
from cloudui.web.principal import Principal
from deployments.airflow.logs import MOST_LINES, Line, recent
from deployments.airflow.service import can_hibernate
from deployments.models import Cluster, Deployment, EnvironmentVariable, NodePool, WorkerQueue
from deployments.variables.service import read_value
from workspaces.models import Workspace

Info = GraphQLResolveInfo[Principal]

NO_LOGS: Final = "Cloud UI reads the logs of Airflows that it runs itself. Read these where Airflow runs, in the namespace {}."
# How the client spells levels, and the longest time that it asks for.
LEVELS: Final = {"WARN": "warning"}
PERIOD: Final = timedelta(hours=24)
MOST_LOGS: Final = 1000

# Where the client has another name than the column; `releaseName` finds `release_name` by itself.
ALIASES: Final = {
    "Workspace": {"label": "name"},
    "Deployment": {
        "label": "name",
        "runtimeRelease": "runtime",
        "dagDeployEnabled": "dag_deploys_enabled",
        "apiKeyOnlyDeployments": "ci_cd_enforced",
        "isHighAvailability": "is_highly_available",
    },
    "Cluster": {"cloudProvider": "provider"},
    "NodePool": {"nodeInstanceType": "worker_type", "maxNodeCount": "max_workers"},
    "WorkerQueue": {
        "workerConcurrency": "concurrency",
        "minWorkerCount": "min_workers",
        "maxWorkerCount": "max_workers",
    },
    "Image": {"tag": "runtime_id"},
    "Scheduler": {"au": "scheduler_au", "replicas": "scheduler_replicas"},
}

types: Final = {
    name: ObjectType(name) for name in (*ALIASES, "DeploymentSpec", "EnvironmentVariable", "Webserver")
}
for _name, _aliases in ALIASES.items():
    for _field, _column in _aliases.items():
        types[_name].set_alias(_field, _column)

query: Final = QueryType()
identifier: Final = ScalarType("Id")
moment: Final = ScalarType("DateTime", serializer=rfc3339)
anything: Final = ScalarType("JSON")


@identifier.value_parser
def read_id(value: object) -> str:
    """An identifier as somebody sends it: ours, or one that finds nothing, but nothing that breaks a database."""
    if not isinstance(value, str) or not re.fullmatch(r"[0-9A-Za-z_-]{0,64}", value):
        raise GraphQLError("This is not an identifier.")
    return value


@query.field("workspaces")
def list_workspaces(_root: None, info: Info, organization_id: str) -> list[Workspace]:
    """The caller's Workspaces."""
    rows.require_organization(organization_id)
    return rows.workspaces_of(info.context)


@query.field("deployments")
def list_deployments(
    _root: None,
    info: Info,
    organization_id: str,
    workspace_id: str | None = None,
    first: int | None = None,
    after: str | None = None,
) -> list[Deployment]:
    """The caller's Deployments, or a page of them."""
    rows.require_organization(organization_id)
    found = rows.deployments_of(info.context, workspace_id or "", first=first, after=after)
    rows.fetch_what_belongs_to(found, _selected(info))
    return found


@query.field("deployment")
def find_deployment(_root: None, info: Info, id: str) -> Deployment:  # noqa: A002 - its name there
    """One Deployment."""
    found = rows.deployment_of(info.context, id)
    rows.fetch_what_belongs_to([found], _selected(info))
    return found


@query.field("clusters")
def list_clusters(_root: None, info: Info, organization_id: str) -> list[Cluster]:
    """The Clusters that the caller may know."""
    rows.require_organization(organization_id)
    return rows.clusters_of(info.context)


@query.field("deploymentConfigOptions")
def deployment_options(_root: None, _info: Info) -> dict[str, Any]:
    """What a Deployment may be; who asks makes no difference."""
    return options.of_deployments()


@query.field("workerQueueOptions")
def queue_options(_root: None, info: Info) -> dict[str, Any]:
    """What a worker queue may be on the Clusters that the caller may know."""
    return options.of_queues(rows.clusters_of(info.context))


@query.field("deploymentHistory")
def logs(
    _root: None,
    info: Info,
    deployment_id: str,
    log_count_limit: int | None = None,
    log_levels: list[str] | None = None,
    **_start: Any,
) -> dict[str, list[dict[str, str]]]:
    """The last day of the scheduler's log. Of an Airflow that runs elsewhere an empty list would say that it is silent."""
    deployment = rows.deployment_of(info.context, deployment_id)
    if not can_hibernate(deployment):
        raise GraphQLError(NO_LOGS.format(deployment.release_name))
    levels = {LEVELS.get(level, level.lower()) for level in log_levels or ()}
    lines = recent(deployment, {"scheduler"}, since=timezone.now() - PERIOD, most=MOST_LINES)
    matching = [line for line in lines if not log_levels or line.level in levels]
    most = max(1, min(log_count_limit or MOST_LOGS, MOST_LOGS))
    return {"scheduler_logs": [_log(line) for line in matching[-most:]]}


def _log(line: Line) -> dict[str, str]:
    at = rfc3339(line.at) if line.at else ""
    return {
        "timestamp": at,
        "raw": line.text,
        "level": "WARN" if line.level == "warning" else line.level.upper(),
    }


@types["Workspace"].field("organizationId")
def organization_id(_workspace: Workspace, _info: Info) -> str:
    """There is one Organization."""
    return str(settings.ORGANIZATION_ID)


@types["Deployment"].field("deploymentSpec")
@types["DeploymentSpec"].field("image")
@types["DeploymentSpec"].field("scheduler")
@types["DeploymentSpec"].field("webserver")
def same_row(deployment: Deployment, _info: Info) -> Deployment:
    """Parts that are objects there and columns here."""
    return deployment


@types["Deployment"].field("schedulerSize")
def scheduler_size(_deployment: Deployment, _info: Info) -> str:
    """Schedulers have numbers here."""
    return ""


@types["Deployment"].field("workerQueues")
def worker_queues(deployment: Deployment, _info: Info) -> list[WorkerQueue]:
    """Its queues; none where the executor has none."""
    return list(deployment.worker_queues.all())


@types["Cluster"].field("nodePools")
def node_pools(cluster: Any, _info: Info) -> list[NodePool]:
    """The worker types of a Cluster."""
    return list(cluster.node_pools.all())


@types["NodePool"].field("createdAt")
def unknown(_row: object, _info: Info) -> None:
    """Nobody keeps this."""


@types["WorkerQueue"].field("podCpu")
def pod_cpu(queue: WorkerQueue, _info: Info) -> str:
    """The cores of one worker."""
    return _plain(queue.node_pool.cpu)


@types["WorkerQueue"].field("podRam")
def pod_ram(queue: WorkerQueue, _info: Info) -> str:
    """The memory of one worker, in the notation of Kubernetes."""
    return f"{_plain(queue.node_pool.memory_gib)}Gi"


@types["DeploymentSpec"].field("environmentVariablesObjects")
def variables(deployment: Deployment, _info: Info) -> list[EnvironmentVariable]:
    """Its environment variables by key."""
    return list(deployment.variables.all())


@types["EnvironmentVariable"].field("value")
@sensitive_variables()
def value_of(variable: EnvironmentVariable, _info: Info) -> str:
    """The value; empty for a secret, and for what somebody has made unreadable in the database."""
    if variable.is_secret:
        return ""
    try:
        return read_value(variable)
    except (CannotDecrypt, KeyFileError):
        return ""


@types["Webserver"].field("url")
def webserver_url(deployment: Deployment, _info: Info) -> str:
    """Nothing: some commands would send the caller's access token, which opens this console, to that URL."""
    return ""


def _selected(info: Info) -> set[str]:
    """The names of all fields that are asked for, however deep; a query has no fragments (`document.py`)."""
    names, open_nodes = set(), list(info.field_nodes)
    while open_nodes:
        selections = open_nodes.pop().selection_set
        fields = [node for node in selections.selections if isinstance(node, FieldNode)] if selections else []
        names |= {field.name.value for field in fields}
        open_nodes += fields
    return names


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
