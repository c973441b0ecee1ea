"""The processes of an Airflow that runs here, as programs for the supervisor."""

import os
import re
import shlex
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from cloudui.web.supervisor import Program
from deployments.airflow.runner import launcher, processes, sandbox
from deployments.airflow.runner.environments import Environment
from deployments.airflow.runner.place import Place, State

STOP_SECONDS: Final = 10
# How the processes of tasks call themselves, and the command that starts one in Airflow 2.
TASK: Final = re.compile(
    r"airflow task (supervisor|runner)|airflow tasks run |airflow worker -- (LocalExecutor: )?[0-9a-f]{8}-"
)
# The processes between the supervisor's and Airflow's own.
WRAPPERS: Final = frozenset({"bwrap", "setpriv"})


@dataclass(frozen=True, slots=True)
class Component:
    """A process of an Airflow; `health` is its name in what Airflow says of its own health."""

    name: str
    arguments: tuple[str, ...]
    health: str = ""
    sees_accounts: bool = False


# In the order in which they start. The first one is asked how the others are.
COMPONENTS: Final = {
    "3": (
        Component("api-server", ("api-server",), sees_accounts=True),
        Component("scheduler", ("scheduler", "--skip-serve-logs"), "scheduler"),
        Component("dag-processor", ("dag-processor",), "dag_processor"),
        Component("triggerer", ("triggerer", "--skip-serve-logs"), "triggerer"),
    ),
    "2": (
        Component("webserver", ("webserver",)),
        Component("scheduler", ("scheduler", "--skip-serve-logs"), "scheduler"),
    ),
}


def components(airflow_version: str) -> tuple[Component, ...]:
    """The processes of this version, in the order in which they start."""
    return COMPONENTS[airflow_version.partition(".")[0]]


def command(
    arguments: tuple[str, ...],
    place: Place,
    state: State,
    environment: Environment,
    *,
    sees_accounts: bool = False,
) -> list[str]:
    """Airflow's own Python with these arguments, its variables given by the launcher, seeing only what is its own."""
    inside = [str(environment.python), *arguments]
    confined = sandbox.confine(inside, place, state, environment, sees_accounts=sees_accounts)
    return [sys.executable, "-IS", str(launcher.__file__), str(place.environment_file), *confined]


def program(component: Component, place: Place, state: State, environment: Environment) -> Program:
    """What the supervisor keeps running; its own environment is next to nothing, the launcher brings the rest."""
    whole = command(
        ("-m", "airflow", *component.arguments),
        place,
        state,
        environment,
        sees_accounts=component.sees_accounts,
    )
    return Program(
        component.name,
        f"exec {shlex.join(whole)}",
        {"PATH": os.defpath},
        str(place.path),
        stop_seconds=STOP_SECONDS,
        tell=tell_to_end,
    )


def tell_to_end(process_id: int) -> None:
    """Tell Airflow's own process to end: the scheduler then lets running tasks finish. Its group would include them."""
    with suppress(ProcessLookupError):
        os.kill(airflow_process(process_id), signal.SIGTERM)


def has_tasks(process_id: int) -> bool:
    """Whether tasks run below the scheduler that is this program."""
    family = processes.family(process_id, processes.table())
    return any(TASK.search(processes.command_line(process.id)) for process in family)


def airflow_process(process_id: int) -> int:
    """Airflow's own process behind those that confine it."""
    by_parent = processes.table()
    names = {process.id: process.name for children in by_parent.values() for process in children}
    while names.get(process_id) in WRAPPERS and (children := by_parent.get(process_id)):
        process_id = children[0].id
    return process_id
