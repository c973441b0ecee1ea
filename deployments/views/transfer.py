"""Transfer Deployment: to which Workspace it moves."""

from http import HTTPStatus

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from cloudui.web.htmx import HtmxHttpRequest, form_status, page_or_fragment, posted
from deployments.access import deployment_to_transfer
from deployments.pages import deployment_context
from deployments.transfer import targets, transfer_deployment
from deployments.transfer_forms import TransferForm
from deployments.views.pages import finish_elsewhere, url_of
from workspaces.access import workspace_to_receive


@require_http_methods(["GET", "HEAD", "POST"])
def transfer(request: HtmxHttpRequest, workspace: str, deployment: str) -> HttpResponse:
    """Choose another Workspace and move the Deployment there."""
    target = deployment_to_transfer(request.principal, workspace, deployment)
    form = TransferForm(posted(request), workspaces=targets(request.principal, target))
    status: int | None = None
    if form.is_valid():
        # What is not offered may be asked for all the same, and is answered like any address.
        receiving = workspace_to_receive(request.principal, form.cleaned_data["workspace"])
        try:
            moved = transfer_deployment(request.principal, target, receiving)
        except ValidationError as error:
            form.add_error(None, error)
            status = HTTPStatus.BAD_REQUEST if form.has_error("workspace", "same") else None
        else:
            message = f"Deployment {moved.name} was moved to {moved.workspace.name}."
            return finish_elsewhere(request, target, message, to=url_of("open", moved))
    context = {**deployment_context(target), "form": form}
    return page_or_fragment(
        request, "deployments/transfer.html", context, fragment="dialog", status=status or form_status(form)
    )
