"""The Details tab: what a Deployment is, and changing it."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from cloudui.web.htmx import HtmxHttpRequest, form_status, leave, page_or_fragment, posted
from deployments import configuration
from deployments.access import deployment_to_edit, deployment_to_view
from deployments.alerts import list_alert_emails
from deployments.configuration_history import changed_since
from deployments.detail_forms import EditForm
from deployments.models import Deployment
from deployments.models.deployment import in_airflow_units
from deployments.pages import deployment_context
from deployments.views.pages import url_of


@require_safe
def details(request: HtmxHttpRequest, workspace: str, deployment: str) -> HttpResponse:
    """All facts about the Deployment, for every member of the Workspace."""
    target = deployment_to_view(request.principal, workspace, deployment)
    context = {
        **details_context(target),
        "scheduler": in_airflow_units(target.scheduler_au),
        "alert_emails": list_alert_emails(target),
    }
    return page_or_fragment(request, "deployments/details.html", context, fragment="alert-emails")


@require_safe
def configuration_moved(request: HtmxHttpRequest, workspace: str, deployment: str) -> HttpResponseBase:
    """The tab was once named Configuration, and links to it are kept (product.md D1)."""
    target = deployment_to_view(request.principal, workspace, deployment)
    return redirect("deployments:details", workspace=workspace, deployment=target.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HtmxHttpRequest, workspace: str, deployment: str) -> HttpResponse:
    """Edit Details. What deletes worker queues is asked once more, on the same form."""
    target = deployment_to_edit(request.principal, workspace, deployment)
    form = EditForm.of(target, posted(request), queues=configuration.queue_names(target))
    if form.is_valid():
        return _update(request, target, form)
    return _form(request, target, form, status=form_status(form))


def details_context(deployment: Deployment) -> dict[str, Any]:
    """The context of a page under the Details tab."""
    return deployment_context(deployment, tab="details")


def _update(request: HtmxHttpRequest, target: Deployment, form: EditForm) -> HttpResponse:
    try:
        configuration.update_deployment(
            request.principal,
            target,
            version=form.cleaned_data["version"],
            may_delete_queues=form.agreed_queues,
            **form.changes,
        )
    except configuration.ConfigurationChanged as stale:
        return _conflict(request, stale.current, form)
    except configuration.QueuesWouldBeDeleted as at_stake:
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
        request, "deployments/details_edit.html", context, fragment="dialog", status=status
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
