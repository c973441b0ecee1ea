"""What was seen of an Airflow, written in one place; nothing is claimed without having been seen."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from deployments import alerts
from deployments.models import Airflow, Deployment, Status
from deployments.models.airflow import REASON_LENGTH


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A process of an Airflow, such as its scheduler."""

    name: str
    # "running", "starting", "stopped" or "failed".
    state: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What somebody saw who looked at an Airflow; `reason` says for a person why it is not healthy; its first line is mailed.

    Memory is in bytes, `processor` in cores. An empty `version` means that it was not told.
    """

    status: Status
    reason: str = ""
    components: list[Component] = field(default_factory=list)
    version: str = ""
    memory_bytes: int | None = None
    processor: float | None = None
    started_at: datetime | None = None
    variables_version: int | None = None


def record_seen(airflow: Airflow, seen: Seen) -> bool:
    """Write what was seen to the Airflow's row and its Deployment's; whether the status is another than before."""
    rows = Airflow.objects.filter(pk=airflow.pk)
    values = {
        "reason": seen.reason[:REASON_LENGTH],
        "components": [
            {"name": component.name, "state": component.state, "detail": component.detail}
            for component in seen.components
        ],
        "memory_bytes": seen.memory_bytes,
        "processor": seen.processor,
        "started_at": seen.started_at,
        "variables_version": seen.variables_version,
        "seen_at": timezone.now(),
    }
    if seen.version:
        values["version"] = seen.version
    with transaction.atomic():
        deployment = Deployment.objects.locked().filter(pk=airflow.pk)
        is_other = bool(deployment.exclude(status=seen.status))
        if not rows.update(**values):
            # Its Deployment was deleted, or it was disconnected meanwhile.
            return False
        if is_other:
            # `updated_at` tells what people did, and stays.
            Deployment.objects.filter(pk=airflow.pk).update(status=seen.status)
            if seen.status == Status.UNHEALTHY:
                # Lines of a log may follow, which are for members of the Workspace.
                alerts.send_unhealthy(Deployment(pk=airflow.pk), reason=seen.reason.partition("\n")[0])
    return is_other
