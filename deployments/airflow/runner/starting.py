"""Getting an Airflow ready to start: its environment, its folder, its database, its accounts."""

import asyncio
import functools
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from asgiref.sync import sync_to_async
from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from cloudui.web.parents import end_with_parent
from deployments.airflow.runner import airflow_settings, environments, postgresql, programs, rows, sandbox
from deployments.airflow.runner.environments import Environment, NotInstalled
from deployments.airflow.runner.place import Place, State, free_port, is_free
from deployments.airflow.runner.plan import Plan
from deployments.airflow.runner.processes import available_memory
from deployments.airflow.runner.reconciling import no_room
from deployments.deploys.store import bundles
from deployments.deploys.store.bundles import Bundle

PREPARE_SECONDS: Final = 300
# What is said of a step that failed, from what it printed last.
LAST_LINES: Final = 5

Say = Callable[[str], None]


class CannotStart(Exception):
    """Why an Airflow does not start now, with what to do."""


@dataclass(frozen=True, slots=True)
class Ready:
    """What is needed to start the processes."""

    place: Place
    state: State
    environment: Environment
    base_url: str

    @property
    def drains(self) -> bool:
        """Whether its scheduler waits for running tasks when it is told to end; that of Airflow 2 on SQLite does not."""
        return bool(settings.AIRFLOW_DATABASE_URL) or not self.environment.airflow_version.startswith("2.")


async def environment_for(airflow_version: str, say: Say) -> Environment:
    """The environment of this version, which is installed if it is missing. Raises CannotStart."""
    found = await asyncio.to_thread(environments.find, airflow_version)
    if found:
        return found
    if airflow_version in environments.versions() and not settings.AIRFLOW_INSTALL:
        raise CannotStart(
            f"Airflow {airflow_version} is not installed on this machine. Install it: make airflow"
        )
    try:
        return await asyncio.to_thread(environments.install, airflow_version, say)
    except NotInstalled as error:
        raise CannotStart(str(error)) from error


def require_possible() -> None:
    """Raise CannotStart where DAGs would reach the console, or memory is short."""
    isolation = sandbox.isolation()
    if not isolation.is_enough:
        raise CannotStart(isolation.warning)
    if reason := no_room(available_memory(), settings.AIRFLOW_MEMORY_MIB):
        raise CannotStart(reason)


async def prepare(plan: Plan, environment: Environment, say: Say) -> Ready:
    """Make or refresh all that the processes need. Raises CannotStart, with what was printed at last."""
    ready = await asyncio.to_thread(_write_files, plan, environment)
    if ready.state.prepared != plan.airflow_version:
        await _run(("-m", "airflow", "db", "migrate"), ready, say)
        if plan.airflow_version.startswith("2."):
            await _make_accounts(ready, say)
        state = ready.place.keep(ready.state, prepared=plan.airflow_version)
        ready = Ready(ready.place, state, environment, ready.base_url)
    await sync_to_async(rows.write_entry)(plan.deployment_id, ready.base_url, ready.state.accounts)
    return ready


@sensitive_variables()
def _write_files(plan: Plan, environment: Environment) -> Ready:
    place = Place(plan.release_name)
    state = place.make(plan.deployment_id)
    if not is_free(state.port):
        state = place.keep(state, port=free_port())
    with bundles.hold(plan.deployment_id, wait_seconds=5):
        Bundle(plan.release_name).make_place(plan.deployment_id)
    database_url = ""
    if settings.AIRFLOW_DATABASE_URL:
        database_url = postgresql.ensure_database(plan.release_name, state.database_password)
    place.write_environment(
        airflow_settings.render(plan, place, state, environment, database_url=database_url)
    )
    user = sandbox.user_of(state)
    place.write_secrets(plan.secrets, user=user)
    place.write_passwords(state.passwords, user=user)
    if user is not None:
        place.give_to(user)
    return Ready(place, state, environment, f"http://127.0.0.1:{state.port}")


@sensitive_variables("lines")
async def _make_accounts(ready: Ready, say: Say) -> None:
    accounts = ready.state.accounts
    lines = "".join(f"{role.value.title()} {one.username} {one.password}\n" for role, one in accounts.items())
    await _run((str(airflow_settings.PLUGINS / "console_accounts.py"),), ready, say, given=lines)


@sensitive_variables("given")
async def _run(arguments: tuple[str, ...], ready: Ready, say: Say, *, given: str = "") -> None:
    command = programs.command(arguments, ready.place, ready.state, ready.environment)
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={"PATH": os.defpath},
        cwd=ready.place.path,
        start_new_session=True,
        preexec_fn=functools.partial(end_with_parent, signal.SIGKILL, parent=os.getpid()),
    )
    try:
        printed, _ = await asyncio.wait_for(process.communicate(given.encode()), PREPARE_SECONDS)
    except TimeoutError:
        raise CannotStart(f"{' '.join(arguments[-2:])} took too long.") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    lines = printed.decode(errors="replace").splitlines()
    for line in lines:
        say(line)
    if process.returncode:
        raise CannotStart("Its database could not be prepared.\n" + "\n".join(lines[-LAST_LINES:]))
