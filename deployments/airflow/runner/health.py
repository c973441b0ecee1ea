"""How an Airflow that runs here says it is."""

import json
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from deployments.airflow.runner.programs import Component

PATHS: Final = {"2": "/health", "3": "/api/v2/monitor/health"}
VERSION_PATHS: Final = {"2": "/api/v1/version", "3": "/api/v2/version"}
SECONDS: Final = 5
# No proxy of the machine stands before it.
_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


@dataclass(frozen=True, slots=True)
class Process:
    """What the supervisor knows of a component: whether it runs, since when, and what became of the one before."""

    is_running: bool
    began_at: datetime | None = None
    ended: str = ""


def ask(base_url: str, airflow_version: str) -> Mapping[str, Any]:
    """What Airflow says; nothing if it does not answer."""
    return _get(base_url + PATHS[airflow_version.partition(".")[0]])


def ask_version(base_url: str, airflow_version: str) -> str:
    """The version that Airflow says it is; empty if it does not."""
    return str(_get(base_url + VERSION_PATHS[airflow_version.partition(".")[0]]).get("version", ""))


def states(
    components: Sequence[Component], processes: Mapping[str, Process], said: Mapping[str, Any]
) -> dict[str, str]:
    """The state of each component: `running`, `starting` or `failed`.

    One is running when Airflow has heard of it since its process began; the first, when it answers.
    """
    return {component.name: _state(component, processes[component.name], said) for component in components}


def _state(component: Component, process: Process, said: Mapping[str, Any]) -> str:
    if not process.is_running:
        return "failed" if process.ended else "starting"
    if not said:
        # The others may be well, and nobody can know.
        return "starting"
    if not component.health:
        return "running" if (said.get("metadatabase") or {}).get("status") == "healthy" else "failed"
    one = said.get(component.health) or {}
    heard = one.get(f"latest_{component.health}_heartbeat")
    if not heard or process.began_at is None or datetime.fromisoformat(heard) < process.began_at:
        return "starting"
    return "running" if one.get("status") == "healthy" else "failed"


def _get(url: str) -> Mapping[str, Any]:
    try:
        with _open(url, timeout=SECONDS) as answer:
            said = json.load(answer)
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}
