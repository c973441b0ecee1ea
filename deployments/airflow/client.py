"""What pages ask of an Airflow, with the rights that the person has there and in no more than two seconds.

Whatever Airflow does, `AirflowError` is all that comes out besides answers, with a sentence for the page.
"""

import dataclasses
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any, Final, TypeVar

from django.views.decorators.debug import sensitive_variables

from cloudui.web.encryption import CannotDecrypt
from cloudui.web.keyring import KeyFileError
from cloudui.web.principal import Principal
from deployments.airflow import facts, waiting
from deployments.airflow.accounts import unseal
from deployments.airflow.calls import (
    AirflowError,
    Conversation,
    Entry,
    NotAirflow,
    Unreachable,
    in_path,
)
from deployments.airflow.facts import Dag, Health, Some
from deployments.airflow.roles import airflow_role
from deployments.airflow.tokens import token_for
from deployments.airflow.waiting import TookTooLong, silent, wait_for
from deployments.models import Airflow, AirflowAuth, AirflowRole, Deployment

Result = TypeVar("Result")
Question = Callable[[Conversation], Coroutine[Any, Any, Result]]

# The most that Airflow gives at once unless it is told otherwise.
PAGE: Final = 100
# DAGs on a page, and the runs that a row shows of each.
DAGS: Final = 20
RUNS: Final = 10
# Of a list that is counted: what two seconds are enough for.
MOST_PAGES: Final = 10
# And what has to be read to find the newest tasks of an Airflow that cannot sort them.
FEW_PAGES: Final = 3
RUNS_PATH: Final = "/dags/~/dagRuns"
TASKS_PATH: Final = f"{RUNS_PATH}/~/taskInstances"
# For the pages after the first; those that come later are not counted.
MORE_SECONDS: Final = 1.0

SLOW: Final = "Airflow does not answer within 2 seconds."


class NoAirflow(AirflowError):
    """There is none to be asked now: none is connected, it hibernates, or it is being made."""


class Client:
    """The Airflow of one Deployment, asked by one role."""

    def __init__(self, airflow: Airflow, entry: Entry) -> None:
        self._airflow = airflow
        self._entry = entry

    def health(self) -> Health:
        """How its processes are; everybody is told."""

        async def ask(airflow: Conversation) -> Health:
            return facts.health_of(await airflow.get("/monitor/health" if airflow.is_v2 else "/health"))

        return self._ask(ask)

    def dags(self, search: str = "", offset: int = 0) -> Some:
        """A page of its DAGs by name, each with its last runs."""

        async def ask(airflow: Conversation) -> Some:
            params: dict[str, Any] = {"limit": DAGS, "offset": offset, "order_by": "dag_id"}
            if search:
                params["dag_id_pattern"] = search if airflow.is_v2 else f"%{search}%"
            found = facts.some_of(await airflow.get("/dags", params), "dags", facts.dag_of)
            if not found.rows:
                return found
            runs = await _last_runs(airflow, [dag.dag_id for dag in found.rows])
            rows = [dataclasses.replace(dag, runs=runs[dag.dag_id]) for dag in found.rows]
            return Some(rows, found.total)

        return self._ask(ask)

    def dag(self, dag_id: str) -> Dag:
        """One DAG, without its runs. Raises NotFound."""

        async def ask(airflow: Conversation) -> Dag:
            return facts.dag_of(await airflow.get(f"/dags/{in_path(dag_id)}"))

        return self._ask(ask)

    def set_paused(self, dag_id: str, *, is_paused: bool) -> None:
        """Have it no longer start by itself, or start again."""

        async def ask(airflow: Conversation) -> None:
            await airflow.send("PATCH", f"/dags/{in_path(dag_id)}", {"is_paused": is_paused})

        self._ask(ask)

    def trigger(self, dag_id: str) -> facts.Run:
        """Start a run of it now."""

        async def ask(airflow: Conversation) -> facts.Run:
            body: dict[str, Any] = {"logical_date": None} if airflow.is_v2 else {"conf": {}}
            return facts.run_of(await airflow.send("POST", f"/dags/{in_path(dag_id)}/dagRuns", body))

        return self._ask(ask)

    def work(self, since: datetime) -> tuple[Some, Some, int]:
        """The runs and the tasks that started since then, newest first, and how many DAGs there are."""

        async def ask(airflow: Conversation) -> tuple[Some, Some, int]:
            # Airflow 2 checks the password each time, which takes longer than the rest.
            most = PAGE * (MOST_PAGES if airflow.is_v2 else FEW_PAGES)
            started = {"start_date_gte": since.isoformat(), "order_by": "-start_date"}
            runs, tasks, dags = await airflow.gather(
                _pages(
                    airflow,
                    RUNS_PATH,
                    started,
                    "dag_runs",
                    facts.run_of,
                    most=most,
                ),
                _tasks(airflow, since, most=most),
                airflow.get("/dags", {"limit": 1}),
            )
            return runs, tasks, facts.some_of(dags, "dags", facts.dag_of).total

        return self._ask(ask)

    def tasks(self, since: datetime, offset: int, limit: int) -> Some:
        """The tasks that started since then, newest first."""

        async def ask(airflow: Conversation) -> Some:
            found = await _tasks(airflow, since, most=min(offset + limit, PAGE * MOST_PAGES))
            return Some(found.rows[offset : offset + limit], found.total)

        return self._ask(ask)

    def import_problems(self) -> Some:
        """The files that it cannot import, the newest first."""

        async def ask(airflow: Conversation) -> Some:
            params = {"limit": PAGE, "order_by": "-timestamp"}
            return facts.some_of(
                await airflow.get("/importErrors", params), "import_errors", facts.import_problem_of
            )

        return self._ask(ask)

    def task_log(self, task: facts.Task) -> Any:
        """What Airflow answers about the log of a task: its `content` is a text, or a list of what was said."""

        async def ask(airflow: Conversation) -> Any:
            place = "/".join(
                [
                    f"/dags/{in_path(task.dag_id)}",
                    f"dagRuns/{in_path(task.run_id)}",
                    f"taskInstances/{in_path(task.task_id)}",
                    f"logs/{task.try_number}",
                ]
            )
            answer = await airflow.get(place, {"full_content": "true", "map_index": task.map_index})
            return answer.get("content", "")

        return self._ask(ask)

    def _ask(self, question: Question[Result]) -> Result:
        return converse(self._airflow.base_url, self._airflow.version, self._entry, question)


def converse(base_url: str, version: str, entry: Entry, question: Question[Result]) -> Result:
    """What comes of a conversation; `question` is a function of it that is awaited.

    Raises:
        AirflowError: whatever became of it.
    """
    if silent.includes(base_url):
        raise Unreachable(SLOW)

    async def begin() -> Result:
        async with Conversation(base_url, version, entry) as airflow:
            return await question(airflow)

    try:
        answer = wait_for(begin(), seconds=waiting.PAGE_SECONDS)
    except TookTooLong:
        silent.add(base_url)
        raise Unreachable(SLOW) from None
    except (AttributeError, KeyError, TypeError, ValueError):
        # JSON of another shape than Airflow's.
        raise NotAirflow("What answers at its address is no Airflow that is known here.") from None
    silent.remove(base_url)
    return answer


def client_for(principal: Principal, deployment: Deployment) -> Client:
    """The Airflow of a Deployment that came from `deployments.access`, with the caller's role in it.

    Raises:
        NoAirflow: there is none to be asked now.
        AirflowError: it has no account for this role, or the account cannot be read.
    """
    airflow = Airflow.of(deployment)
    if airflow is None:
        raise NoAirflow("This Deployment has no Airflow.")
    if not airflow.is_awake:
        raise NoAirflow("This Deployment hibernates.")
    if not airflow.base_url:
        raise NoAirflow("Airflow is being started.")
    role = airflow_role(principal, deployment)
    if airflow.auth == AirflowAuth.AUTH_MANAGER:
        return Client(airflow, Entry(token=token_for(principal, deployment, role)))
    return Client(airflow, entry_of(airflow, role))


@sensitive_variables()
def entry_of(airflow: Airflow, role: AirflowRole) -> Entry:
    """By the service account of a role, never another's. Raises AirflowError if there is none."""
    try:
        account = unseal(airflow).get(role)
    except (CannotDecrypt, KeyFileError):
        raise AirflowError(
            "The service accounts of this Airflow cannot be read. An operator enters them again in the admin site."
        ) from None
    if account is None:
        raise AirflowError(
            f"This Airflow has no service account for the role {role.label}. An operator adds it in the admin site."
        )
    return Entry(account)


def least_entry(airflow: Airflow) -> Entry | None:
    """The account that may least, for what Airflow does not tell everybody; None if there is none that can be read."""
    if airflow.auth != AirflowAuth.ACCOUNTS:
        return None
    for role in AirflowRole:
        try:
            return entry_of(airflow, role)
        except AirflowError:
            continue
    return None


# Private


async def _last_runs(airflow: Conversation, dag_ids: list[str]) -> dict[str, list[facts.Run] | None]:
    """The last runs of each DAG, the oldest first; None where they are not among the last hundred of all these."""
    body = {"dag_ids": dag_ids, "order_by": "-start_date", "page_limit": PAGE}
    found = facts.some_of(await airflow.send("POST", RUNS_PATH + "/list", body), "dag_runs", facts.run_of)
    last: dict[str, list[facts.Run] | None] = {name: None if found.is_cut else [] for name in dag_ids}
    for run in reversed(found.rows):
        last[run.dag_id] = [*(last.get(run.dag_id) or []), run][-RUNS:]
    return last


async def _tasks(airflow: Conversation, since: datetime, *, most: int) -> Some:
    """The newest so many tasks that started since then, at least if Airflow is of version 3.

    Airflow 2 cannot sort them: there they are the newest of some.
    """
    params: dict[str, Any] = {"start_date_gte": since.isoformat()}
    if airflow.is_v2:
        params["order_by"] = "-start_date"
    else:
        most = max(most, PAGE * FEW_PAGES)
    found = await _pages(airflow, TASKS_PATH, params, "task_instances", facts.task_of, most=most)
    rows = sorted(found.rows, key=lambda task: task.started_at or since, reverse=True)
    return Some(rows, found.total)


async def _pages(
    airflow: Conversation, path: str, params: dict[str, Any], name: str, read: Any, *, most: int
) -> Some:
    """The first of a list, of which Airflow gives a hundred at a time."""
    first = facts.some_of(await airflow.get(path, {**params, "limit": PAGE}), name, read)
    offsets = range(PAGE, min(first.total, most), PAGE)
    answers = await airflow.gather_in_time(
        *(airflow.get(path, {**params, "limit": PAGE, "offset": offset}) for offset in offsets),
        seconds=MORE_SECONDS,
    )
    rest = [row for answer in answers for row in facts.some_of(answer, name, read).rows]
    return Some([*first.rows, *rest], first.total)
