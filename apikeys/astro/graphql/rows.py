"""The rows behind the answers, with all that is shown of them, in as many queries for a thousand as for one."""

from collections.abc import Collection
from typing import Any, Final

from django.conf import settings
from django.db.models import Prefetch, Q, prefetch_related_objects
from django.http import Http404
from graphql import GraphQLError

from apikeys.astro.refusals import NO_WORKSPACE, no_deployment
from cloudui.web.principal import Kind, Principal
from deployments.access import clusters_to_view, deployment_to_view
from deployments.models import Cluster, Deployment, EnvironmentVariable, WorkerQueue
from workspaces.access import workspace_to_view
from workspaces.models import Workspace

MOST_ON_A_PAGE: Final = 1000
OTHER_ORGANIZATION: Final = "There is another Organization here by now. Run astro login localhost again."


def require_organization(organization_id: str) -> None:
    """Refuse the identifier of another Organization; an empty one stands for the only one there is."""
    if organization_id not in {"", settings.ORGANIZATION_ID}:
        raise GraphQLError(OTHER_ORGANIZATION)


def workspaces_of(principal: Principal) -> list[Workspace]:
    """The Workspaces that the caller sees by age; for an API key the one that its Deployment is in."""
    if principal.kind is Kind.API_KEY:
        return [deployment.workspace for deployment in Deployment.objects.visible_to(principal)]
    return list(Workspace.objects.visible_to(principal).order_by("created_at", "pk"))


def deployments_of(
    principal: Principal, workspace_id: str, *, first: int | None = None, after: str | None = None
) -> list[Deployment]:
    """The Deployments that the caller sees, the oldest first; those of one Workspace if one is named.

    Args:
        principal: who asks.
        workspace_id: the Workspace; empty for all.
        first: how many at most; all if none is given, since the client knows no pages.
        after: the ID of the Deployment behind which they begin.

    Raises:
        GraphQLError: for a Workspace or Deployment that is not the caller's to see, and for a number that may not be.
    """
    if first is not None and not 1 <= first <= MOST_ON_A_PAGE:
        raise GraphQLError(f"Ask for 1 to {MOST_ON_A_PAGE} Deployments at once.")
    rows = Deployment.objects.visible_to(principal)
    if workspace_id:
        rows = rows.filter(workspace_id=workspace_id)
    if after:
        last = deployment_of(principal, after)
        # The first condition is implied by the second, but only it lets a database seek in the index.
        rows = rows.filter(
            Q(created_at__gt=last.created_at) | Q(pk__gt=last.pk), created_at__gte=last.created_at
        )
    found = list(rows.order_by("created_at", "pk")[:first])
    if workspace_id and not found:
        _require_workspace(principal, workspace_id)
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


def fetch_what_belongs_to(deployments: list[Deployment], fields: Collection[str]) -> None:
    """Read what the `fields` of a query show besides the Deployments, for all of them at once, and nothing else."""
    parts: dict[str, Any] = {
        "nodePools": "cluster__node_pools",
        "workerQueues": Prefetch("worker_queues", WorkerQueue.objects.with_node_pools()),
        "environmentVariablesObjects": Prefetch("variables", EnvironmentVariable.objects.order_by("key")),
    }
    prefetch_related_objects(deployments, *(part for field, part in parts.items() if field in fields))


def _require_workspace(principal: Principal, workspace_id: str) -> None:
    try:
        workspace_to_view(principal, workspace_id)
    except Http404:
        raise GraphQLError(NO_WORKSPACE) from None
