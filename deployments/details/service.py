"""Changing what a Deployment is; worker queues go or come with the executor, in the same transaction."""

from collections.abc import Collection, Mapping
from typing import Any, Final, TypedDict, Unpack, cast

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from pydantic.alias_generators import to_camel

from cloudui.web.advice import Advice
from cloudui.web.names import unique_name
from cloudui.web.principal import Kind, Principal
from cloudui.web.text import PlainTextAreaField, PlainTextField
from cloudui.web.versions import require_version
from deployments import events
from deployments.access import deployment_to_edit
from deployments.models import Deployment, Executor
from deployments.models.deployment import DESCRIPTION_LENGTH, NAME_LENGTH, NAME_TAKEN
from deployments.queues.service import drop_queues, ensure_default_queue, list_queues

# What one scheduler alone cannot give: scheduling that goes on while one of them is down.
HIGH_AVAILABILITY_SCHEDULERS: Final = 2

HIGH_AVAILABILITY_NEEDS: Final = Advice(
    f"High Availability needs at least {HIGH_AVAILABILITY_SCHEDULERS} schedulers.",
    "Select more schedulers or turn High Availability off.",
)
KEY_KEEPS_CI_CD: Final = Advice(
    "An API key cannot turn off CI/CD Enforcement.", "An Editor or Admin of the Workspace can, in Details."
)


class Changes(TypedDict, total=False):
    """What can be changed, by the names and within the limits of the Deployment's fields; what is missing stays."""

    name: str
    description: str
    executor: str
    scheduler_au: int
    scheduler_replicas: int
    ci_cd_enforced: bool
    dag_deploys_enabled: bool
    is_highly_available: bool


# Each field that can be changed, as the audit log names it.
FIELDS: Final[Mapping[str, str]] = {field: to_camel(field) for field in Changes.__annotations__}


class QueuesWouldBeDeleted(Exception):
    """The change deletes worker queues that were not agreed to: those of `names`, `default` first."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(
            f"The Kubernetes executor has no worker queues: {', '.join(names)} would be deleted."
        )
        self.names = names


def update_deployment(
    principal: Principal,
    deployment: Deployment,
    *,
    version: int | None = None,
    may_delete_queues: Collection[str] | None = None,
    **changes: Unpack[Changes],
) -> Deployment:
    """Change the configuration of a Deployment. Nothing is written where nothing differs.

    The Kubernetes executor has no worker queues: switching to it deletes them, to Celery makes one named `default`.
    `version` is the `configuration_version` that the caller read, None changes whatever is there; `may_delete_queues`
    names the queues that the caller agreed to lose, None for all.

    Raises:
        Http404, PermissionDenied: when the Deployment or the right to it went meanwhile; also for an API key
            that turns CI/CD enforcement off, since it would lift a limit that is meant for people's deploys.
        StaleEdit: when it has another version by now.
        QueuesWouldBeDeleted: when a queue would go that was not agreed to.
        ValidationError: on its field: a name taken even since a moment ago, a value outside its limits, High
            Availability with one scheduler.
    """

    def is_taken() -> bool:
        others = Deployment.objects.of(locked.workspace).exclude(pk=locked.pk)
        return others.named(locked.name).exists()

    with unique_name(is_taken, refusal=NAME_TAKEN), transaction.atomic():
        locked = deployment_to_edit(principal, deployment.workspace_id, deployment.pk, locked=True)
        require_version(
            locked,
            read=version,
            version=locked.configuration_version,
            what="This Deployment was changed",
            remedy="Read it again before you change it.",
        )
        before = {field: getattr(locked, field) for field in FIELDS}
        # What stays as it is may stay, even where the rules are stricter now.
        differing = {field: value for field, value in changes.items() if value != before[field]}
        _apply(principal, locked, cast("Changes", differing))
        changed = [field for field in FIELDS if getattr(locked, field) != before[field]]
        if changed:
            deleted_queues = _follow_executor(locked, before["executor"], may_delete_queues)
            locked.configuration_version += 1
            locked.save_change(principal, *changed, "configuration_version")
            _record(principal, locked, {field: before[field] for field in changed}, deleted_queues)
    return locked


def queue_names(deployment: Deployment) -> list[str]:
    """The names of its worker queues, `default` first: what switching to Kubernetes deletes."""
    return [queue.name for queue in list_queues(deployment)]


def clean_texts(changes: Mapping[str, Any]) -> dict[str, Any]:
    """The same with name and description as people may type them; ValidationError on the field that is wrong."""
    fields = {
        "name": PlainTextField(max_length=NAME_LENGTH, error_messages={"required": "Enter a name."}),
        "description": PlainTextAreaField(max_length=DESCRIPTION_LENGTH, required=False),
    }
    cleaned: dict[str, Any] = dict(changes)
    errors: dict[str, ValidationError] = {}
    for name in fields.keys() & changes.keys():
        try:
            cleaned[name] = fields[name].clean(cleaned[name])
        except ValidationError as error:
            errors[name] = error
    if errors:
        raise ValidationError(errors)
    return cleaned


def _apply(principal: Principal, locked: Deployment, changes: Changes) -> None:
    was_enforced = locked.ci_cd_enforced
    for field, value in clean_texts(changes).items():
        setattr(locked, field, value)
    # The values become what the database would store, which is what they are compared as.
    locked.clean_fields(exclude={field.name for field in locked._meta.fields} - changes.keys())
    if principal.kind is Kind.API_KEY and was_enforced and not locked.ci_cd_enforced:
        raise PermissionDenied(KEY_KEEPS_CI_CD)
    if (
        changes.keys() & {"is_highly_available", "scheduler_replicas"}
        and locked.is_highly_available
        and locked.scheduler_replicas < HIGH_AVAILABILITY_SCHEDULERS
    ):
        raise ValidationError({"scheduler_replicas": HIGH_AVAILABILITY_NEEDS})


def _follow_executor(locked: Deployment, before: str, agreed: Collection[str] | None) -> list[str]:
    """Make or delete worker queues as the executor asks for it; the names of those deleted."""
    if locked.executor == before:
        return []
    if locked.executor == Executor.CELERY:
        try:
            ensure_default_queue(locked)
        except ValidationError as error:
            # It is about the Cluster, which cannot be changed here; the executor can.
            raise ValidationError(
                {"executor": [each.message for each in error.error_dict["cluster"]]}
            ) from error
        return []
    names = queue_names(locked)
    if agreed is not None and not set(names) <= set(agreed):
        raise QueuesWouldBeDeleted(names)
    return drop_queues(locked)


def _record(
    principal: Principal, locked: Deployment, before: dict[str, Any], deleted_queues: list[str]
) -> None:
    events.record(
        principal,
        "updateDeployment",
        locked,
        {
            **{FIELDS[field]: getattr(locked, field) for field in before},
            "before": {FIELDS[field]: value for field, value in before.items()},
            "version": locked.configuration_version,
            **({"deletedQueues": deleted_queues} if deleted_queues else {}),
        },
    )
