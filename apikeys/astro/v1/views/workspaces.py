"""Workspaces: find them, make, change and delete one."""

from typing import Any, Final

from django.core.exceptions import ValidationError
from ninja import Router

from apikeys.astro.refusals import require_person
from apikeys.astro.v1 import shown
from apikeys.astro.v1.rows import (
    MOST_ON_A_PAGE,
    Limit,
    Offset,
    part_of,
    require_organization,
    workspace_of,
    workspaces_of,
)
from apikeys.astro.v1.schemas import WorkspacePage, WorkspaceSent, WorkspaceShown
from apikeys.astro.v1.views.organizations import ORGANIZATION
from cloudui.web.api import ApiError, ApiRequest
from workspaces.access import require_workspace_creator, workspace_to_manage
from workspaces.forms import CreateForm
from workspaces.models import Workspace
from workspaces.service import WorkspaceNotEmpty, create_workspace, delete_workspace, update_workspace

WORKSPACES: Final = f"{ORGANIZATION}/workspaces"
WORKSPACE: Final = f"{WORKSPACES}/{{slug:workspace}}"

router = Router(tags=["Workspaces"])


@router.get(WORKSPACES, response=WorkspacePage, summary="List Workspaces")
def list_workspaces(
    request: ApiRequest, organization: str, limit: Limit = MOST_ON_A_PAGE, offset: Offset = 0
) -> WorkspacePage:
    """Those of a person by name, or the one of an API key's Deployment."""
    require_organization(organization)
    part = part_of(workspaces_of(request.principal), limit, offset)
    return WorkspacePage(workspaces=[shown.workspace(row) for row in part.rows], **part.page)


@router.get(WORKSPACE, response=WorkspaceShown, summary="Read a Workspace")
def read_workspace(request: ApiRequest, organization: str, workspace: str) -> WorkspaceShown:
    """One of them."""
    require_organization(organization)
    return shown.workspace(workspace_of(request.principal, workspace))


@router.post(WORKSPACES, response=WorkspaceShown, summary="Make a Workspace")
def create_a_workspace(request: ApiRequest, organization: str, body: WorkspaceSent) -> WorkspaceShown:
    """For Owners of the Organization."""
    require_organization(organization)
    require_person(request.principal, to="create a Workspace")
    require_workspace_creator(request.principal)
    return shown.workspace(
        create_workspace(
            request.principal, ci_cd_enforced_by_default=bool(body.cicd_enforced_default), **_texts(body)
        )
    )


@router.post(WORKSPACE, response=WorkspaceShown, summary="Change a Workspace")
def change_workspace(
    request: ApiRequest, organization: str, workspace: str, body: WorkspaceSent
) -> WorkspaceShown:
    """For its Admins; what is left out stays."""
    require_organization(organization)
    found = _managed(request, workspace)
    is_enforced = body.cicd_enforced_default
    changed = update_workspace(
        request.principal,
        found,
        version=None,
        ci_cd_enforced_by_default=found.ci_cd_enforced_by_default if is_enforced is None else is_enforced,
        **_texts(body, otherwise=found),
    )
    return shown.workspace(changed)


@router.delete(WORKSPACE, response=dict[str, str], summary="Delete a Workspace")
def delete_a_workspace(request: ApiRequest, organization: str, workspace: str) -> dict[str, str]:
    """For its Admins, once it has no Deployments."""
    require_organization(organization)
    found = _managed(request, workspace)
    try:
        delete_workspace(request.principal, found)
    except WorkspaceNotEmpty as error:
        raise ApiError(409, "conflict", str(error)) from error
    return {}


def _managed(request: ApiRequest, workspace: str) -> Workspace:
    require_person(request.principal, to="change or delete a Workspace")
    return workspace_to_manage(request.principal, workspace)


def _texts(body: WorkspaceSent, otherwise: Workspace | None = None) -> dict[str, Any]:
    """Name and description as people may type them."""
    given = {"name": body.name, "description": body.description}
    form = CreateForm(
        {field: getattr(otherwise, field, "") if value is None else value for field, value in given.items()}
    )
    if not form.is_valid():
        raise ValidationError(form.errors.as_data())
    return dict(form.cleaned_data)
