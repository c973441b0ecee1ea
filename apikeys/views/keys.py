"""The list of API keys, and one key: open, edit, delete."""

from http import HTTPStatus

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from apikeys import usage
from apikeys.access import key_to_manage, key_to_view
from apikeys.chart import chart
from apikeys.forms import EditForm
from apikeys.keys import delete_key, update_key
from apikeys.listing import list_keys
from apikeys.views.frame import finish, key_context, list_url, tab_context
from cloudui.web.forms import TypedWordForm
from cloudui.web.htmx import HtmxHttpRequest, form_status, page_or_fragment, posted
from cloudui.web.versions import StaleEdit
from deployments.access import deployment_to_view


@require_safe
def index(request: HtmxHttpRequest, workspace: str, deployment: str) -> HttpResponse:
    """The list with the last use of each key, for every member of the Workspace."""
    target = deployment_to_view(request.principal, workspace, deployment)
    context = {**tab_context(target), "listing": list_keys(target, request.GET)}
    return page_or_fragment(request, "apikeys/index.html", context, fragment="apikey-list")


@require_safe
def open_key(request: HtmxHttpRequest, workspace: str, deployment: str, key: str) -> HttpResponseBase:
    """The deep link to a key: its dialog for who may change it, its row for everybody else."""
    target = key_to_view(request.principal, workspace, deployment, key)
    if tab_context(target.deployment)["may_manage_keys"]:
        return redirect("apikeys:edit", workspace=workspace, deployment=deployment, key=key)
    return redirect(f"{list_url(target.deployment)}?q={target.key_id}")


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HtmxHttpRequest, workspace: str, deployment: str, key: str) -> HttpResponse:
    """Edit API Key: name and description, beside its use day by day and its refusals, which only Admins see."""
    target = key_to_manage(request.principal, workspace, deployment, key)
    form = EditForm.of(target, posted(request))
    context = {**key_context(target), "form": form}
    status: int = form_status(form)
    if form.is_valid():
        try:
            saved = update_key(request.principal, target, **form.cleaned_data)
        except StaleEdit as stale:
            form.accept(stale)
            context["current"], status = stale.current, HTTPStatus.CONFLICT
        else:
            return finish(request, saved, f"API Key {saved.name} was updated.", focus=saved)
    context["uses"] = chart(usage.daily_uses(target))
    context["refusals"] = usage.recent_refusals(target)
    return page_or_fragment(request, "apikeys/edit.html", context, fragment="dialog", status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HtmxHttpRequest, workspace: str, deployment: str, key: str) -> HttpResponse:
    """Delete API Key, confirmed by typing `Delete`."""
    target = key_to_manage(request.principal, workspace, deployment, key)
    form = TypedWordForm(posted(request), word="Delete")
    if form.is_valid():
        delete_key(request.principal, target)
        return finish(request, target, f"API Key {target.name} was deleted.")
    context = {**key_context(target), "form": form}
    return page_or_fragment(
        request, "apikeys/delete.html", context, fragment="dialog", status=form_status(form)
    )
