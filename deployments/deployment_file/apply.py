"""Applies a Deployment file: all its sections in one transaction under the Deployment's lock, or none of it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from cloudui.web.advice import advice_of, halves
from cloudui.web.principal import Principal
from cloudui.web.versions import StaleEdit
from deployments.access import deployment_to_edit
from deployments.deployment_file.checks import check
from deployments.deployment_file.diff import Change, preview, queue_inputs
from deployments.deployment_file.problems import InvalidDeploymentFile, Problem
from deployments.deployment_file.reader import Location
from deployments.deployment_file.schema import (
    COLUMNS,
    CONFIGURATION,
    EMAILS,
    QUEUE_NUMBERS,
    QUEUES,
    VARIABLES,
)
from deployments.deployment_file.validation import DeploymentFile, read
from deployments.details.alert_emails import set_alert_emails
from deployments.details.service import update_deployment
from deployments.models import Deployment
from deployments.queues.service import replace_queues
from deployments.variables.service import VariableInput, save_variables
from deployments.versions import state_of

_FILE_NAMES = {column: name for name, column in [*COLUMNS.items(), *QUEUE_NUMBERS.items()]}


@dataclass(frozen=True, slots=True)
class Examined:
    """A file that can be applied; `state` is the Deployment that the changes start from, for `apply`."""

    file: DeploymentFile
    changes: list[Change]
    state: str


@sensitive_variables()
def examine(principal: Principal, deployment: Deployment, text: str | bytes) -> Examined:
    """Find out what applying a file would do, by doing it and taking it back; raises as `apply` does."""
    file = read(text)
    with transaction.atomic():
        locked = deployment_to_edit(principal, deployment.workspace_id, deployment.pk, locked=True)
        state, changes = state_of(locked), preview(locked, file)
        problems = _carry_out(principal, locked, file, changes)
        transaction.set_rollback(True)
    if problems:
        raise InvalidDeploymentFile(problems, is_showable=not file.may_hold_secrets)
    return Examined(file, changes, state)


@sensitive_variables()
def apply(
    principal: Principal, deployment: Deployment, file: DeploymentFile, *, state: str | None = None
) -> list[Change]:
    """Apply a Deployment file. Each section's service decides again and writes its own audit event.

    `state` is from the `examine` whose preview was agreed to; None applies to whatever is there.

    Raises:
        Http404, PermissionDenied: when the Deployment or the right to it went meanwhile.
        StaleEdit: when it is not what the preview started from.
        InvalidDeploymentFile: with all that is wrong; then nothing is changed.
    """
    with transaction.atomic():
        locked = deployment_to_edit(principal, deployment.workspace_id, deployment.pk, locked=True)
        if state not in {None, state_of(locked)}:
            raise StaleEdit(locked, version=locked.configuration_version, what="This Deployment was changed")
        changes = preview(locked, file)
        if problems := _carry_out(principal, locked, file, changes):
            raise InvalidDeploymentFile(problems)
    return changes


@sensitive_variables()
def _carry_out(
    principal: Principal,
    locked: Deployment,
    file: DeploymentFile,
    changes: Iterable[Change],
) -> list[Problem]:
    """Do what can be done, and say all that cannot. The caller takes everything back if anything is said."""
    # Sections with mistakes in them were read in part only; to do that part would find mistakes that are none.
    broken = {_section(problem) for problem in file.problems}
    problems = [*file.problems, *check(locked, file)]
    if "" in broken:
        return problems
    affected = {change.section for change in changes} - broken
    given = {COLUMNS[name]: value for name, value in file.configuration.items() if name in COLUMNS}
    if CONFIGURATION in affected:
        problems += _try(file, _configuration_field, lambda: update_deployment(principal, locked, **given))
    queues = queue_inputs(locked, file)
    # Which queues there may be depends on the executor.
    is_other_executor = file.configuration.get("executor", locked.executor) != locked.executor
    is_known = CONFIGURATION not in broken and not (is_other_executor and problems)
    if QUEUES in affected and queues is not None and is_known:
        problems += _try(file, _queue_field, lambda: replace_queues(principal, locked, queues))
    if VARIABLES in affected:
        variables = [
            VariableInput(each.key, each.value, bool(each.is_secret)) for each in file.variables or ()
        ]
        said = {problem.field.removesuffix(".key") for problem in problems}
        refused = _try(
            file,
            lambda key: file.keys.get(key, (VARIABLES,)),
            lambda: save_variables(principal, locked, variables),
        )
        problems += [problem for problem in refused if problem.field not in said]
    # Of several wrong addresses the service names the first only, and each was named before.
    if EMAILS in affected and not any(_section(problem) == EMAILS for problem in problems):
        emails = file.alert_emails or ()
        problems += _try(file, lambda _: (EMAILS,), lambda: set_alert_emails(principal, locked, emails))
    return problems


def _section(problem: Problem) -> str:
    return problem.field.partition(".")[0].partition("[")[0]


def _try(
    file: DeploymentFile, location_of: Callable[[str], Location], act: Callable[[], Any]
) -> list[Problem]:
    try:
        with transaction.atomic():
            act()
    except ValidationError as error:
        errors = error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.error_list}
        return [
            file.problem(location_of(field), *advice_of(each))
            for field, each_of_it in errors.items()
            for each in each_of_it
        ]
    except PermissionDenied as refusal:
        # The right to change the Deployment was decided before: this is about one field.
        return [file.problem((CONFIGURATION, "ci_cd_enforcement"), *halves(refusal.args[0]))]
    return []


def _configuration_field(field: str) -> Location:
    return (CONFIGURATION, _FILE_NAMES.get(field, field)) if field != NON_FIELD_ERRORS else (CONFIGURATION,)


def _queue_field(field: str) -> Location:
    number, _, attribute = field.partition(".")
    return (QUEUES, int(number), _FILE_NAMES.get(attribute, attribute)) if attribute else (QUEUES,)
