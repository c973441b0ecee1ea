"""What has to be done so that an Airflow is what it should be, and what to say of one that is seen: decisions only."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from deployments.airflow.runner.plan import Plan
from deployments.airflow.runner.processes import MIB
from deployments.models import Status

# How long a start may take before it counts as failed, and how long an Airflow that was well may be silent.
START_SECONDS: Final = 180
SILENT_SECONDS: Final = 20


class Action(Enum):
    """What to do next."""

    NOTHING = auto()
    START = auto()
    RESTART = auto()
    STOP = auto()
    WRITE_SECRETS = auto()


@dataclass(frozen=True, slots=True)
class Running:
    """What the processes that run were started with."""

    digest: str
    secrets: Mapping[str, str]
    variables_version: int


def decide(running: Running | None, plan: Plan | None) -> Action:
    """The next step from what runs to what should."""
    if plan is None or not plan.is_awake:
        return Action.STOP if running else Action.NOTHING
    if running is None:
        return Action.START
    if running.digest != plan.digest:
        return Action.RESTART
    if running.secrets != plan.secrets or running.variables_version != plan.variables_version:
        return Action.WRITE_SECRETS
    return Action.NOTHING


def status_of(
    states: Mapping[str, str], *, was_well: bool, since_well: float, has_lost: bool = False
) -> Status:
    """What an Airflow is whose components are so; `since_well`: seconds since it was well, or since its start.

    `has_lost`: a process ended since then, and is not back.
    """
    if all(state == "running" for state in states.values()):
        return Status.HEALTHY
    if has_lost or "failed" in states.values():
        return Status.UNHEALTHY
    if was_well:
        # One answer that is late says nothing.
        return Status.HEALTHY if since_well < SILENT_SECONDS else Status.UNHEALTHY
    return Status.CREATING if since_well < START_SECONDS else Status.UNHEALTHY


def no_room(available: int | None, needed_mib: int) -> str:
    """Why another Airflow cannot start, with what to do; empty if it can."""
    if available is None or available >= needed_mib * MIB:
        return ""
    return (
        f"This machine has {available // MIB:,} MiB of memory left, and an Airflow needs {needed_mib:,} MiB. "
        "Hibernate another Deployment, or ask an operator for more memory (AIRFLOW_MEMORY_MIB)."
    )
