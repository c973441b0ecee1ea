"""Keeps all Airflows that run here at what they should be; pages and services only write what that is.

It looks with one small query every two seconds. If it is killed, the system ends all that it has started
(cloudui.web.parents, and bubblewrap's `--die-with-parent`), and the next one starts it again.
"""

import asyncio
import fcntl
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from asgiref.sync import sync_to_async

from deployments.airflow.runner import environments, place, rows, sandbox
from deployments.airflow.runner.life import Life
from deployments.airflow.runner.plan import Plan, Stamp
from deployments.airflow.state import Seen
from deployments.models import Status

POLL_SECONDS: Final = 2
STOPPED: Final = "What runs Airflows on this machine (manage.py airflow) is stopped, and this one with it."

logger = logging.getLogger(__name__)


class AlreadyRunning(Exception):
    """Another keeper of the same data directory is at work."""

    def __str__(self) -> str:
        return "The Airflows of this data directory are kept by another process (manage.py airflow) already."


class Keeper:
    """The Airflows of this machine, by the identifier of their Deployment."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._stamps: dict[str, Stamp] = {}
        self._lives: dict[str, Life] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop; then end all Airflows, and say of each that nobody looks at it any more."""
        with _alone():
            self._introduce()
            await self._remove_deleted()
            try:
                while not stop.is_set():
                    await self._look()
                    with suppress(TimeoutError):
                        await asyncio.wait_for(stop.wait(), POLL_SECONDS)
            finally:
                for task in self._tasks.values():
                    task.cancel()
                await asyncio.gather(*self._tasks.values(), return_exceptions=True)
            for deployment_id, life in self._lives.items():
                if life.is_running:
                    await _record_stopped(deployment_id)

    def _introduce(self) -> None:
        isolation = sandbox.isolation()
        if isolation.warning:
            self._say(isolation.warning)
        # The web server may be in a container that can do less than this one.
        place.write_refusal("" if isolation.is_enough else isolation.warning)
        missing = [version for version in environments.versions() if environments.find(version) is None]
        if missing:
            self._say(
                f"Airflow {' and '.join(missing)} can run here and is not installed. Get it with: make airflow"
            )

    async def _look(self) -> None:
        try:
            found = {each.deployment_id: each.stamp for each in await sync_to_async(rows.read)()}
            for deployment_id, stamp in found.items():
                if self._stamps.get(deployment_id) != stamp:
                    plan = await sync_to_async(rows.plan_of)(deployment_id)
                    if plan is not None:
                        self._update(plan)
                        self._stamps[deployment_id] = stamp
        except Exception as error:  # noqa: BLE001 - the database may be away; what runs goes on, and it is asked again
            await sync_to_async(rows.close_connections)(
                error, "The Airflows of this machine could not be read."
            )
            return
        for deployment_id in self._stamps.keys() - found.keys():
            del self._stamps[deployment_id]
            self._lives[deployment_id].update(None)
        for deployment_id in [each for each, task in self._tasks.items() if task.done()]:
            del self._tasks[deployment_id], self._lives[deployment_id]
            # If it is wanted again, it has a new life.
            self._stamps.pop(deployment_id, None)

    def _update(self, plan: Plan) -> None:
        life = self._lives.get(plan.deployment_id)
        if life is None:
            life = self._lives[plan.deployment_id] = Life(plan.deployment_id, plan.release_name)
            self._tasks[plan.deployment_id] = asyncio.create_task(life.live(), name=plan.release_name)
        life.update(plan)

    async def _remove_deleted(self) -> None:
        """Remove the folders of Deployments that were deleted while nobody looked."""
        for each in place.places():
            if await sync_to_async(rows.was_deleted)(each.owner):
                life = Life(each.owner, each.path.name)
                life.update(None)
                await life.live()


async def _record_stopped(deployment_id: str) -> None:
    seen = Seen(status=Status.NOT_CONNECTED, reason=STOPPED)
    try:
        await sync_to_async(rows.record)(deployment_id, seen)
    except Exception as error:  # noqa: BLE001 - it is stopped all the same
        await sync_to_async(rows.close_connections)(
            error, "It could not be written that an Airflow was stopped."
        )


@contextmanager
def _alone() -> Iterator[None]:
    place.root().mkdir(parents=True, exist_ok=True, mode=0o700)
    with (place.root() / ".keeper.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning from None
        yield
