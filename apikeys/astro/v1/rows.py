"""The rows behind the answers, and how a caller finds them, in as many queries for a thousand as for one."""

from collections.abc import Sequence
from typing import Annotated, Any, Final, NamedTuple, TypeVar

from django.conf import settings
from django.db.models import Model, Prefetch, QuerySet, prefetch_related_objects
from ninja import Query

from apikeys.astro.refusals import NO_DEPLOYMENT, NO_WORKSPACE
from apikeys.astro.v1.schemas import MOST_ROWS
from cloudui.web.api import ApiError
from cloudui.web.principal import Kind, Principal
from deployments.access import clusters_to_view
from deployments.models import Cluster, Deployment, WorkerQueue
from deployments.models.deployment import DeploymentQuerySet
from workspaces.models import Workspace

Row = TypeVar("Row", bound=Model)

OTHER_ORGANIZATION: Final = "There is another Organization here by now. Run astro login again."

# The client asks for a thousand Deployments at once.
MOST_ON_A_PAGE: Final = 1000
MOST_IDS: Final = 100

Limit = Annotated[int, Query(ge=1, le=MOST_ON_A_PAGE)]
Offset = Annotated[int, Query(ge=0, le=MOST_ROWS)]
Ids = Annotated[list[str], Query(max_length=MOST_IDS)]


class Part(NamedTuple):
    """Some rows, and the part of the answer that tells which."""

    rows: Sequence[Any]
    page: dict[str, int]


def require_organization(organization: str) -> None:
    """Raise ApiError for any Organization but the one there is, by its identifier or its short name."""
    if organization not in {settings.ORGANIZATION_ID, settings.ORGANIZATION_SHORT_NAME}:
        raise ApiError(404, "not_found", OTHER_ORGANIZATION)


def part_of(rows: QuerySet[Row], limit: int, offset: int) -> Part:
    """A page of rows."""
    found = list(rows[offset : offset + limit])
    return Part(found, {"total_count": rows.count(), "limit": limit, "offset": offset})


def workspaces_of(principal: Principal) -> QuerySet[Workspace]:
    """The Workspaces that the caller sees by name; for an API key the one that its Deployment is in."""
    if principal.kind is Kind.API_KEY:
        return Workspace.objects.filter(deployments=principal.deployment)
    return Workspace.objects.visible_to(principal).alphabetical()


def workspace_of(principal: Principal, workspace: str) -> Workspace:
    """One of them; ApiError (404) for any other."""
    found = workspaces_of(principal).filter(pk=workspace).first()
    if found is None:
        raise ApiError(404, "not_found", NO_WORKSPACE)
    return found


def deployments_of(
    principal: Principal, *, workspaces: Sequence[str], ids: Sequence[str]
) -> DeploymentQuerySet:
    """The Deployments that the caller sees, the oldest first; those that are named, if any are.

    Raises:
        ApiError: 404 for a Workspace or Deployment that is not the caller's to see. An empty list would be believed.
    """
    rows: DeploymentQuerySet = Deployment.objects.visible_to(principal)
    if workspaces:
        if workspaces_of(principal).filter(pk__in=workspaces).count() < len(set(workspaces)):
            raise ApiError(404, "not_found", NO_WORKSPACE)
        rows = rows.filter(workspace_id__in=workspaces)
    if ids:
        rows = rows.filter(pk__in=ids)
        if rows.count() < len(set(ids)):
            raise ApiError(404, "not_found", NO_DEPLOYMENT)
    return rows.order_by("created_at", "pk")


def clusters_of(principal: Principal) -> QuerySet[Cluster]:
    """The Clusters that the caller may know of, with their worker types."""
    return clusters_to_view(principal).prefetch_related("node_pools")


def fetch_parts(deployments: Sequence[Deployment]) -> None:
    """Read what belongs to Deployments and is part of their answers."""
    queues = Prefetch("worker_queues", WorkerQueue.objects.with_node_pools())
    prefetch_related_objects(deployments, "cluster__node_pools", queues)
