"""The Deployments of a Workspace: the list, making one, opening one, its activity, deleting it."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import replace_url, trigger_client_event

from cloudui.web.forms import TypedWordForm
from cloudui.web.htmx import HtmxHttpRequest, form_status, page_or_fragment, posted, wants_fragment
from deployments import service
from deployments.access import deployment_to_delete, deployment_to_view
from deployments.activity import list_activity
from deployments.forms import CreateForm
from deployments.frame import deployment_context, finish_elsewhere
from deployments.listing import list_deployments
from deployments.models import Airflow
from workspaces.access import workspace_to_add_deployment, workspace_to_view
from workspaces.models import Role


@require_safe
def index(request: HtmxHttpRequest, workspace: str) -> HttpResponse:
    """The list, as cards or as a table, for every member of the Workspace."""
    target = workspace_to_view(request.principal, workspace)
    listing = list_deployments(target, request.GET)
    context = {"workspace": target, "listing": listing, "may_edit": target.caller_role >= Role.EDITOR}
    response = page_or_fragment(request, "deployments/index.html", context, fragment="deployment-list")
    # The URL follows the search, so that a reload or a copied link shows the same.
    return replace_url(response, request.path + listing.this_page) if wants_fragment(request) else response


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HtmxHttpRequest, workspace: str) -> HttpResponse:
    """New Deployment: a page, since there is much to choose."""
    target = workspace_to_add_deployment(request.principal, workspace)
    form = CreateForm(posted(request))
    if form.is_valid():
        try:
            made = service.create_deployment(request.principal, target, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, f"Deployment {made.name} was created.")
            return redirect("deployments:open", workspace=workspace, deployment=made.pk)
    context = {"workspace": target, "form": form}
    return TemplateResponse(request, "deployments/create.html", context, status=form_status(form))


@require_safe
def open_deployment(request: HtmxHttpRequest, workspace: str, deployment: str) -> HttpResponse:
    """A Deployment opens at what its Airflow does, and at its API keys while it has none."""
    target = deployment_to_view(request.principal, workspace, deployment)
    page = "deployments:analytics" if Airflow.of(target) else "apikeys:index"
    return redirect(page, workspace=workspace, deployment=target.pk)


@require_safe
def facts(request: HtmxHttpRequest, workspace: str, deployment: str) -> HttpResponse:
    """What stands above the tabs of every page of the Deployment; a status that changed is told to the page below."""
    target = deployment_to_view(request.principal, workspace, deployment)
    response = page_or_fragment(
        request, "deployments/facts.html", deployment_context(target), fragment="facts"
    )
    if request.GET.get("status", target.status) != target.status:
        return trigger_client_event(response, "airflow:changed", {})
    return response


@require_safe
def activity(request: HtmxHttpRequest, workspace: str, deployment: str) -> HttpResponse:
    """What happened to the Deployment; the IP addresses that people came from are for those who may change it."""
    target = deployment_to_view(request.principal, workspace, deployment)
    context = {
        **deployment_context(target, tab="activity"),
        "activity": list_activity(target, request.GET),
    }
    return page_or_fragment(request, "deployments/activity.html", context, fragment="activity-list")


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HtmxHttpRequest, workspace: str, deployment: str) -> HttpResponse:
    """Delete Deployment, confirmed by typing `Delete`."""
    target = deployment_to_delete(request.principal, workspace, deployment)
    form = TypedWordForm(posted(request), word="Delete")
    if form.is_valid():
        service.delete_deployment(request.principal, target)
        to = reverse("deployments:index", kwargs={"workspace": target.workspace_id})
        return finish_elsewhere(request, target, f"Deployment {target.name} was deleted.", to=to)
    context = {**deployment_context(target), "form": form}
    return page_or_fragment(
        request, "deployments/delete.html", context, fragment="dialog", status=form_status(form)
    )
