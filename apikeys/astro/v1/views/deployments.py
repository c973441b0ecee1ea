"""Deployments: find them, read one, make, change and delete one.

The client sends all of a Deployment with each change, filled from what it read just before, so a change is a
replacement. Who decides is in `apikeys.astro.changes` and in the services below it.
"""

from typing import Final

from ninja import Router

from apikeys.astro.changes import (
    create_deployment,
    update_deployment,
)
from apikeys.astro.refusals import require_person
from apikeys.astro.v1 import shown
from apikeys.astro.v1.deployment_schemas import (
    DeploymentNew,
    DeploymentPage,
    DeploymentSent,
    DeploymentShown,
)
from apikeys.astro.v1.inputs import change_of, require_place
from apikeys.astro.v1.rows import (
    MOST_ON_A_PAGE,
    Ids,
    Limit,
    Offset,
    deployments_of,
    fetch_parts,
    part_of,
    require_organization,
    workspace_of,
)
from apikeys.astro.v1.views.organizations import ORGANIZATION
from cloudui.web.api import ApiRequest
from cloudui.web.principal import Principal
from deployments import service
from deployments.access import deployment_to_delete, deployment_to_edit, deployment_to_view
from deployments.models import Deployment

DEPLOYMENTS: Final = f"{ORGANIZATION}/deployments"
DEPLOYMENT: Final = f"{DEPLOYMENTS}/{{slug:deployment}}"

router = Router(tags=["Deployments"])


@router.get(DEPLOYMENTS, response=DeploymentPage, summary="List Deployments")
def list_deployments(
    request: ApiRequest,
    organization: str,
    *,
    limit: Limit = MOST_ON_A_PAGE,
    offset: Offset = 0,
    workspaceIds: Ids = [],  # noqa: B006, N803 - its name there; nobody changes it
    deploymentIds: Ids = [],  # noqa: B006, N803 - the same
) -> DeploymentPage:
    """Those that a person sees, or the one of an API key, the oldest first. Environment variables are left out."""
    require_organization(organization)
    rows = deployments_of(request.principal, workspaces=workspaceIds, ids=deploymentIds)
    part = part_of(rows, limit, offset)
    fetch_parts(part.rows)
    found = [shown.deployment(row, with_variables=False) for row in part.rows]
    return DeploymentPage(deployments=found, **part.page)


@router.get(DEPLOYMENT, response=DeploymentShown, summary="Read a Deployment")
def read_deployment(request: ApiRequest, organization: str, deployment: str) -> DeploymentShown:
    """All of it, without the values of secrets."""
    require_organization(organization)
    return _shown(deployment_to_view(request.principal, None, deployment))


@router.post(DEPLOYMENTS, response=DeploymentShown, summary="Make a Deployment")
def create(request: ApiRequest, organization: str, body: DeploymentNew) -> DeploymentShown:
    """For Editors of the Workspace."""
    require_organization(organization)
    require_person(request.principal, to="create a Deployment")
    workspace = workspace_of(request.principal, body.workspace_id)
    made = create_deployment(
        request.principal,
        workspace.pk,
        change_of(body),
        cluster_id=body.cluster_id or "",
        runtime=body.astro_runtime_version,
    )
    return _shown(made)


@router.post(DEPLOYMENT, response=DeploymentShown, summary="Change a Deployment")
def update(request: ApiRequest, organization: str, deployment: str, body: DeploymentSent) -> DeploymentShown:
    """All at once or nothing; what is left out, null or 0 stays, and each list that is sent replaces the one there is."""
    require_organization(organization)
    found = deployment_to_edit(request.principal, None, deployment)
    require_place(found, body)
    return _shown(update_deployment(request.principal, found, change_of(body)))


@router.delete(DEPLOYMENT, response=dict[str, str], summary="Delete a Deployment")
def delete(request: ApiRequest, organization: str, deployment: str) -> dict[str, str]:
    """With all that belongs to it, for Editors of its Workspace."""
    require_organization(organization)
    require_person(request.principal, to="delete a Deployment")
    found = _to_delete(request.principal, deployment)
    service.delete_deployment(request.principal, found)
    return {}


def _to_delete(principal: Principal, deployment: str) -> Deployment:
    found = deployment_to_view(principal, None, deployment)
    return deployment_to_delete(principal, found.workspace_id, found.pk)


def _shown(row: Deployment) -> DeploymentShown:
    fetch_parts([row])
    return shown.deployment(row, with_variables=True)
