"""What of a Deployment file cannot be applied to this Deployment, besides what the services decide themselves."""

from collections.abc import Iterator
from typing import Final

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

from deployments.alerts import ALERT_EMAILS, EMAIL_LENGTH, distinct
from deployments.deployment_file.problems import Problem
from deployments.deployment_file.schema import CONFIGURATION, EMAILS, METADATA, QUEUES, VARIABLES, Document
from deployments.models import Deployment, Executor
from deployments.models.queue import DEFAULT_QUEUE
from deployments.variables import check_key

KUBERNETES_HAS_NONE: Final = "The Kubernetes executor has no worker queues."
_is_email: Final = EmailValidator()


def check(deployment: Deployment, document: Document) -> list[Problem]:
    """All such problems.

    Args:
        deployment: the Deployment, with its workspace and cluster.
        document: what the file says, as far as it could be read.
    """
    return [
        *_identity(deployment, document),
        *_keys(document),
        *_queues(deployment, document),
        *_emails(document),
    ]


def executor_of(deployment: Deployment, document: Document) -> str:
    """The executor once the file is applied."""
    return str(document.configuration.get("executor", deployment.executor))


def _identity(deployment: Deployment, document: Document) -> Iterator[Problem]:
    if document.deployment_id and document.deployment_id != deployment.pk:
        yield document.problem(
            f"{METADATA}.deployment_id",
            "This is the file of another Deployment.",
            f"Open that one, or remove the section {METADATA} to apply the file to {deployment.name}.",
        )
    fixed = {
        "cluster_name": (deployment.cluster.name, "A Deployment stays on its cluster."),
        "workspace_name": (deployment.workspace.name, "A file does not move a Deployment."),
        "runtime_version": (deployment.runtime_id, "A file does not change the runtime."),
    }
    for name, (current, reason) in fixed.items():
        if document.configuration.get(name, current) != current:
            remedy = f"Write “{current}”, or remove the line."
            if name == "workspace_name":
                remedy += " To move it, use Transfer Deployment."
            yield document.problem(f"{CONFIGURATION}.{name}", reason, remedy)


def _keys(document: Document) -> Iterator[Problem]:
    # The service says this too, but only once the section can be read as a whole.
    for variable in document.variables or ():
        try:
            check_key(variable.key)
        except ValidationError as error:
            yield document.problem(f"{VARIABLES}[{variable.number}].key", *split(error.messages[0]))


def _queues(deployment: Deployment, document: Document) -> Iterator[Problem]:
    if not document.queues or executor_of(deployment, document) == Executor.CELERY:
        return
    for number, queue in enumerate(document.queues):
        # The CLI writes one queue named default for this executor too; it stands for nothing.
        if queue.name != DEFAULT_QUEUE:
            yield document.problem(
                f"{QUEUES}[{number}].name",
                KUBERNETES_HAS_NONE,
                f"Remove it, or write “executor: {Executor.CELERY.value}” in {CONFIGURATION}.",
            )


def _emails(document: Document) -> Iterator[Problem]:
    # There may be thousands in a file, too many to compare each with each.
    emails, before = document.alert_emails or (), set[str]()
    for number, email in enumerate(emails):
        path = f"{EMAILS}[{number}]"
        if not _looks_right(email):
            yield document.problem(
                path, "This is not a valid e-mail address.", "Write one such as team@example.com."
            )
        elif distinct(email) in before:
            yield document.problem(path, "This address is in the list already.", "Remove this line.")
        before.add(distinct(email))
    if len(emails) > ALERT_EMAILS:
        yield document.problem(
            EMAILS,
            f"A Deployment has at most {ALERT_EMAILS} alert e-mails; these are {len(emails)}.",
            "Remove some.",
        )


def _looks_right(email: str) -> bool:
    try:
        _is_email(email.strip())
    except ValidationError:
        return False
    return len(email.strip()) <= EMAIL_LENGTH


def split(sentences: str) -> tuple[str, str]:
    """What is wrong and what to do, of a service's message that says both."""
    message, _, remedy = sentences.partition(". ")
    return (f"{message}.", remedy) if remedy else (sentences, "")
