"""Workspaces: make, change and delete them (`astro workspace create, update, delete`)."""

from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings
from django.http import HttpResponse

from apikeys.astro.graphql.rows import workspaces_of
from apikeys.astro.refusals import require_person
from apikeys.astro.v1alpha1 import BOTH, core_route, form_errors, read_body, require_organization
from cloudui.web.api import ApiError, ApiRequest, answer, rfc3339
from workspaces.access import require_workspace_creator, workspace_to_manage
from workspaces.forms import CreateForm
from workspaces.models import Workspace
from workspaces.service import WorkspaceNotEmpty, create_workspace, delete_workspace, update_workspace

CI_CD: Final = "apiKeyOnlyDeploymentsDefault"


@core_route(kinds=BOTH, methods=["GET", "HEAD", "POST"])
def workspaces(request: ApiRequest, organization: str) -> HttpResponse:
    """The caller's Workspaces, all on one page; with POST, a new one."""
    require_organization(organization)
    if request.method == "POST":
        return _create(request)
    found = workspaces_of(request.principal)
    total = len(found)
    return answer(
        {"workspaces": [_shown(row) for row in found], "totalCount": total, "limit": total, "offset": 0}
    )


@core_route(kinds=BOTH, methods=["POST", "DELETE"])
def workspace(request: ApiRequest, organization: str, workspace: str) -> HttpResponse:
    """Change or delete a Workspace, for its Admins."""
    require_organization(organization)
    require_person(request.principal, to="change or delete a Workspace")
    target = workspace_to_manage(request.principal, workspace)
    if request.method == "DELETE":
        try:
            delete_workspace(request.principal, target)
        except WorkspaceNotEmpty as error:
            raise ApiError(409, "invalid_request", str(error)) from error
        return answer({})
    return answer(
        _shown(update_workspace(request.principal, target, version=None, **_given(request, _shown(target))))
    )


def _create(request: ApiRequest) -> HttpResponse:
    require_person(request.principal, to="create a Workspace")
    require_workspace_creator(request.principal)
    blank = {"name": "", "description": "", CI_CD: False}
    return answer(_shown(create_workspace(request.principal, **_given(request, blank))))


def _given(request: ApiRequest, otherwise: Mapping[str, Any]) -> dict[str, Any]:
    """What was sent, its texts as people may type them; what is missing is as it was otherwise."""
    sent = read_body(request, {"name": str, "description": str, CI_CD: bool})
    form = CreateForm({name: sent.get(name, otherwise[name]) for name in ("name", "description")})
    if not form.is_valid():
        raise form_errors(form)
    return {**form.cleaned_data, "ci_cd_enforced_by_default": sent.get(CI_CD, otherwise[CI_CD])}


def _shown(row: Workspace) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "description": row.description,
        CI_CD: row.ci_cd_enforced_by_default,
        "organizationId": settings.ORGANIZATION_ID,
        "createdAt": rfc3339(row.created_at),
        "updatedAt": rfc3339(row.updated_at),
    }
