"""What a Deployment file says (contracts/astro-cli.md 2.2), and which fields it has."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from deployments.document.problems import Place, Problem, quoted
from deployments.models import Executor
from deployments.models.deployment import DESCRIPTION_LENGTH, NAME_LENGTH, SCHEDULER_AU, SCHEDULER_REPLICAS
from deployments.queues import fields

# The key around everything in the files that the CLI writes and reads; a file may do without it.
WRAPPER: Final = "deployment"

VARIABLES: Final = "environment_variables"
CONFIGURATION: Final = "configuration"
QUEUES: Final = "worker_queues"
EMAILS: Final = "alert_emails"
METADATA: Final = "metadata"
SECTIONS: Final = (VARIABLES, CONFIGURATION, QUEUES, METADATA, EMAILS)

# Texts of the configuration with their greatest length; those without one must equal what is there.
TEXTS: Final[Mapping[str, int | None]] = {
    "name": NAME_LENGTH,
    "description": DESCRIPTION_LENGTH,
    "runtime_version": None,
    "cluster_name": None,
    "workspace_name": None,
}
FLAGS: Final = ("dag_deploy_enabled", "ci_cd_enforcement", "is_high_availability")
# 0 keeps what is there: the CLI sends it for a number that its file does not name.
NUMBERS: Final[Mapping[str, tuple[int, int]]] = {
    "scheduler_au": SCHEDULER_AU,
    "scheduler_count": SCHEDULER_REPLICAS,
}
CONFIGURATION_FIELDS: Final = (*TEXTS, *FLAGS, *NUMBERS, "executor")

# Each field of the configuration that can be changed, as the Deployment's own field.
COLUMNS: Final[Mapping[str, str]] = {
    "name": "name",
    "description": "description",
    "executor": "executor",
    "scheduler_au": "scheduler_au",
    "scheduler_count": "scheduler_replicas",
    "dag_deploy_enabled": "dag_deploys_enabled",
    "ci_cd_enforcement": "ci_cd_enforced",
    "is_high_availability": "is_highly_available",
}

VARIABLE_FIELDS: Final = ("is_secret", "key", "updated_at", "value")
# The last three are the CLI's for the Kubernetes executor and for what it knows by itself; they change nothing.
QUEUE_FIELDS: Final = (
    "name",
    "worker_type",
    *(number.client_name for number in fields.NUMBERS.values()),
    "id",
    "is_default",
    "pod_cpu",
    "pod_ram",
)
QUEUE_NUMBERS: Final[Mapping[str, str]] = {
    number.client_name: field for field, number in fields.NUMBERS.items()
}
EXECUTORS: Final = tuple(Executor.values)


@dataclass(frozen=True, slots=True)
class VariableGiven:
    """A variable of the file, `number` of the list from 0; an empty value keeps a stored secret."""

    key: str
    value: str = field(repr=False)
    is_secret: bool
    number: int


@dataclass(frozen=True, slots=True)
class QueueGiven:
    """A worker queue of the file; None for a number that the file leaves to us."""

    name: str
    worker_type: str
    min_workers: int | None
    max_workers: int | None
    concurrency: int | None


@dataclass(frozen=True, slots=True)
class Document:
    """What a Deployment file says. A section that it does not have is None, and then stays as it is.

    Attributes:
        configuration: the fields that are given, by their names in the file.
        variables: all environment variables from now on.
        queues: all worker queues from now on.
        alert_emails: all alert e-mails from now on.
        deployment_id: of `metadata`; empty where there is none.
        form: `yaml` or `json`.
        places: where each field begins, by its path (`worker_queues[0].name`).
        lines: the lines that may be quoted; an empty one where a secret may stand.
    """

    configuration: Mapping[str, Any] = field(default_factory=dict)
    variables: tuple[VariableGiven, ...] | None = None
    queues: tuple[QueueGiven, ...] | None = None
    alert_emails: tuple[str, ...] | None = None
    deployment_id: str = ""
    form: str = "yaml"
    places: Mapping[str, Place] = field(default_factory=dict, repr=False)
    lines: tuple[str, ...] = field(default=(), repr=False)

    def problem(self, path: str, message: str, remedy: str = "") -> Problem:
        """A problem with the field at a path, or with the nearest one around it that the file has."""
        at = path
        while at and at not in self.places:
            at = at[: max(at.rfind("."), at.rfind("["), 0)]
        place = self.places.get(at, Place())
        return quoted(Problem(message, remedy, path, place.line, place.column), self.lines)
