"""What an Airflow that runs here should be: one value, made from a Deployment and all that belongs to it."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Self

from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.views.decorators.debug import sensitive_variables

from cloudui.web.encryption import CannotDecrypt
from cloudui.web.keyring import KeyFileError
from deployments.models import Airflow, Deployment, Ground
from deployments.models.queue import WorkerQueue
from deployments.models.variable import EnvironmentVariable
from deployments.variables.service import read_value

# Airflow looks these up while it runs, so a change needs no restart.
LOOKED_UP: Final = ("AIRFLOW_VAR_", "AIRFLOW_CONN_")
# Where there is no queue, and the most: a machine has no more to give, whatever the queues say.
TASKS: Final = 4
MOST_TASKS: Final = 4 * (os.cpu_count() or 1)

Stamp = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What should run. `environment` and `secrets` are the Deployment's variables, the latter those looked up.

    `tasks` is how many tasks may run at once. `restart_requested_at`: what is older than that starts again.
    """

    deployment_id: str
    release_name: str
    airflow_version: str
    is_awake: bool
    restart_requested_at: datetime | None = None
    tasks: int = TASKS
    variables_version: int = 1
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def digest(self) -> str:
        """Changes with whatever needs a restart."""
        parts = [
            self.airflow_version,
            self.tasks,
            str(self.restart_requested_at),
            sorted(self.environment.items()),
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    @classmethod
    @sensitive_variables()
    def of(cls, airflow: Airflow) -> Self:
        """The plan of a row of `to_run`. A variable that cannot be read is left out: nobody knows its value."""
        deployment = airflow.deployment
        values = {}
        for row in EnvironmentVariable.objects.of(deployment):
            try:
                values[row.key] = read_value(row)
            except (CannotDecrypt, KeyFileError):
                continue
        secrets = {key: value for key, value in values.items() if key.startswith(LOOKED_UP)}
        return cls(
            deployment_id=deployment.pk,
            release_name=deployment.release_name,
            airflow_version=deployment.runtime.airflow_version,
            is_awake=airflow.is_awake,
            restart_requested_at=airflow.restart_requested_at,
            tasks=tasks_of(deployment),
            variables_version=deployment.variables_version,
            environment={key: value for key, value in values.items() if key not in secrets},
            secrets=secrets,
        )


def tasks_of(deployment: Deployment) -> int:
    """How many tasks may run at once: what all workers of all queues would, as far as one machine goes."""
    total = WorkerQueue.objects.filter(deployment=deployment).aggregate(
        total=Sum(F("max_workers") * F("concurrency"))
    )["total"]
    return min(total or TASKS, MOST_TASKS)


def to_run() -> QuerySet[Airflow]:
    """The Airflows that are to run here, each with what tells in one query whether its plan is another: `stamp`."""
    queues = WorkerQueue.objects.filter(deployment=OuterRef("pk")).order_by().values("deployment")
    return (
        Airflow.objects.filter(ground=Ground.LOCAL)
        .select_related("deployment__runtime")
        .annotate(
            all_tasks=Subquery(queues.annotate(all=Sum(F("max_workers") * F("concurrency"))).values("all"))
        )
    )


def stamp(airflow: Airflow) -> Stamp:
    """Another one means that the plan has to be made anew."""
    deployment = airflow.deployment
    return (
        airflow.is_awake,
        airflow.restart_requested_at,
        deployment.runtime.airflow_version,
        deployment.configuration_version,
        deployment.variables_version,
        getattr(airflow, "all_tasks", None),
    )
