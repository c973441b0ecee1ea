"""The Details tab: what a Deployment is, changing it, its alert e-mails, moving it to another Workspace."""

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import trigger_client_event

from cloudui.web.htmx import HtmxHttpRequest, form_status, leave, page_or_fragment, posted, wants_fragment
from cloudui.web.listing import ListForm
from cloudui.web.versions import StaleEdit
from deployments.access import deployment_to_edit, deployment_to_transfer, deployment_to_view
from deployments.details import alert_emails, service
from deployments.details.alert_emails import list_alert_emails
from deployments.details.forms import AlertEmailForm, EditForm, TransferForm
from deployments.details.history import changed_since
from deployments.details.transfer import targets, transfer_deployment
from deployments.frame import deployment_context, finish_elsewhere, url_of
from deployments.models import Deployment
from deployments.units import in_airflow_units
from workspaces.access import workspace_to_receive


@require_safe
def details(request: HtmxHttpRequest, workspace: str, deployment: str) -> HttpResponse:
    """All facts about the Deployment, for every member of the Workspace."""
    target = deployment_to_view(request.principal, workspace, deployment)
    context = {
        **details_context(target),
        "scheduler": in_airflow_units(target.scheduler_au),
        "alert_emails": list_alert_emails(target),
    }
    return page_or_fragment(request, "deployments/details/index.html", context, fragment="alert-emails")


@require_safe
def configuration_moved(request: HtmxHttpRequest, workspace: str, deployment: str) -> HttpResponseBase:
    """The tab was once named Configuration, and links to it are kept."""
    target = deployment_to_view(request.principal, workspace, deployment)
    return redirect("deployments:details", workspace=workspace, deployment=target.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HtmxHttpRequest, workspace: str, deployment: str) -> HttpResponse:
    """Edit Details. What deletes worker queues is asked once more, on the same form."""
    target = deployment_to_edit(request.principal, workspace, deployment)
    form = EditForm.of(target, posted(request), queues=service.queue_names(target))
    if form.is_valid():
        return _update(request, target, form)
    return _form(request, target, form, status=form_status(form))


def details_context(deployment: Deployment) -> dict[str, Any]:
    """The context of a page under the Details tab."""
    return deployment_context(deployment, tab="details")


def _update(request: HtmxHttpRequest, target: Deployment, form: EditForm) -> HttpResponse:
    try:
        service.update_deployment(
            request.principal,
            target,
            version=form.cleaned_data["version"],
            may_delete_queues=form.agreed_queues,
            **form.changes,
        )
    except StaleEdit as stale:
        return _conflict(request, stale.current, form)
    except service.QueuesWouldBeDeleted as at_stake:
        form.ask_about(at_stake.names)
        return _form(request, target, form, status=422, queues_at_stake=at_stake.names)
    except ValidationError as error:
        form.add_error(None, error)
        return _form(request, target, form, status=422)
    # The page below the dialog shows its name, its tabs and much else that may have changed.
    return leave(request, message="The Deployment was updated.", to=url_of("details", target))


def _form(
    request: HtmxHttpRequest, target: Deployment, form: EditForm, *, status: int, **more: Any
) -> HttpResponse:
    context = {**details_context(target), "form": form, **more}
    return page_or_fragment(
        request, "deployments/details/edit.html", context, fragment="dialog", status=status
    )


def _conflict(request: HtmxHttpRequest, current: Deployment, form: EditForm) -> HttpResponse:
    meanwhile = changed_since(current, form.cleaned_data["version"])
    rows = [
        {
            "label": form.fields[change.field].label or change.field.capitalize(),
            "before": form.words(change.field, change.before),
            "after": form.words(change.field, change.after),
            "change": change,
        }
        for change in meanwhile
    ]
    return _form(
        request,
        current,
        form.merged(current, meanwhile),
        status=HTTPStatus.CONFLICT,
        is_conflict=True,
        meanwhile=rows,
    )


ALERTS_CHANGED = "alerts:changed"


@require_http_methods(["GET", "HEAD", "POST"])
def edit_alert_emails(request: HtmxHttpRequest, workspace: str, deployment: str) -> HttpResponse:
    """Edit Emails: the list, and a field to add one more."""
    target = deployment_to_edit(request.principal, workspace, deployment)
    form = AlertEmailForm(posted(request))
    if form.is_valid():
        email = form.cleaned_data["email"]
        try:
            changed = alert_emails.add_alert_email(request.principal, target, email)
        except ValidationError as error:
            form.add_error("email", error.messages[0])
        else:
            return _alert_emails_changed(request, changed, f"{email} was added.")
    return _alert_emails(request, target, form, status=form_status(form))


@require_http_methods(["GET", "HEAD", "POST"])
def delete_alert_email(
    request: HtmxHttpRequest, workspace: str, deployment: str, address: str
) -> HttpResponse:
    """Delete Alert Email, confirmed by a button: it is easily added again."""
    target = deployment_to_edit(request.principal, workspace, deployment)
    alert = alert_emails.find_alert_email(target, address)
    if request.method == "POST":
        changed = alert_emails.delete_alert_email(request.principal, target, alert.email)
        return _alert_emails_changed(request, changed, f"{alert.email} was deleted.")
    context = {**details_context(target), "alert": alert}
    return page_or_fragment(request, "deployments/details/alert_delete.html", context, fragment="dialog")


def _alert_emails(
    request: HtmxHttpRequest, target: Deployment, form: AlertEmailForm, *, status: int, message: str = ""
) -> HttpResponse:
    context = {
        **details_context(target),
        "form": form,
        "alert_emails": list_alert_emails(target),
        "message": message,
        "sends_mail": settings.OUTBOX_IN_BACKGROUND,
    }
    return page_or_fragment(
        request, "deployments/details/alert_emails.html", context, fragment="dialog", status=status
    )


def _alert_emails_changed(request: HtmxHttpRequest, target: Deployment, message: str) -> HttpResponse:
    """The dialog stays for the next e-mail address, and the page below it is told."""
    if wants_fragment(request):
        response = _alert_emails(request, target, AlertEmailForm(), status=HTTPStatus.OK, message=message)
        return trigger_client_event(response, ALERTS_CHANGED, {})
    messages.success(request, message)
    return redirect("deployments:alert_emails", workspace=target.workspace_id, deployment=target.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def transfer(request: HtmxHttpRequest, workspace: str, deployment: str) -> HttpResponse:
    """Choose another Workspace and move the Deployment there."""
    target = deployment_to_transfer(request.principal, workspace, deployment)
    search = ListForm(request.GET).value("q")
    offered = targets(request.principal, target, search=search, chosen=request.POST.get("workspace", ""))
    form = TransferForm(posted(request), targets=offered)
    status: int | None = None
    if form.is_valid():
        # What is not offered may be sent all the same, and is answered as if it stood in the URL.
        receiving = workspace_to_receive(request.principal, form.cleaned_data["workspace"])
        try:
            moved = transfer_deployment(request.principal, target, receiving)
        except ValidationError as error:
            form.add_error(None, error)
            status = HTTPStatus.BAD_REQUEST if form.has_error("workspace", "same") else None
        else:
            message = f"Deployment {moved.name} was moved to {moved.workspace.name}."
            return finish_elsewhere(request, target, message, to=url_of("open", moved))
    context = {**deployment_context(target), "form": form, "offered": offered, "search": search}
    return page_or_fragment(
        request,
        "deployments/details/transfer.html",
        context,
        fragment="dialog",
        status=status or form_status(form),
    )
