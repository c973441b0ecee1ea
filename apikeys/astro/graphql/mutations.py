"""What the client changes. Each mutation is a translation for a service, which decides and writes the audit event."""

from typing import Any, Final

from ariadne import MutationType
from django.db import transaction
from django.http import Http404
from django.views.decorators.debug import sensitive_variables
from graphql import GraphQLError

from apikeys.astro import changes
from apikeys.astro.graphql import rows
from apikeys.astro.graphql.inputs import new_deployment, update_of
from apikeys.astro.graphql.resolvers import Info
from apikeys.astro.refusals import NO_WORKSPACE, require_person
from deployments.access import deployment_to_delete, deployment_to_edit
from deployments.models import Deployment, EnvironmentVariable
from deployments.service import delete_deployment
from deployments.variables.service import VariableInput

Input = dict[str, Any]

mutation: Final = MutationType()


@mutation.field("createDeployment")
def create_deployment(_root: None, info: Info, input: Input) -> Deployment:  # noqa: A002 - its name there
    """Make a Deployment, for a person who is Editor."""
    require_person(info.context, to="create a Deployment")
    try:
        return changes.create_deployment(
            info.context,
            input["workspace_id"],
            new_deployment(input),
            cluster_id=input["cluster_id"],
            runtime=input["runtime_release_version"],
        )
    except Http404:
        raise GraphQLError(NO_WORKSPACE) from None


@mutation.field("updateDeployment")
def update_deployment(_root: None, info: Info, input: Input) -> Deployment:  # noqa: A002 - the same
    """Change a Deployment, and its worker queues if there are any in what was sent."""
    rows.deployment_of(info.context, input["id"])
    with transaction.atomic():
        # What the client means depends on what is stored.
        locked = deployment_to_edit(info.context, None, input["id"], locked=True)
        return changes.update_deployment(info.context, locked, update_of(input, locked))


@mutation.field("deleteDeployment")
def remove_deployment(_root: None, info: Info, input: Input) -> Input:  # noqa: A002 - the same
    """Delete a Deployment, for a person who is Editor."""
    found = rows.deployment_of(info.context, input["id"])
    require_person(info.context, to="delete a Deployment")
    delete_deployment(info.context, deployment_to_delete(info.context, found.workspace_id, found.pk))
    return {"id": found.pk}


@mutation.field("updateDeploymentVariables")
@sensitive_variables()
def update_variables(_root: None, info: Info, input: Input) -> list[EnvironmentVariable]:  # noqa: A002 - the same
    """Replace all environment variables."""
    rows.deployment_of(info.context, input["deployment_id"])
    deployment = deployment_to_edit(info.context, None, input["deployment_id"])
    variables = [
        VariableInput(each["key"], each["value"], each["is_secret"])
        for each in input["environment_variables"]
    ]
    changes.update_deployment(info.context, deployment, changes.DeploymentChange(variables=variables))
    return list(EnvironmentVariable.objects.of(deployment))


@mutation.field("updateDeploymentAlerts")
def update_alert_emails(_root: None, info: Info, input: Input) -> Deployment:  # noqa: A002 - the same
    """Replace all alert e-mails."""
    rows.deployment_of(info.context, input["deployment_id"])
    deployment = deployment_to_edit(info.context, None, input["deployment_id"])
    change = changes.DeploymentChange(alert_emails=input["alert_emails"])
    return changes.update_deployment(info.context, deployment, change)
