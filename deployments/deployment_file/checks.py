"""What of a Deployment file cannot be applied to this Deployment, besides what the services decide themselves."""

from collections.abc import Iterator
from typing import Final

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

from cloudui.web.advice import advice_of
from deployments.deployment_file.problems import Problem
from deployments.deployment_file.schema import CONFIGURATION, EMAILS, METADATA, QUEUES
from deployments.deployment_file.validation import DeploymentFile
from deployments.details.alert_emails import ALERT_EMAILS, EMAIL_LENGTH, distinct
from deployments.models import Deployment, Executor
from deployments.models.queue import DEFAULT_QUEUE
from deployments.variables.service import check_key

KUBERNETES_HAS_NONE: Final = "The Kubernetes executor has no worker queues."
_is_email: Final = EmailValidator()


def check(deployment: Deployment, file: DeploymentFile) -> list[Problem]:
    """All such problems, as far as the file could be read."""
    return [
        *_identity(deployment, file),
        *_keys(file),
        *_queues(deployment, file),
        *_emails(file),
    ]


def executor_of(deployment: Deployment, file: DeploymentFile) -> str:
    """The executor once the file is applied."""
    return str(file.configuration.get("executor", deployment.executor))


def _identity(deployment: Deployment, file: DeploymentFile) -> Iterator[Problem]:
    if file.deployment_id and file.deployment_id != deployment.pk:
        yield file.problem(
            (METADATA, "deployment_id"),
            "This is the file of another Deployment.",
            f"Open that one, or remove the section {METADATA} to apply the file to {deployment.name}.",
        )
    fixed = {
        "cluster_name": (deployment.cluster.name, "A Deployment stays on its cluster."),
        "workspace_name": (deployment.workspace.name, "A file does not move a Deployment."),
        "runtime_version": (deployment.runtime_id, "A file does not change the runtime."),
    }
    for name, (current, reason) in fixed.items():
        if file.configuration.get(name, current) != current:
            remedy = f"Write “{current}”, or remove the line."
            if name == "workspace_name":
                remedy += " To move it, use Transfer Deployment."
            yield file.problem((CONFIGURATION, name), reason, remedy)


def _keys(file: DeploymentFile) -> Iterator[Problem]:
    # The service says this too, but only once the section can be read as a whole.
    for variable in file.variables or ():
        try:
            check_key(variable.key)
        except ValidationError as error:
            yield file.problem((*file.keys[variable.key], "key"), *advice_of(error))


def _queues(deployment: Deployment, file: DeploymentFile) -> Iterator[Problem]:
    if not file.queues or executor_of(deployment, file) == Executor.CELERY:
        return
    for number, queue in enumerate(file.queues):
        # The CLI writes one queue named default for this executor too; it stands for nothing.
        if queue.name != DEFAULT_QUEUE:
            yield file.problem(
                (QUEUES, number, "name"),
                KUBERNETES_HAS_NONE,
                f"Remove it, or write “executor: {Executor.CELERY.value}” in {CONFIGURATION}.",
            )


def _emails(file: DeploymentFile) -> Iterator[Problem]:
    # There may be thousands in a file, too many to compare each with each.
    emails, before = file.alert_emails or (), set[str]()
    for number, email in enumerate(emails):
        location = (EMAILS, number)
        if not _looks_right(email):
            yield file.problem(
                location, "This is not a valid e-mail address.", "Write one such as team@example.com."
            )
        elif distinct(email) in before:
            yield file.problem(location, "This address is in the list already.", "Remove this line.")
        before.add(distinct(email))
    if len(emails) > ALERT_EMAILS:
        yield file.problem(
            (EMAILS,),
            f"A Deployment has at most {ALERT_EMAILS} alert e-mails; these are {len(emails)}.",
            "Remove some.",
        )


def _looks_right(email: str) -> bool:
    try:
        _is_email(email.strip())
    except ValidationError:
        return False
    return len(email.strip()) <= EMAIL_LENGTH
