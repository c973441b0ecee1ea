"""The Overview, making a Workspace, opening one, and a person's colours."""

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from cloudui.web.htmx import (
    HtmxHttpRequest,
    done,
    form_status,
    page_or_fragment,
    posted,
    wants_fragment,
)
from workspaces import access, lifecycle, listing, redirects
from workspaces.forms import ColorModeForm, CreateForm


@require_safe
def index(request: HtmxHttpRequest) -> HttpResponse:
    """The Overview: the caller's Workspaces with the health of their Deployments."""
    context = {
        "listing": listing.list_workspaces(request.principal, request.GET),
        "may_create": access.may_create_workspaces(request.principal),
    }
    return page_or_fragment(request, "workspaces/index.html", context, fragment="workspace-list")


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HtmxHttpRequest) -> HttpResponse:
    """The form for a new Workspace, in a dialog or as a page."""
    access.require_workspace_creator(request.principal)
    form = CreateForm(posted(request))
    if form.is_valid():
        try:
            workspace = lifecycle.create_workspace(request.principal, **form.cleaned_data)
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
    opened = access.workspace_to_view(request.principal, workspace)
    return redirect("deployments:index", workspace=opened.pk)


@require_POST
def color_mode(request: HttpRequest) -> HttpResponse:
    """Keep the caller's colours, then show the page that was open in them."""
    form = ColorModeForm(request.POST, instance=request.user)
    if form.is_valid():
        # Nothing else of the row this request read: the person may have been signed out everywhere since.
        form.save(commit=False).save(update_fields=["color_mode"])
    if wants_fragment(request):
        return HttpResponseClientRefresh()
    return HttpResponseRedirect(
        redirects.path_or(request.POST.get("next"), otherwise=reverse("workspaces:index"))
    )
