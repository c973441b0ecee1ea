"""The tabs Analytics, DAGs and Logs, and what can be done to the Airflow behind a Deployment."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import replace_url

from cloudui.web.htmx import HtmxHttpRequest, form_status, page_or_fragment, posted, wants_fragment
from cloudui.web.principal import Principal
from deployments.access import deployment_to_edit, deployment_to_view
from deployments.airflow import service
from deployments.airflow.asking import ask
from deployments.airflow.forms import (
    MOST_NAME,
    DagListForm,
    LogForm,
    PauseForm,
    PeriodForm,
    TaskForm,
    TriggerForm,
)
from deployments.airflow.log_pages import log_context
from deployments.airflow.logs import of_task
from deployments.airflow.statistics import analytics as count_work
from deployments.airflow.statistics import beginning
from deployments.frame import deployment_context, finish
from deployments.models import Airflow, Deployment

Act = Callable[[Principal, Deployment], Airflow]


@require_safe
def analytics(request: HtmxHttpRequest, workspace: str, deployment: str) -> HttpResponse:
    """What ran and what failed, for every member of the Workspace."""
    target = deployment_to_view(request.principal, workspace, deployment)
    form = PeriodForm(request.GET)
    since = beginning(form.hours)
    answered = ask(request.principal, target, lambda airflow: airflow.work(since))
    context = {**deployment_context(target, tab="analytics"), "answered": answered, "form": form}
    if answered.value:
        context["analytics"] = count_work(*answered.value, since=since, hours=form.hours)
    return page_or_fragment(request, "deployments/airflow/analytics.html", context, fragment="analytics")


@require_safe
def dags(request: HtmxHttpRequest, workspace: str, deployment: str) -> HttpResponse:
    """The DAGs with their last runs, for every member of the Workspace."""
    target = deployment_to_view(request.principal, workspace, deployment)
    form = DagListForm(request.GET)
    answered = ask(request.principal, target, lambda airflow: airflow.dags(form.search, form.offset))
    context = {**deployment_context(target, tab="dags"), "answered": answered, "form": form}
    if answered.value:
        context["page"] = form.page_of(answered.value)
    response = page_or_fragment(request, "deployments/airflow/dags.html", context, fragment="dag-list")
    return replace_url(response, request.path + form.query()) if wants_fragment(request) else response


@require_POST
def pause(request: HtmxHttpRequest, workspace: str, deployment: str) -> HttpResponse:
    """Pause a DAG, or have it start by itself again."""
    target = deployment_to_edit(request.principal, workspace, deployment)
    form = PauseForm(request.POST)
    message = form.do(request.principal, target)
    return finish(request, target, message, page="dags")


@require_http_methods(["GET", "HEAD", "POST"])
def trigger(request: HtmxHttpRequest, workspace: str, deployment: str) -> HttpResponse:
    """Start a run of a DAG, after a confirmation."""
    target = deployment_to_edit(request.principal, workspace, deployment)
    form = TriggerForm(posted(request), initial={"dag": request.GET.get("dag", "")[:MOST_NAME]})
    if form.is_valid() and form.do(request.principal, target):
        return finish(request, target, f"{form.cleaned_data['dag']} was triggered.", page="dags")
    context = {**deployment_context(target, tab="dags"), "form": form}
    return page_or_fragment(
        request, "deployments/airflow/trigger.html", context, fragment="dialog", status=form_status(form)
    )


@require_safe
def import_problems(request: HtmxHttpRequest, workspace: str, deployment: str) -> HttpResponse:
    """The files that Airflow cannot import: a part of the Deploys tab, and a page for who opens its URL."""
    target = deployment_to_view(request.principal, workspace, deployment)
    answered = ask(request.principal, target, lambda airflow: airflow.import_problems())
    context = {**deployment_context(target, tab="deploys"), "answered": answered}
    return page_or_fragment(
        request, "deployments/airflow/import_problems.html", context, fragment="import-problems"
    )


@require_safe
def logs(request: HtmxHttpRequest, workspace: str, deployment: str) -> HttpResponse:
    """What its processes printed, or the tasks whose logs can be read, for every member of the Workspace."""
    target = deployment_to_view(request.principal, workspace, deployment)
    context = {
        **deployment_context(target, tab="logs"),
        **log_context(request.principal, target, LogForm(request.GET)),
    }
    return page_or_fragment(request, "deployments/airflow/logs.html", context, fragment="log")


@require_safe
def task_log(request: HtmxHttpRequest, workspace: str, deployment: str) -> HttpResponse:
    """The log of one task, as Airflow tells it."""
    target = deployment_to_view(request.principal, workspace, deployment)
    form = TaskForm(request.GET)
    task = form.named()
    if task is None:
        raise Http404
    answered = ask(request.principal, target, lambda airflow: of_task(airflow.task_log(task)))
    context = {**deployment_context(target, tab="logs"), "answered": answered, "form": form, "task": task}
    if answered.value is not None:
        context["page"] = form.read(answered.value)
    return page_or_fragment(request, "deployments/airflow/task_log.html", context, fragment="log")


@require_http_methods(["GET", "HEAD", "POST"])
def hibernate(request: HtmxHttpRequest, workspace: str, deployment: str) -> HttpResponse:
    """Hibernate, after a confirmation."""
    target = deployment_to_edit(request.principal, workspace, deployment)
    return _confirmed(request, target, service.hibernate, "hibernate", f"{target.name} goes to sleep.")


@require_http_methods(["GET", "HEAD", "POST"])
def wake_up(request: HtmxHttpRequest, workspace: str, deployment: str) -> HttpResponse:
    """Wake up, after a confirmation."""
    target = deployment_to_edit(request.principal, workspace, deployment)
    return _confirmed(request, target, service.wake_up, "wake_up", f"{target.name} wakes up.")


@require_http_methods(["GET", "HEAD", "POST"])
def restart(request: HtmxHttpRequest, workspace: str, deployment: str) -> HttpResponse:
    """Restart, after a confirmation; where somebody else runs it, note that they did."""
    target = deployment_to_edit(request.principal, workspace, deployment)
    airflow = Airflow.of(target)
    is_ours = airflow is None or airflow.is_run_by_us
    message = "Airflow restarts." if is_ours else "The restart was noted."
    return _confirmed(request, target, service.restart, "restart", message)


def _confirmed(
    request: HtmxHttpRequest, target: Deployment, act: Act, name: str, message: str
) -> HttpResponse:
    form = forms.Form(posted(request))
    if form.is_valid():
        try:
            act(request.principal, target)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return finish(request, target, message, page="open")
    context: dict[str, Any] = {**deployment_context(target), "form": form}
    return page_or_fragment(
        request, f"deployments/airflow/{name}.html", context, fragment="dialog", status=form_status(form)
    )
