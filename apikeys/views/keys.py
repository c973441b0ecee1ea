"""The list of API keys, and the pages of one: overview, use, refusals, settings; and deleting it."""

from http import HTTPStatus

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from apikeys import usage
from apikeys.access import key_to_manage, key_to_view
from apikeys.chart import chart
from apikeys.forms import EditForm, PeriodForm
from apikeys.keys import delete_key, update_key
from apikeys.listing import list_keys
from apikeys.sparkline import sparkline
from apikeys.views.frame import finish, key_context, part_context, tab_context
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
def overview(request: HtmxHttpRequest, workspace: str, deployment: str, key: str) -> HttpResponse:
    """The page of a key: what it is and what it needs, for every member of the Workspace."""
    target = key_to_view(request.principal, workspace, deployment, key)
    counts = usage.counts_by_day([target]).get(target.pk, "")
    context = {
        **part_context(target, "open"),
        "uses": sparkline(counts, timezone.now().date()),
    }
    return page_or_fragment(request, "apikeys/overview.html", context, fragment="dialog")


@require_safe
def use(request: HtmxHttpRequest, workspace: str, deployment: str, key: str) -> HttpResponse:
    """Day by day how often it was used, and from where, which only Admins see."""
    target = key_to_manage(request.principal, workspace, deployment, key)
    days = PeriodForm(request.GET).value()
    context = {
        **part_context(target, "use"),
        "days": days,
        "periods": PeriodForm.PERIODS,
        "uses": chart(usage.daily_uses(target, days)),
        "callers": usage.recent_callers(target),
    }
    return page_or_fragment(request, "apikeys/use.html", context, fragment="dialog")


@require_safe
def refusals(request: HtmxHttpRequest, workspace: str, deployment: str, key: str) -> HttpResponse:
    """When, why and from where it was refused, which only Admins see."""
    target = key_to_manage(request.principal, workspace, deployment, key)
    context = {**part_context(target, "refusals"), "refusals": usage.recent_refusals(target)}
    return page_or_fragment(request, "apikeys/refusals.html", context, fragment="dialog")


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HtmxHttpRequest, workspace: str, deployment: str, key: str) -> HttpResponse:
    """Edit API Key: name and description, and below them what stops or ends it."""
    target = key_to_manage(request.principal, workspace, deployment, key)
    form = EditForm.of(target, posted(request))
    context = {**part_context(target, "edit"), "form": form}
    status: int = form_status(form)
    if form.is_valid():
        try:
            saved = update_key(request.principal, target, **form.cleaned_data)
        except StaleEdit as stale:
            form.accept(stale)
            context["current"], status = stale.current, HTTPStatus.CONFLICT
        else:
            return finish(request, saved, f"API Key {saved.name} was updated.", focus=saved)
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
