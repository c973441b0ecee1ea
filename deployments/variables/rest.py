"""Environment variables of a Deployment: all of them at a time, or some."""

from collections.abc import Sequence

from django.db import transaction
from django.views.decorators.debug import sensitive_variables
from ninja import Router

from cloudui.web.api import ApiRequest
from cloudui.web.rest.errors import invalid, named, require_unchanged
from cloudui.web.rest.schemas import Id
from deployments.access import deployment_to_edit, deployment_to_view
from deployments.models import Deployment
from deployments.variables.schemas import (
    VariableChanges,
    VariableSet,
    VariableShown,
    VariablesShown,
    VariablesWanted,
    VariableWanted,
)
from deployments.variables.service import VariableInput, VariableView, list_variables, save_variables

PATH = "/deployments/{cid:deployment}/variables"
FIELD = "environment_variables"

router = Router(tags=["Environment variables"])


@router.get(PATH, response=VariablesShown, summary="Read the environment variables")
def read_variables(request: ApiRequest, deployment: Id) -> VariablesShown:
    """All of them by key; the value of a secret is empty."""
    return _view(deployment_to_view(request.principal, None, deployment))


@router.put(PATH, response=VariablesShown, summary="Replace the environment variables")
@sensitive_variables()
def replace_variables(request: ApiRequest, deployment: Id, data: VariablesWanted) -> VariablesShown:
    """The complete new set in one step: one that is missing is deleted.

    What was read can be sent back: a secret without a value keeps the one that is stored.
    """
    found = deployment_to_edit(request.principal, None, deployment)
    _require_unchanged(data, FIELD, data.environment_variables, _view(found))
    complete = [VariableInput(one.key, one.value, one.is_secret) for one in data.environment_variables]
    return _view(_saved(request, found, complete, version=data.version))


@router.patch(PATH, response=VariablesShown, summary="Set and delete some environment variables")
@sensitive_variables()
def change_variables(request: ApiRequest, deployment: Id, changes: VariableChanges) -> VariablesShown:
    """Set some and delete some in one step; all others stay as they are. To delete what is not there does nothing."""
    _require_each_once(changes)
    with transaction.atomic():
        # The others are read under the lock, so that a change of theirs meanwhile is not undone.
        found = deployment_to_edit(request.principal, None, deployment, locked=True)
        _require_unchanged(changes, "set", changes.set, _view(found))
        return _view(_saved(request, found, _merged(list_variables(found), changes), version=changes.version))


@sensitive_variables()
def _saved(
    request: ApiRequest, deployment: Deployment, variables: list[VariableInput], *, version: int | None
) -> Deployment:
    with named(FIELD):
        return save_variables(request.principal, deployment, variables, version=version)


@sensitive_variables()
def _merged(stored: list[VariableView], changes: VariableChanges) -> list[VariableInput]:
    flags = {one.key: one.is_secret for one in stored}
    # No value keeps the stored one, also of what is no secret and of what cannot be read.
    merged = {one.key: VariableInput(one.key, None, one.is_secret) for one in stored}
    for one in changes.set:
        is_secret = flags.get(one.key, False) if one.is_secret is None else one.is_secret
        merged[one.key] = VariableInput(one.key, one.value, is_secret)
    for key in changes.delete:
        merged.pop(key, None)
    return list(merged.values())


@sensitive_variables()
def _require_unchanged(
    body: VariablesWanted | VariableChanges,
    field: str,
    variables: Sequence[VariableWanted | VariableSet],
    current: VariablesShown,
) -> None:
    views = {one.key: one for one in current.environment_variables}
    require_unchanged(
        body,
        current,
        [(f"{field}.{place}", one, views.get(one.key)) for place, one in enumerate(variables)],
    )


def _require_each_once(changes: VariableChanges) -> None:
    named_keys = [*(one.key for one in changes.set), *changes.delete]
    twice = sorted({key for key in named_keys if named_keys.count(key) > 1})
    if twice:
        raise invalid((f"{FIELD}.{key}", "This key stands here more than once.") for key in twice)


def _view(deployment: Deployment) -> VariablesShown:
    return VariablesShown(
        version=deployment.variables_version,
        environment_variables=[VariableShown.of(one) for one in list_variables(deployment)],
    )
