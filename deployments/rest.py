"""Deployments: find them, read one, change its configuration."""

from django.db.models.functions import Lower
from ninja import Router

from cloudui.web.api import ApiRequest
from cloudui.web.rest.errors import require_unchanged
from cloudui.web.rest.paging import LIMIT, Cursor, Limit, page_of
from cloudui.web.rest.schemas import Id
from deployments.access import deployment_to_edit, deployment_to_view
from deployments.details.service import update_deployment
from deployments.models import Deployment
from deployments.schemas import DeploymentChanges, DeploymentPage, DeploymentShown

router = Router(tags=["Deployments"])


@router.get("/deployments", response=DeploymentPage, summary="List Deployments")
def list_deployments(
    request: ApiRequest, limit: Limit = LIMIT, cursor: Cursor = "", workspace: Id | None = None
) -> DeploymentPage:
    """By name: those of the Workspaces to which a person belongs, or the one of an API key."""
    visible = Deployment.objects.visible_to(request.principal)
    rows = visible if workspace is None else visible.filter(workspace_id=workspace)
    found, after = page_of(rows.annotate(sort_name=Lower("name")), by="sort_name", limit=limit, cursor=cursor)
    return DeploymentPage(items=[DeploymentShown.of(row) for row in found], next_cursor=after)


@router.get("/deployments/{cid:deployment}", response=DeploymentShown, summary="Read a Deployment")
def read_deployment(request: ApiRequest, deployment: Id) -> DeploymentShown:
    """Everything about it but its environment variables, worker queues and deploys, which are lists of their own."""
    return DeploymentShown.of(deployment_to_view(request.principal, None, deployment))


@router.patch("/deployments/{cid:deployment}", response=DeploymentShown, summary="Change a Deployment")
def change_deployment(request: ApiRequest, deployment: Id, changes: DeploymentChanges) -> DeploymentShown:
    """Change some of its configuration, all at once or nothing."""
    found = deployment_to_edit(request.principal, None, deployment)
    require_unchanged(changes, DeploymentShown.of(found))
    given = changes.model_dump(exclude_unset=True, exclude={"version"})
    return DeploymentShown.of(update_deployment(request.principal, found, version=changes.version, **given))
