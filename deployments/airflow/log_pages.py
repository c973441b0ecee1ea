"""The Logs tab: the lines of a process that runs here, or the tasks of the last day whose logs Airflow has."""

from datetime import timedelta
from typing import Any, Final

from django.utils import timezone

from cloudui.web.principal import Principal
from deployments.airflow.asking import Answered, Without, ask
from deployments.airflow.facts import Some
from deployments.airflow.forms import LogForm
from deployments.airflow.logs import LABELS, TASKS, components_of, read
from deployments.models import Deployment

PERIOD: Final = timedelta(hours=24)
TASKS_ON_A_PAGE: Final = 25


def log_context(principal: Principal, deployment: Deployment, form: LogForm) -> dict[str, Any]:
    """What the tab shows: `page` of lines, or `tasks`, or why neither is there."""
    names = components_of(deployment)
    if not names:
        nothing: Answered[Some] = Answered(without=Without.AIRFLOW)
        return {"form": form, "answered": nothing}
    component = form.component_of(names)
    context: dict[str, Any] = {
        "form": form,
        "component": component,
        "components": [(name, LABELS[name], name == component) for name in names],
    }
    if component != TASKS:
        return {**context, "page": form.read(read(deployment, component))}
    first = (form.number - 1) * TASKS_ON_A_PAGE
    since = timezone.now() - PERIOD
    answered = ask(principal, deployment, lambda airflow: airflow.tasks(since, first, TASKS_ON_A_PAGE))
    tasks = answered.value
    has_more = tasks is not None and tasks.total > first + len(tasks.rows)
    return {**context, "answered": answered, "tasks": tasks, "has_more": has_more}
