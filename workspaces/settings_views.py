"""Workspace Settings: its details, changing them, deleting the Workspace."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from cloudui.web.forms import TypedWordForm
from cloudui.web.htmx import HtmxHttpRequest, form_status, leave, page_or_fragment, posted
from workspaces import changing
from workspaces.access import workspace_to_manage, workspace_to_view
from workspaces.forms import EditForm
from workspaces.models import Role, Workspace


@require_safe
def details(request: HtmxHttpRequest, workspace: str) -> HttpResponse:
    """What the Workspace is, for every member."""
    target = workspace_to_view(request.principal, workspace)
    return page_or_fragment(
        request, "workspaces/details.html", _context(target), fragment="workspace-details"
    )


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HtmxHttpRequest, workspace: str) -> HttpResponse:
    """Edit Details of the Workspace."""
    target = workspace_to_manage(request.principal, workspace)
    form = EditForm.of(target, posted(request))
    context, status = {**_context(target), "form": form}, form_status(form)
    if form.is_valid():
        try:
            changing.update_workspace(request.principal, target, **form.cleaned_data)
        except changing.WorkspaceChanged as stale:
            form.accept_version(stale.current)
            context["current"], status = stale.current, HTTPStatus.CONFLICT
        except ValidationError as error:
            form.add_error(None, error)
            status = form_status(form)
        else:
            # The page below the dialog shows the Workspace's name in its bar.
            to = reverse("workspaces:details", kwargs={"workspace": target.pk})
            return leave(request, message="The Workspace was updated.", to=to)
    return page_or_fragment(request, "workspaces/edit.html", context, fragment="dialog", status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HtmxHttpRequest, workspace: str) -> HttpResponse:
    """Delete Workspace, confirmed by typing `delete`; refused while it has Deployments."""
    target = workspace_to_manage(request.principal, workspace)
    form = TypedWordForm(posted(request), word="delete")
    context, status = {**_context(target), "form": form}, form_status(form)
    if form.is_valid():
        try:
            changing.delete_workspace(request.principal, target)
        except changing.WorkspaceNotEmpty as error:
            context["refusal"], status = str(error), HTTPStatus.CONFLICT
        else:
            message = f"Workspace {target.name} was deleted."
            return leave(request, message=message, to=reverse("workspaces:index"))
    return page_or_fragment(request, "workspaces/delete.html", context, fragment="dialog", status=status)


def _context(workspace: Workspace) -> dict[str, Any]:
    may_manage = workspace.caller_role >= Role.ADMIN
    return {
        "workspace": workspace,
        "may_manage": may_manage,
        "has_deployments": may_manage and changing.has_deployments(workspace),
    }
