"""What happened to a Deployment, read from the audit log and put into plain words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cloudui.web.ids import KEY_ID_LENGTH
from cloudui.web.paging import paginate
from deployments.models import Deployment
from workspaces.models import AuditEvent

# Each operation as the end of a sentence that begins with who did it. The names of API keys and of the
# operations on them are data in the log, so nothing here needs to know how keys work.
SENTENCES = {
    "createDeployment": "created the Deployment",
    "updateDeployment": "changed the Deployment",
    "updateDeploymentAlerts": "changed the Alert Emails",
    "createWorkerQueue": "created the worker queue",
    "updateWorkerQueue": "changed the worker queue",
    "deleteWorkerQueue": "deleted the worker queue",
    "transferDeployment": "moved the Deployment to this Workspace",
    "updateDeploymentVariables": "changed the environment variables",
    "createDeploy": "deployed DAGs",
    "rollBackDeploy": "rolled DAGs back",
    "connectAirflow": "connected an Airflow",
    "disconnectAirflow": "disconnected the Airflow",
    "hibernateDeployment": "hibernated the Deployment",
    "wakeUpDeployment": "woke the Deployment up",
    "restartDeployment": "restarted Airflow",
    "noteAirflowRestart": "noted that Airflow was restarted",
    "pauseDag": "paused the DAG",
    "unpauseDag": "unpaused the DAG",
    "triggerDag": "triggered the DAG",
    "openAirflow": "opened Airflow",
    "callAirflow": "called Airflow",
    "createDeploymentApiKey": "created the API Key",
    "updateDeploymentApiKey": "changed the API Key",
    "deleteDeploymentApiKey": "deleted the API Key",
    "acknowledgeDeploymentApiKey": "confirmed having saved the secret of the API Key",
    "reissueDeploymentApiKeySecret": "issued a new secret for the API Key",
    "disableDeploymentApiKey": "disabled the API Key",
    "enableDeploymentApiKey": "enabled the API Key",
    "rotateDeploymentApiKeySecret": "rotated the secret of the API Key",
    "endDeploymentApiKeySecret": "ended a secret of the API Key",
    "lookUpLeakedSecret": "looked up a leaked secret of the API Key",
    "reportLeakedSecret": "reported a leaked secret of the API Key",
    "revokeAccessToken": "revoked an access token of the API Key",
    "tokenIssued": "used its secret for the first time",
    "tokenRefused": "was refused",
}
FAILED = {"createDeploy": "tried to deploy DAGs", "rollBackDeploy": "tried to roll DAGs back"}
IMAGES = {"createDeploy": "deployed an image"}
ELSEWHERE = {"transferDeployment": "moved the Deployment to another Workspace"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One event as people read it; `sentence` is empty for an operation that has no words yet.

    One that `is_from_elsewhere`, another Workspace, moved along; its IP address is not for the new one to know.
    """

    event: AuditEvent
    sentence: str
    name: str = ""
    former_name: str = ""
    key_id: str = ""
    reason: str = ""
    touched: str = ""
    is_from_elsewhere: bool = False

    @property
    def failure(self) -> str:
        return "" if self.event.result == "ok" else self.event.result.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Activity:
    """A page of entries and the queries of the pages around it, empty where there is none."""

    entries: list[Entry]
    newer: str
    older: str


def list_activity(deployment: Deployment, params: Any) -> Activity:
    """One page of a Deployment's events, newest first, in one query however many; rights are decided already."""
    page = paginate(
        AuditEvent.objects.of_deployment(deployment.pk),
        by="at",
        is_descending=True,
        before=params.get("before", ""),
        after=params.get("after", ""),
    )
    return Activity(
        entries=[_entry(event, deployment) for event in page.rows],
        newer=page.previous_query,
        older=page.next_query,
    )


def _entry(event: AuditEvent, deployment: Deployment) -> Entry:
    is_from_elsewhere = event.workspace != deployment.workspace_id
    sentence = SENTENCES.get(event.operation, "")
    if is_from_elsewhere:
        sentence = ELSEWHERE.get(event.operation, sentence)
    if "image" in event.input and not event.input.get("files"):
        sentence = IMAGES.get(event.operation, sentence)
    if event.result != "ok":
        sentence = FAILED.get(event.operation, sentence)
    touched = touched_parts(event.operation, event.input)
    if event.target == event.deployment:
        return Entry(event=event, sentence=sentence, touched=touched, is_from_elsewhere=is_from_elsewhere)
    name, former_name = _text(event.input, "name"), _text(event.input.get("before"), "name")
    return Entry(
        event=event,
        sentence=sentence,
        name=name,
        former_name=former_name if former_name != name else "",
        key_id=event.target if len(event.target) == KEY_ID_LENGTH else "",
        # A refused token's reason is its result already.
        reason=_text(event.input, "reason") if event.operation != "tokenRefused" else "",
        touched=touched,
        is_from_elsewhere=is_from_elsewhere,
    )


def _text(data: object, field: str) -> str:
    value = data.get(field) if isinstance(data, Mapping) else None
    return value if isinstance(value, str) else ""


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


def touched_parts(operation: str, data: Mapping[str, Any]) -> str:
    """The parts that an event's input names, such as `GREETING (added), TOKEN (deleted)`; empty if it names none."""
    parts = list(_PARTS[operation](data)) if operation in _PARTS else []
    rest = len(parts) + _left_out(data) - min(len(parts), MOST)
    return ", ".join(parts[:MOST]) + (f" and {rest} more" if rest > 0 else "")


def _left_out(data: Mapping[str, Any]) -> int:
    cut = data.get("cut")
    if not isinstance(cut, Mapping):
        return 0
    return sum(number for place, number in cut.items() if isinstance(data.get(place), list))


def _of_configuration(data: Mapping[str, Any]) -> Iterator[str]:
    before = data.get("before")
    for field in map(str, before if isinstance(before, Mapping) else ()):
        yield LABELS.get(field, field)
    for queue in data.get("deletedQueues", ()):
        yield f"worker queue {queue} (deleted)"


def _of_variables(data: Mapping[str, Any]) -> Iterator[str]:
    for variable in data.get("variables", ()):
        yield f"{variable['key']} ({variable['change']})"


def _of_alert_emails(data: Mapping[str, Any]) -> Iterator[str]:
    for change in ("added", "deleted"):
        for email in data.get(change, ()):
            yield f"{email} ({change})"


def _of_deploys(data: Mapping[str, Any]) -> Iterator[str]:
    if "failures" in data:
        since, until = (datetime.fromisoformat(data[end]) for end in ("since", "until"))
        yield f"{data['failures']:,} more times, from {since:%H:%M} to {until:%H:%M} UTC"
    for before, field in (("", "image"), ("with ", "client")):
        if told := _text(data, field):
            yield before + told
    if commit := _text(data, "commit"):
        yield f"commit {commit[:7]}"
    if description := _text(data, "description"):
        yield f"“{description}”"


def _of_dags(data: Mapping[str, Any]) -> Iterator[str]:
    yield str(data.get("dag", ""))


def _of_calls(data: Mapping[str, Any]) -> Iterator[str]:
    yield f"{data.get('method', '')} {data.get('path', '')}"


_PARTS: Final = {
    "callAirflow": _of_calls,
    "pauseDag": _of_dags,
    "unpauseDag": _of_dags,
    "triggerDag": _of_dags,
    "createDeploy": _of_deploys,
    "rollBackDeploy": _of_deploys,
    "updateDeployment": _of_configuration,
    "updateDeploymentVariables": _of_variables,
    "updateDeploymentAlerts": _of_alert_emails,
}
