"""The deploys of a Deployment: the history, uploading DAGs, going back to an earlier version."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from cloudui.web.disk import NoSpace
from cloudui.web.htmx import HtmxHttpRequest, form_status, page_or_fragment, posted
from cloudui.web.uploads import takes_files, was_too_large
from deployments.access import deployment_to_deploy, deployment_to_view
from deployments.deploys import service
from deployments.deploys.forms import DeployForm, RollBackForm
from deployments.deploys.history import history, upload_commands, why_not_roll_back
from deployments.deploys.listing import deploy_to_view
from deployments.deploys.quota import EXCEEDED, require_space
from deployments.deploys.store.refusal import LIMITS
from deployments.frame import deployment_context, finish

IN_PROGRESS = "in_progress"
NO_SPACE = "no_space"
# By the code of the error that stands above the form.
STATUSES = {
    IN_PROGRESS: HTTPStatus.CONFLICT,
    EXCEEDED: HTTPStatus.CONFLICT,
    NO_SPACE: HTTPStatus.INSUFFICIENT_STORAGE,
}


@require_safe
def index(request: HtmxHttpRequest, workspace: str, deployment: str) -> HttpResponse:
    """The history, for every member of the Workspace."""
    target = deployment_to_view(request.principal, workspace, deployment)
    context = {
        **deployment_context(target, tab="deploys"),
        "history": history(request.principal, target, request.GET),
        "commands": upload_commands(target),
    }
    return page_or_fragment(request, "deployments/deploys/index.html", context, fragment="deploy-list")


def _admit(request: HtmxHttpRequest, workspace: str, deployment: str) -> None:
    deployment_to_deploy(request.principal, workspace, deployment)


@takes_files(most_bytes=LIMITS.sent, admit=_admit, require_space=require_space)
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HtmxHttpRequest, workspace: str, deployment: str) -> HttpResponse:
    """Deploy DAGs from a file. The answer comes when Airflow reads them."""
    target = deployment_to_deploy(request.principal, workspace, deployment)
    data = posted(request)
    files = None if data is None else request.FILES
    form = DeployForm(data, files, was_too_large=was_too_large(request))
    if form.is_valid() and _succeeds(
        form, lambda data: service.receive(request.principal, target, data.pop("archive"), **data)
    ):
        return finish(request, target, "The DAGs were deployed.", page="deploys")
    context = {**deployment_context(target, tab="deploys"), "form": form}
    return page_or_fragment(
        request, "deployments/deploys/create.html", context, fragment="dialog", status=_status(form)
    )


@require_http_methods(["GET", "HEAD", "POST"])
def roll_back(request: HtmxHttpRequest, workspace: str, deployment: str, deploy: str) -> HttpResponse:
    """Roll back to an earlier deploy, after a confirmation."""
    target = deployment_to_deploy(request.principal, workspace, deployment)
    to = deploy_to_view(target, deploy)
    form = RollBackForm(posted(request))
    if form.is_valid() and _succeeds(
        form, lambda data: service.roll_back(request.principal, target, to, **data)
    ):
        return finish(request, target, "The earlier DAGs are current again.", page="deploys")
    context = {**deployment_context(target, tab="deploys"), "form": form, "deploy": to}
    context["impossible"] = why_not_roll_back(target, to)
    return page_or_fragment(
        request, "deployments/deploys/roll_back.html", context, fragment="dialog", status=_status(form)
    )


def _succeeds(form: RollBackForm, act: Callable[[dict[str, Any]], object]) -> bool:
    try:
        act(dict(form.cleaned_data))
    except ValidationError as error:
        form.add_error(None, error)
    except service.DeployInProgress as error:
        form.add_error(None, ValidationError(str(error), code=IN_PROGRESS))
    except NoSpace as error:
        form.add_error(None, ValidationError(str(error), code=NO_SPACE))
    except service.NotStored as error:
        form.add_error(None, ValidationError(str(error)))
    return not form.errors


def _status(form: RollBackForm) -> int:
    if form.is_bound:
        for code, status in STATUSES.items():
            if form.has_error(NON_FIELD_ERRORS, code):
                return status
    return form_status(form)
