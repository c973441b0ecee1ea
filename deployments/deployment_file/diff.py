"""Says in plain words what a Deployment file would change."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from deployments.deployment_file.checks import executor_of
from deployments.deployment_file.schema import (
    COLUMNS,
    CONFIGURATION,
    EMAILS,
    FLAGS,
    QUEUE_NUMBERS,
    QUEUES,
    VARIABLES,
    Queue,
    Variable,
)
from deployments.deployment_file.validation import DeploymentFile
from deployments.models import Deployment, Executor, NodePool
from deployments.models.queue import DEFAULT_QUEUE
from deployments.queues.fields import QueueInput, default_input
from deployments.queues.service import list_queues, node_pools
from deployments.units import in_airflow_units
from deployments.variables.service import VariableView, list_variables
from deployments.variables.values import clean_value

SECRET: Final = "Secret"
NEW_VALUE: Final = "New value"

_TITLES: Final[Mapping[str, str]] = {
    VARIABLES: "Environment variables",
    CONFIGURATION: "Configuration",
    QUEUES: "Worker queues",
    EMAILS: "Alert emails",
}
_WORDS: Final[Mapping[str, str]] = {
    "name": "Name",
    "description": "Description",
    "executor": "Executor",
    "scheduler_au": "Scheduler resources",
    "scheduler_count": "Scheduler count",
    "dag_deploy_enabled": "DAG deploys",
    "ci_cd_enforcement": "CI/CD Enforcement",
    "is_high_availability": "High Availability",
}


class How(StrEnum):
    """The kinds of change."""

    ADDED = "added"
    CHANGED = "changed"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that would be different; a secret's value is neither in `before` nor in `after`."""

    section: str
    what: str
    how: How
    before: str = ""
    after: str = ""

    @property
    def title(self) -> str:
        return _TITLES[self.section]

    @property
    def is_name(self) -> bool:
        return self.section in {VARIABLES, QUEUES}

    @property
    def is_destructive(self) -> bool:
        return self.how is How.DELETED


def preview(deployment: Deployment, file: DeploymentFile) -> list[Change]:
    """What applying a file would change, in the order of its sections; that it can be applied is decided elsewhere."""
    return [
        *_variables(list_variables(deployment), file.variables),
        *_configuration(deployment, file),
        *_queues(deployment, file),
        *_emails(deployment.alert_emails, file.alert_emails),
    ]


def warning_about(changes: Iterable[Change]) -> str:
    """What a person must know before agreeing to changes that delete something; empty if none does."""
    gone = Counter(change.section for change in changes if change.is_destructive)
    words = {VARIABLES: "environment variable", QUEUES: "worker queue", EMAILS: "alert email"}
    parts = [f"{number} {words[section]}{'' if number == 1 else 's'}" for section, number in gone.items()]
    if not parts:
        return ""
    warning = f"This deletes {' and '.join([', '.join(parts[:-1]), parts[-1]] if parts[1:] else parts)}."
    if gone[VARIABLES]:
        warning += " Values of deleted variables cannot be brought back."
    if gone[QUEUES]:
        warning += " Tasks sent to a deleted worker queue stay queued for ever."
    return warning


def queue_inputs(deployment: Deployment, file: DeploymentFile) -> list[QueueInput] | None:
    """The worker queues once the file is applied, with defaults for its gaps; None if it leaves them alone."""
    if file.queues is None or executor_of(deployment, file) != Executor.CELERY:
        return None
    pools = node_pools(deployment.cluster)
    return [_queue_input(each, pools) for each in file.queues]


def _queue_input(queue: Queue, pools: Mapping[str, NodePool]) -> QueueInput:
    # The CLI leaves numbers out, or sends 0, to leave them to the server.
    numbers = {field: getattr(queue, name) for name, field in QUEUE_NUMBERS.items()}
    worker_type = queue.worker_type or ""
    return QueueInput.complete(pools.get(worker_type), name=queue.name, worker_type=worker_type, **numbers)


def _variables(stored: list[VariableView], given: tuple[Variable, ...] | None) -> Iterator[Change]:
    if given is None:
        return
    before, new = {each.key: each for each in stored}, {each.key: each for each in given}
    for key in sorted(before.keys() | new.keys()):
        if key not in new:
            yield Change(VARIABLES, key, How.DELETED, _shown(before[key]))
        elif key not in before:
            after = SECRET if new[key].is_secret else clean_value(new[key].value)
            yield Change(VARIABLES, key, How.ADDED, "", after)
        else:
            yield from _variable(before[key], new[key])


def _variable(before: VariableView, new: Variable) -> Iterator[Change]:
    value = clean_value(new.value)
    if new.is_secret:
        # Whether a new value equals the stored one is not said: that would tell whether a guess is right.
        after = ", ".join([SECRET] * (not before.is_secret) + [NEW_VALUE] * bool(value))
    else:
        is_kept = not before.is_secret and (value == before.value or (not value and not before.is_readable))
        after = "" if is_kept else (value or "Empty")
    if after:
        yield Change(VARIABLES, before.key, How.CHANGED, _shown(before), after)


def _shown(variable: VariableView) -> str:
    if variable.is_secret:
        return SECRET
    return (variable.value or "Empty") if variable.is_readable else "Unreadable"


def _configuration(deployment: Deployment, file: DeploymentFile) -> Iterator[Change]:
    for name, value in file.configuration.items():
        if name not in COLUMNS:
            continue
        before = getattr(deployment, COLUMNS[name])
        if value != before:
            yield Change(CONFIGURATION, _WORDS[name], How.CHANGED, _said(name, before), _said(name, value))


def _said(name: str, value: Any) -> str:
    if name in FLAGS:
        return "On" if value else "Off"
    if name == "executor":
        return Executor(value).label
    return in_airflow_units(value) if name == "scheduler_au" else (str(value) or "Empty")


def _queues(deployment: Deployment, file: DeploymentFile) -> Iterator[Change]:
    before = {queue.name: QueueInput.of(queue) for queue in list_queues(deployment)}
    after = _queues_after(deployment, file, before)
    for name in sorted(before.keys() | after.keys(), key=lambda name: (name != DEFAULT_QUEUE, name)):
        if name not in after:
            yield Change(QUEUES, name, How.DELETED, str(before[name]))
        elif name not in before:
            yield Change(QUEUES, name, How.ADDED, "", str(after[name]))
        elif before[name] != after[name]:
            yield Change(QUEUES, name, How.CHANGED, str(before[name]), str(after[name]))


def _queues_after(
    deployment: Deployment, file: DeploymentFile, before: dict[str, QueueInput]
) -> dict[str, QueueInput]:
    if executor_of(deployment, file) != Executor.CELERY:
        return {}
    queues = queue_inputs(deployment, file)
    if queues is not None:
        return {each.name: each for each in queues}
    pool = next(iter(node_pools(deployment.cluster).values()), None)
    if deployment.executor != Executor.CELERY and pool and DEFAULT_QUEUE not in before:
        # Switching to Celery makes it.
        return {DEFAULT_QUEUE: default_input(pool)}
    return before


def _emails(before: list[str], given: Iterable[str] | None) -> Iterator[Change]:
    if given is None:
        return
    after = [email.strip() for email in given]
    for email in before:
        if email not in after:
            yield Change(EMAILS, email, How.DELETED)
    for email in after:
        if email not in before:
            yield Change(EMAILS, email, How.ADDED)
    if sorted(before) == sorted(after) and before != after:
        yield Change(EMAILS, "Order of the addresses", How.CHANGED, ", ".join(before), ", ".join(after))
