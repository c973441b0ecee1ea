"""What a change of a Deployment touched, in a few words, from what the audit log keeps of it."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

# More than these are counted only.
MOST: Final = 5

# The fields of `updateDeployment`, as the log names them and as people do.
LABELS: Final[Mapping[str, str]] = {
    "name": "name",
    "description": "description",
    "executor": "executor",
    "schedulerAu": "scheduler resources",
    "schedulerReplicas": "scheduler count",
    "ciCdEnforced": "CI/CD Enforcement",
    "dagDeploysEnabled": "DAG deploys",
    "isHighlyAvailable": "High Availability",
}


def what_was_touched(operation: str, given: Mapping[str, Any]) -> str:
    """The parts that a change touched, such as `GREETING (added), TOKEN (deleted)`; empty where nothing is known.

    Args:
        operation: the operation's name in the audit log.
        given: the event's input.
    """
    parts = list(_PARTS[operation](given)) if operation in _PARTS else []
    rest = len(parts) - MOST
    return ", ".join(parts[:MOST]) + (f" and {rest} more" if rest > 0 else "")


def _of_configuration(given: Mapping[str, Any]) -> Iterator[str]:
    before = given.get("before")
    for field in map(str, before if isinstance(before, Mapping) else ()):
        yield LABELS.get(field, field)
    for queue in given.get("deletedQueues", ()):
        yield f"worker queue {queue} (deleted)"


def _of_variables(given: Mapping[str, Any]) -> Iterator[str]:
    for variable in given.get("variables", ()):
        yield f"{variable['key']} ({variable['change']})"


def _of_alert_emails(given: Mapping[str, Any]) -> Iterator[str]:
    for change in ("added", "deleted"):
        for email in given.get(change, ()):
            yield f"{email} ({change})"


_PARTS: Final = {
    "updateDeployment": _of_configuration,
    "updateDeploymentVariables": _of_variables,
    "updateDeploymentAlerts": _of_alert_emails,
}
