"""The Overview, a Workspace (make, open, edit, delete), and a person's color mode."""

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from cloudui.web import attention, redirects
from cloudui.web.forms import TypedWordForm
from cloudui.web.htmx import (
    HtmxHttpRequest,
    done,
    form_status,
    leave,
    page_or_fragment,
    posted,
    wants_fragment,
)
from cloudui.web.listing import ListForm
from cloudui.web.versions import StaleEdit
from workspaces import access, listing, service
from workspaces.context import SWITCHER_LENGTH
from workspaces.forms import ColorModeForm, CreateForm, EditForm
from workspaces.models import Role, Workspace


@require_safe
def index(request: HtmxHttpRequest) -> HttpResponse:
    """The Overview: what needs attention, and the caller's Workspaces with the health of their Deployments."""
    context = {
        "listing": listing.list_workspaces(request.principal, request.GET),
        "may_create": access.may_create_workspaces(request.principal),
        # A fragment is the list alone.
        "needs": None if wants_fragment(request) else attention.needs_of(request.principal),
    }
    return page_or_fragment(request, "workspaces/index.html", context, fragment="workspace-list")


@require_safe
def find(request: HtmxHttpRequest) -> HttpResponse:
    """What the switcher offers for a search; without scripts the Overview is the list."""
    search = ListForm(request.GET).value("q")
    if not wants_fragment(request):
        return redirect(f"{reverse('workspaces:index')}?{urlencode({'q': search})}")
    found = listing.find_workspaces(request.principal, search).alphabetical().values_list("pk", "name")
    entries = tuple(found[: SWITCHER_LENGTH + 1])
    context = {
        "entries": entries[:SWITCHER_LENGTH],
        "has_more": len(entries) > SWITCHER_LENGTH,
        "search": search,
    }
    return TemplateResponse(request, "shell/switcher_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HtmxHttpRequest) -> HttpResponse:
    """The form for a new Workspace, in a dialog or as a page."""
    access.require_workspace_creator(request.principal)
    form = CreateForm(posted(request))
    if form.is_valid():
        try:
            workspace = service.create_workspace(request.principal, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            message = f"Workspace {workspace.name} was created."
            to = reverse("workspaces:open", args=[workspace.pk])
            return done(request, message=message, to=to, events={"workspaces:changed": {}})
    return page_or_fragment(
        request, "workspaces/create.html", {"form": form}, fragment="dialog", status=form_status(form)
    )


@require_safe
def open_workspace(request: HtmxHttpRequest, workspace: str) -> HttpResponse:
    """A Workspace has no page of its own: it opens at its Deployments."""
    target = access.workspace_to_view(request.principal, workspace)
    return redirect("deployments:index", workspace=target.pk)


@require_POST
def color_mode(request: HttpRequest) -> HttpResponse:
    """Keep the caller's color mode, then show the page that was open."""
    form = ColorModeForm(request.POST, instance=request.user)
    if form.is_valid():
        # Nothing else of the row this request read: the person may have been signed out everywhere since.
        form.save(commit=False).save(update_fields=["color_mode"])
    if wants_fragment(request):
        return HttpResponseClientRefresh()
    return HttpResponseRedirect(
        redirects.path_or(request.POST.get("next"), otherwise=reverse("workspaces:index"))
    )


@require_safe
def details(request: HtmxHttpRequest, workspace: str) -> HttpResponse:
    """What the Workspace is, for every member."""
    target = access.workspace_to_view(request.principal, workspace)
    return page_or_fragment(
        request, "workspaces/details.html", _context(target), fragment="workspace-details"
    )


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HtmxHttpRequest, workspace: str) -> HttpResponse:
    """Edit Details of the Workspace."""
    target = access.workspace_to_manage(request.principal, workspace)
    form = EditForm.of(target, posted(request))
    context, status = {**_context(target), "form": form}, form_status(form)
    if form.is_valid():
        try:
            service.update_workspace(request.principal, target, **form.cleaned_data)
        except StaleEdit as stale:
            form.accept(stale)
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
    target = access.workspace_to_manage(request.principal, workspace)
    form = TypedWordForm(posted(request), word="delete")
    context, status = {**_context(target), "form": form}, form_status(form)
    if form.is_valid():
        try:
            service.delete_workspace(request.principal, target)
        except service.WorkspaceNotEmpty as error:
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
        "has_deployments": may_manage and service.has_deployments(workspace),
    }
