"""The rows behind the answers, with all that is shown of them, in as many queries for a thousand as for one."""

from django.conf import settings
from django.db.models import Prefetch, prefetch_related_objects
from django.http import Http404
from graphql import GraphQLError

from apikeys.astro.refusals import NO_WORKSPACE, no_deployment
from cloudui.web.principal import Kind, Principal
from deployments.access import clusters_to_view, deployment_to_view
from deployments.models import Cluster, Deployment, EnvironmentVariable, WorkerQueue
from workspaces.access import workspace_to_view
from workspaces.models import Workspace

OTHER_ORGANIZATION = "There is another Organization here by now. Run astro login localhost again."


def require_organization(organization_id: str) -> None:
    """Refuse the identifier of another Organization; an empty one stands for the only one there is."""
    if organization_id not in {"", settings.ORGANIZATION_ID}:
        raise GraphQLError(OTHER_ORGANIZATION)


def workspaces_of(principal: Principal) -> list[Workspace]:
    """The Workspaces that the caller sees by age; for an API key the one that its Deployment is in."""
    if principal.kind is Kind.API_KEY:
        return [deployment.workspace for deployment in Deployment.objects.visible_to(principal)]
    return list(Workspace.objects.visible_to(principal).order_by("created_at", "pk"))


def deployments_of(principal: Principal, workspace_id: str) -> list[Deployment]:
    """The Deployments that the caller sees, the oldest first; those of one Workspace if one is named.

    Raises:
        GraphQLError: for a Workspace that is not the caller's to see.
    """
    rows = Deployment.objects.visible_to(principal)
    if workspace_id:
        rows = rows.filter(workspace_id=workspace_id)
    found = list(rows.order_by("created_at", "pk"))
    if workspace_id and not found:
        _require_workspace(principal, workspace_id)
    fetch_what_belongs_to(found)
    return found


def deployment_of(principal: Principal, deployment_id: str) -> Deployment:
    """One Deployment; GraphQLError for one that is not the caller's to see."""
    try:
        return deployment_to_view(principal, None, deployment_id)
    except Http404:
        raise GraphQLError(no_deployment(principal)) from None


def clusters_of(principal: Principal) -> list[Cluster]:
    """The Clusters that the caller may know of, with their worker types."""
    return list(clusters_to_view(principal).prefetch_related("node_pools"))


def fetch_what_belongs_to(deployments: list[Deployment]) -> None:
    """Read node pools, worker queues and variables of all of them."""
    queues = WorkerQueue.objects.with_node_pools()
    variables = EnvironmentVariable.objects.order_by("key")
    prefetch_related_objects(
        deployments,
        "cluster__node_pools",
        Prefetch("worker_queues", queues),
        Prefetch("variables", variables),
    )


def _require_workspace(principal: Principal, workspace_id: str) -> None:
    try:
        workspace_to_view(principal, workspace_id)
    except Http404:
        raise GraphQLError(NO_WORKSPACE) from None
