"""Telling of DAG runs that failed: once a minute, all Airflows at once, none for longer than two seconds.

Nothing is remembered but when the last mail was sent. A run is looked for after its end for less time than passes between
two mails, so there is no second one about it. One that failed soon after a mail may still have the next.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.db.models import Exists, OuterRef
from django.utils import timezone

from cloudui.web.principal import system_principal
from deployments import alerts
from deployments.airflow import facts
from deployments.airflow.calls import AirflowError, Conversation, Entry, in_path
from deployments.airflow.client import least_entry
from deployments.airflow.tokens import token_for
from deployments.airflow.waiting import PAGE_SECONDS, silent, wait_for
from deployments.models import Airflow, AirflowAuth, AirflowRole, Alert, AlertKind

# The clocks of Airflow and of this machine may differ by the rest.
WINDOW: Final = alerts.PAUSE - timedelta(minutes=2)
# Airflows that are asked at once, and that are read at once.
AT_ONCE: Final = 64
BATCH: Final = 500
# Of the runs that failed, and of the tasks of the one that a mail is about.
MOST: Final = 20


@dataclass(frozen=True, slots=True)
class _Failed:
    """The last run that failed, the names of its tasks that did, and how many other runs failed as well."""

    run: facts.Run
    tasks: list[str]
    others: int


def tell_of_failed_runs() -> None:
    """Mail to the alert e-mails of each Deployment of which a DAG run failed, where a mail is due."""
    after = ""
    while some := list(_due().filter(pk__gt=after).select_related("deployment").order_by("pk")[:BATCH]):
        _tell(some)
        after = some[-1].pk


# Private


def _due() -> Any:
    told = Alert.objects.filter(
        deployment=OuterRef("pk"), kind=AlertKind.RUN_FAILED, sent_at__gt=timezone.now() - alerts.PAUSE
    )
    awake = Airflow.objects.filter(is_awake=True).exclude(base_url="")
    return awake.exclude(deployment__alert_emails=[]).exclude(Exists(told))


def _tell(airflows: Sequence[Airflow]) -> None:
    # One that did not answer a moment ago is told of as unhealthy, and an Airflow tells strangers of no run.
    asked = [
        (airflow, entry)
        for airflow in airflows
        if not silent.includes(airflow.base_url) and (entry := _entry(airflow)) is not None
    ]

    async def look() -> list[_Failed | None]:
        turns = asyncio.Semaphore(AT_ONCE)
        return list(await asyncio.gather(*(_look_at(airflow, entry, turns) for airflow, entry in asked)))

    if not asked:
        return
    rounds = -(-len(asked) // AT_ONCE)
    looks = wait_for(look(), seconds=rounds * (PAGE_SECONDS + 1))
    for (airflow, _), failed in zip(asked, looks, strict=True):
        if failed is not None:
            alerts.send_run_failed(
                airflow.deployment,
                dag=failed.run.dag_id,
                run=failed.run.run_id,
                tasks=failed.tasks,
                others=failed.others,
            )


def _entry(airflow: Airflow) -> Entry | None:
    if airflow.auth != AirflowAuth.AUTH_MANAGER:
        return least_entry(airflow)
    try:
        return Entry(
            token=token_for(system_principal("alert emails"), airflow.deployment, AirflowRole.VIEWER)
        )
    except AirflowError:
        return None


async def _look_at(airflow: Airflow, entry: Entry, turns: asyncio.Semaphore) -> _Failed | None:
    async with turns:
        try:
            async with (
                asyncio.timeout(PAGE_SECONDS),
                Conversation(airflow.base_url, airflow.version, entry) as conversation,
            ):
                return await _ask(conversation)
        except (TimeoutError, AirflowError, AttributeError, KeyError, TypeError, ValueError):
            # Whoever looks at its health says so (deployments.airflow.health); the next minute is another attempt.
            return None


async def _ask(airflow: Conversation) -> _Failed | None:
    params = {
        "state": facts.FAILED,
        "end_date_gte": (timezone.now() - WINDOW).isoformat(),
        "order_by": "-end_date",
        "limit": MOST,
    }
    runs = facts.some_of(await airflow.get("/dags/~/dagRuns", params), "dag_runs", facts.run_of)
    if not runs.rows:
        return None
    run: facts.Run = runs.rows[0]
    path = f"/dags/{in_path(run.dag_id)}/dagRuns/{in_path(run.run_id)}/taskInstances"
    answer = await airflow.get(path, {"state": facts.FAILED, "limit": MOST})
    tasks = facts.some_of(answer, "task_instances", facts.task_of)
    # A mapped task is there once for each of its parts.
    return _Failed(run, list(dict.fromkeys(task.task_id for task in tasks.rows)), runs.total - 1)
