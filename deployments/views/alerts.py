"""The alert e-mails of a Deployment: the list, adding one, deleting one."""

from http import HTTPStatus

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods
from django_htmx.http import trigger_client_event

from cloudui.web.htmx import HtmxHttpRequest, form_status, page_or_fragment, posted, wants_fragment
from deployments import alerts
from deployments.access import deployment_to_edit
from deployments.detail_forms import AlertEmailForm
from deployments.models import Deployment
from deployments.views.details import details_context

CHANGED = "alerts:changed"


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HtmxHttpRequest, workspace: str, deployment: str) -> HttpResponse:
    """Edit Emails: the list, and a field to add one more."""
    target = deployment_to_edit(request.principal, workspace, deployment)
    form = AlertEmailForm(posted(request))
    if form.is_valid():
        email = form.cleaned_data["email"]
        try:
            changed = alerts.add_alert_email(request.principal, target, email)
        except ValidationError as error:
            form.add_error("email", error.messages[0])
        else:
            return _changed(request, changed, f"{email} was added.")
    return _list(request, target, form, status=form_status(form))


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HtmxHttpRequest, workspace: str, deployment: str, address: str) -> HttpResponse:
    """Delete Alert Email, confirmed by a button: it is easily added again."""
    target = deployment_to_edit(request.principal, workspace, deployment)
    alert = alerts.find_alert_email(target, address)
    if request.method == "POST":
        changed = alerts.delete_alert_email(request.principal, target, alert.email)
        return _changed(request, changed, f"{alert.email} was deleted.")
    context = {**details_context(target), "alert": alert}
    return page_or_fragment(request, "deployments/alert_delete.html", context, fragment="dialog")


def _list(
    request: HtmxHttpRequest, target: Deployment, form: AlertEmailForm, *, status: int, said: str = ""
) -> HttpResponse:
    context = {
        **details_context(target),
        "form": form,
        "alert_emails": alerts.list_alert_emails(target),
        "said": said,
    }
    return page_or_fragment(
        request, "deployments/alert_emails.html", context, fragment="dialog", status=status
    )


def _changed(request: HtmxHttpRequest, target: Deployment, said: str) -> HttpResponse:
    """The dialog stays for the next address, and the page below it is told."""
    if wants_fragment(request):
        response = _list(request, target, AlertEmailForm(), status=HTTPStatus.OK, said=said)
        return trigger_client_event(response, CHANGED, {})
    messages.success(request, said)
    return redirect("deployments:alert_emails", workspace=target.workspace_id, deployment=target.pk)
