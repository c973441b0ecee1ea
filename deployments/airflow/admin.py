"""The operators' page of the Airflow of a Deployment: connect one that exists, after it was tried; disconnect it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from cloudui.web.encryption import CannotDecrypt
from cloudui.web.htmx import form_status, posted
from cloudui.web.keyring import KeyFileError
from deployments.airflow.accounts import unseal
from deployments.airflow.admin_forms import ConnectForm
from deployments.airflow.health import check
from deployments.airflow.service import connect_as_operator, disconnect_as_operator
from deployments.models import Airflow, AirflowRole, Deployment
from workspaces.admin.audited import AuditedAdmin

PAGE = "deployments_deployment_airflow"


class AirflowPages(AuditedAdmin):
    """Adds the page to the admin of Deployments. Unlike Django's own it tries an Airflow outside of any transaction."""

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.airflow_view)
        return [path("<path:object_id>/airflow/", view, name=PAGE), *super().get_urls()]

    @method_decorator(sensitive_post_parameters())
    def airflow_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Connect, connect otherwise or disconnect."""
        deployment: Deployment | None = self.get_object(request, object_id)
        if deployment is None:
            raise Http404
        if not self.has_change_permission(request, deployment):
            raise PermissionDenied
        if "disconnect" in request.POST:
            return self._disconnect(request, deployment)
        airflow = Airflow.objects.filter(pk=deployment.pk).first()
        form = ConnectForm(posted(request), airflow=airflow, usernames=_usernames(airflow))
        if form.is_valid() and self._connects(request, deployment, form):
            return redirect("admin:deployments_deployment_change", deployment.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Airflow of {deployment}",
            "opts": self.opts,
            "deployment": deployment,
            "airflow": airflow,
            "form": form,
        }
        return TemplateResponse(
            request, "admin/deployments/deployment/airflow.html", context, status=form_status(form)
        )

    # Private

    def _connects(self, request: HttpRequest, deployment: Deployment, form: ConnectForm) -> bool:
        connection = form.tried(deployment)
        if connection is None:
            return False
        try:
            airflow = connect_as_operator(request.principal, deployment, connection)  # type: ignore[attr-defined] # workspaces.middleware sets it
        except ValidationError as error:
            form.add_error(None, error)
            return False
        check([airflow])
        self.message_user(request, f"{deployment} is connected to Airflow {connection.version}.")
        return True

    def _disconnect(self, request: HttpRequest, deployment: Deployment) -> HttpResponse:
        try:
            disconnect_as_operator(request.principal, deployment)  # type: ignore[attr-defined] # the same
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
        else:
            self.message_user(request, f"{deployment} has no Airflow any more.")
        return redirect("admin:deployments_deployment_change", deployment.pk)


@sensitive_variables()
def _usernames(airflow: Airflow | None) -> dict[AirflowRole, str]:
    """Of the accounts that are stored; of those that cannot be read, none."""
    try:
        return {role: account.username for role, account in unseal(airflow).items()} if airflow else {}
    except (CannotDecrypt, KeyFileError):
        return {}
