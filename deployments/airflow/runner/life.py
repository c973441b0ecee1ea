"""One Airflow that runs here: started, looked at, restarted, stopped and removed, until nobody wants it any more."""

import asyncio
import logging
import os
import signal
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from asgiref.sync import sync_to_async
from django.conf import settings

from cloudui.web.supervisor import Supervisor
from deployments.airflow.runner import health, logs, postgresql, processes, programs, rows, sandbox, starting
from deployments.airflow.runner.logs import Log
from deployments.airflow.runner.place import Place
from deployments.airflow.runner.plan import Plan
from deployments.airflow.runner.reconciling import START_SECONDS, Action, Running, decide, status_of
from deployments.airflow.runner.starting import CannotStart, Ready
from deployments.airflow.state import Component, Seen
from deployments.models import Status

LOOK_SECONDS: Final = 5
LOOK_SOON_SECONDS: Final = 1
TRY_AGAIN_SECONDS: Final = 15
MEASURE_SECONDS: Final = 30
LAST_LINES: Final = 4
# Until one is up, the others wait: two that start at once take the memory that each of them saw.
_starting = asyncio.Semaphore(1)

logger = logging.getLogger(__name__)


class Life:
    """Keeps one Airflow at its plan. `update` and `end` are all that others call."""

    def __init__(self, deployment_id: str, release_name: str) -> None:
        self._deployment_id = deployment_id
        self._place = Place(release_name)
        self._plan: Plan | None = None
        self._changed = asyncio.Event()
        self._logs: dict[str, Log] = {}
        self._supervisor = Supervisor(self._say)
        self._running: Running | None = None
        self._ready: Ready | None = None
        self._components: tuple[programs.Component, ...] = ()
        self._version = ""
        self._started_at: datetime | None = None
        self._was_well = False
        self._well_at = 0.0
        self._recorded: object = None
        self._measured_at = 0.0
        self._memory: int | None = None
        self._processor: float | None = None
        self._seconds: dict[int, float] = {}

    def update(self, plan: Plan | None) -> None:
        """Have it be so; None: stop it, and remove what it leaves if its Deployment was deleted."""
        self._plan = plan
        self._changed.set()

    @property
    def is_running(self) -> bool:
        return self._running is not None

    async def live(self) -> None:
        """Run until there is no plan any more, or until cancelled, which stops the processes."""
        try:
            while True:
                self._changed.clear()
                pause = await self._step()
                if pause is None:
                    return
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), pause)
        finally:
            await self._supervisor.stop()
            for log in self._logs.values():
                log.close()

    # Private

    async def _step(self) -> float | None:
        """Do what is next; how long to wait then, None if this was the end."""
        plan = self._plan
        try:
            match decide(self._running, plan):
                case Action.START if plan is not None:
                    await self._start(plan)
                case Action.RESTART if plan is not None:
                    await self._drain()
                    await self._stop()
                    # It may be another plan by now.
                    return 0
                case Action.STOP:
                    await self._stop()
                case Action.WRITE_SECRETS if plan is not None:
                    await self._write_secrets(plan)
            if plan is None:
                await self._remove()
                return None
            return await self._look(plan)
        except CannotStart as error:
            await self._record(Seen(status=Status.UNHEALTHY, reason=str(error)))
            return TRY_AGAIN_SECONDS
        except Exception as error:  # noqa: BLE001 - whatever it is concerns this Airflow alone, and is tried again
            sentence = f"The Airflow of {self._place.path.name} could not be looked after."
            await sync_to_async(rows.close_connections)(error, sentence)
            await self._record_failure(error)
            return TRY_AGAIN_SECONDS

    async def _start(self, plan: Plan) -> None:
        note = self._log(logs.KEEPER).note
        starting.require_possible()
        await self._record(Seen(status=Status.CREATING, reason="It is waiting for others that start."))
        async with _starting:
            starting.require_possible()
            await self._record(
                Seen(status=Status.CREATING, reason=f"Airflow {plan.airflow_version} is starting.")
            )
            environment = await starting.environment_for(plan.airflow_version, note)
            self._ready = await starting.prepare(plan, environment, note)
            self._components = programs.components(plan.airflow_version)
            for component in self._components:
                self._supervisor.add(
                    programs.program(component, self._place, self._ready.state, self._ready.environment)
                )
            note(f"Airflow {plan.airflow_version} started.")
            self._running = Running(plan.digest, dict(plan.secrets), plan.variables_version)
            self._started_at, self._was_well, self._well_at = datetime.now(UTC), False, time.monotonic()
            self._version, self._measured_at, self._seconds = "", 0.0, {}
            while self._plan is plan and time.monotonic() - self._well_at < START_SECONDS:
                await self._look(plan)
                if self._was_well:
                    break
                await asyncio.sleep(LOOK_SOON_SECONDS)

    async def _stop(self) -> None:
        await self._supervisor.stop()
        self._running, self._started_at, self._memory, self._processor = None, None, None, None
        self._log(logs.KEEPER).note("Stopped.")

    async def _drain(self) -> None:
        """Let running tasks finish before a restart. Whoever wants the Airflow stopped meanwhile does not wait."""
        process_id = self._supervisor.run("scheduler").process_id
        if process_id is None or not await asyncio.to_thread(programs.has_tasks, process_id):
            return
        self._log(logs.KEEPER).note("Restarting when running tasks have finished.")
        if isinstance(self._recorded, Seen):
            await self._record(
                replace(self._recorded, reason="It restarts when its running tasks have finished.")
            )
        if self._ready and self._ready.drains:
            await self._end_scheduler(process_id)
        else:
            end = time.monotonic() + settings.AIRFLOW_DRAIN_SECONDS
            # No event tells when a task has ended.
            while self._is_to_restart and time.monotonic() < end and programs.has_tasks(process_id):  # noqa: ASYNC110
                await asyncio.sleep(LOOK_SOON_SECONDS)

    async def _end_scheduler(self, process_id: int) -> None:
        """Tell it to end, which starts no task any more and waits for those that run."""
        ending = asyncio.create_task(
            self._supervisor.remove("scheduler", stop_seconds=settings.AIRFLOW_DRAIN_SECONDS)
        )
        while not ending.done():
            await asyncio.wait([ending], timeout=LOOK_SOON_SECONDS)
            if not self._is_to_restart:
                with suppress(ProcessLookupError):
                    os.killpg(process_id, signal.SIGKILL)
        await ending

    @property
    def _is_to_restart(self) -> bool:
        return self._plan is not None and self._plan.is_awake

    async def _write_secrets(self, plan: Plan) -> None:
        if self._ready and self._running:
            user = sandbox.user_of(self._ready.state)
            await asyncio.to_thread(self._place.write_secrets, plan.secrets, user=user)
            self._running = Running(plan.digest, dict(plan.secrets), plan.variables_version)
            self._recorded = None

    async def _remove(self) -> None:
        if await sync_to_async(rows.was_deleted)(self._place.owner):
            if settings.AIRFLOW_DATABASE_URL:
                await asyncio.to_thread(postgresql.drop_database, self._place.path.name)
            await asyncio.to_thread(self._place.remove)

    async def _look(self, plan: Plan) -> float:
        """See how it is, and say so; how long until the next look."""
        if self._running is None or self._ready is None:
            await self._record(Seen(status=Status.HIBERNATING))
            return 60
        said = await asyncio.to_thread(health.ask, self._ready.base_url, plan.airflow_version)
        runs = {component.name: self._supervisor.run(component.name) for component in self._components}
        states = health.states(
            self._components,
            {
                name: health.Process(run.process_id is not None, run.began_at, run.ended)
                for name, run in runs.items()
            },
            said,
        )
        lost = {name for name, run in runs.items() if run.ended and states[name] != "running"}
        status = status_of(
            states,
            was_well=self._was_well,
            since_well=time.monotonic() - self._well_at,
            has_lost=bool(lost),
        )
        if all(state == "running" for state in states.values()):
            self._was_well, self._well_at = True, time.monotonic()
            for run in runs.values():
                run.ended = ""
            if not self._version:
                self._version = await asyncio.to_thread(
                    health.ask_version, self._ready.base_url, plan.airflow_version
                )
        await self._measure({name: run.process_id for name, run in runs.items()})
        await self._record(
            Seen(
                status=status,
                reason=self._reason(status, states, lost, plan.airflow_version),
                components=[
                    Component(name=name, state=state, detail=runs[name].ended if state == "failed" else "")
                    for name, state in states.items()
                ],
                version=self._version,
                memory_bytes=self._memory,
                processor=self._processor,
                started_at=self._started_at,
                variables_version=self._running.variables_version,
            )
        )
        return LOOK_SECONDS if status == Status.HEALTHY else LOOK_SOON_SECONDS

    def _reason(self, status: Status, states: dict[str, str], lost: set[str], version: str) -> str:
        if status != Status.UNHEALTHY:
            return f"Airflow {version} is starting." if status == Status.CREATING else ""
        # One that ended says more than one that waits for it.
        order = ("failed", "starting", "running")
        name = min(states, key=lambda name: (name not in lost, order.index(states[name])))
        what = self._supervisor.run(name).ended if name in lost else "does not answer"
        lines = logs.tail(self._place.path.name, name, lines=LAST_LINES)
        return "\n".join([f"The {name} {what}. It is started again by itself.", *lines])

    async def _measure(self, process_ids: dict[str, int | None]) -> None:
        now = time.monotonic()
        if not self._was_well or now - self._measured_at < MEASURE_SECONDS:
            return
        found = await asyncio.to_thread(_usage, [each for each in process_ids.values() if each])
        seconds = {process_id: taken for process_id, (_, taken) in found.items()}
        if self._seconds:
            more = sum(max(taken - self._seconds.get(each, 0), 0) for each, taken in seconds.items())
            self._processor = round(more / (now - self._measured_at), 3)
        self._memory = sum(size for size, _ in found.values())
        self._measured_at, self._seconds, self._recorded = now, seconds, None

    async def _record(self, seen: Seen) -> None:
        """Write what was seen, unless it is what was written last."""
        if seen != self._recorded:
            await sync_to_async(rows.record)(self._deployment_id, seen)
            self._recorded = seen

    async def _record_failure(self, error: Exception) -> None:
        reason = f"A failure of Cloud UI ({type(error).__name__}); the log of manage.py airflow says more."
        # It may be the database that is away, which is in the log now.
        with suppress(Exception):
            await self._record(Seen(status=Status.UNHEALTHY, reason=reason))

    def _log(self, component: str) -> Log:
        if component not in self._logs:
            self._place.logs.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._logs[component] = Log(self._place, component)
        return self._logs[component]

    def _say(self, component: str, line: str) -> None:
        self._log(component).write(line)


def _usage(process_ids: list[int]) -> dict[int, tuple[int, float]]:
    """Memory in bytes and seconds of the processor of these and all that they started."""
    by_parent = processes.table()
    return {
        process.id: (processes.memory(process.id), process.seconds)
        for process_id in process_ids
        for process in processes.family(process_id, by_parent)
    }
