"""The worker queues of a Deployment: the list, making one, changing one, deleting one."""

from http import HTTPStatus

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from cloudui.web.forms import TypedWordForm
from cloudui.web.htmx import HtmxHttpRequest, form_status, page_or_fragment, posted
from cloudui.web.versions import StaleEdit
from deployments.access import deployment_to_edit, deployment_to_view
from deployments.frame import deployment_context, finish
from deployments.models import Deployment, Executor, WorkerQueue
from deployments.queues import service
from deployments.queues.forms import CreateForm, EditForm


@require_safe
def index(request: HtmxHttpRequest, workspace: str, deployment: str) -> HttpResponse:
    """The list, for every member; for the Kubernetes executor a page that says why there is none."""
    target = deployment_to_view(request.principal, workspace, deployment)
    context = {**_context(target), "queues": service.list_queues(target)}
    return page_or_fragment(request, "deployments/queues/index.html", context, fragment="queue-list")


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HtmxHttpRequest, workspace: str, deployment: str) -> HttpResponse:
    """New Worker Queue."""
    target = deployment_to_edit(request.principal, workspace, deployment)
    form = CreateForm.for_deployment(target, posted(request))
    if form.is_valid():
        try:
            made = service.create_queue(request.principal, target, form.to_input())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return _finish(
                request, made, f"Worker queue {made.name} was created.", focus=f"queue-{made.name}"
            )
    context = {**_context(target), "form": form}
    return page_or_fragment(
        request, "deployments/queues/create.html", context, fragment="dialog", status=form_status(form)
    )


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HtmxHttpRequest, workspace: str, deployment: str, queue: str) -> HttpResponse:
    """Edit Worker Queue: everything but its name."""
    target = service.queue_to_edit(request.principal, workspace, deployment, queue)
    form = EditForm.of(target, posted(request))
    context = {**_context(target.deployment), "queue": target, "form": form}
    status: int | None = None
    if form.is_valid():
        data, version = form.to_input(name=target.name), form.cleaned_data["version"]
        try:
            saved = service.update_queue(request.principal, target, data, version=version)
        except ValidationError as error:
            form.add_error(None, error)
        except StaleEdit as stale:
            form.accept(stale)
            context["current"], status = stale.current, HTTPStatus.CONFLICT
        else:
            return _finish(
                request, saved, f"Worker queue {saved.name} was updated.", focus=f"queue-{saved.name}"
            )
    return page_or_fragment(
        request,
        "deployments/queues/edit.html",
        context,
        fragment="dialog",
        status=status or form_status(form),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HtmxHttpRequest, workspace: str, deployment: str, queue: str) -> HttpResponse:
    """Delete Worker Queue, confirmed by typing `Delete` and its name."""
    target = service.queue_to_edit(request.principal, workspace, deployment, queue)
    if target.is_default:
        raise PermissionDenied(service.DEFAULT_STAYS)
    form = TypedWordForm(posted(request), word=f"Delete {target.name}")
    if form.is_valid():
        service.delete_queue(request.principal, target)
        return _finish(request, target, f"Worker queue {target.name} was deleted.")
    context = {**_context(target.deployment), "queue": target, "form": form}
    return page_or_fragment(
        request, "deployments/queues/delete.html", context, fragment="dialog", status=form_status(form)
    )


def _context(deployment: Deployment) -> dict[str, object]:
    return {
        **deployment_context(deployment, tab="worker-queues"),
        "is_celery": deployment.executor == Executor.CELERY,
    }


def _finish(request: HtmxHttpRequest, queue: WorkerQueue, message: str, *, focus: str = "") -> HttpResponse:
    return finish(request, queue.deployment, message, page="queues", focus=focus)
