"""Several people save the variables of one Deployment in the same moment."""

from functools import partial

import pytest

from cloudui.web.versions import StaleEdit
from deployments.models import Deployment
from deployments.variables.service import VariableInput, list_variables, save_variables
from tests.factories import create_deployment, create_member
from tests.threats.at_once import at_once
from workspaces.models import AuditEvent, Role
from workspaces.principals import principal_for


@pytest.mark.django_db(transaction=True)
def test_of_those_who_saw_the_same_one_saves_and_the_others_are_told():
    deployment = create_deployment()
    principal = principal_for(create_member(workspace=deployment.workspace, role=Role.EDITOR))

    def save(number):
        try:
            save_variables(
                principal,
                deployment,
                [VariableInput("A", f"{number}"), VariableInput(f"K{number}", "x")],
                version=1,
            )
        except StaleEdit as stale:
            return stale.version
        return "saved"

    answers = at_once([partial(save, number) for number in range(5)])

    assert sorted(answers, key=str) == [2, 2, 2, 2, "saved"]
    [first, second] = list_variables(deployment)
    assert second.key == f"K{first.value}"
    assert AuditEvent.objects.filter(operation="updateDeploymentVariables").count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_a_version_the_last_set_is_there_whole():
    deployment = create_deployment()
    principal = principal_for(create_member(workspace=deployment.workspace, role=Role.EDITOR))

    def save(number):
        save_variables(
            principal, deployment, [VariableInput("A", f"{number}"), VariableInput(f"K{number}", "x")]
        )

    at_once([partial(save, number) for number in range(5)])

    [first, second] = list_variables(deployment)
    assert second.key == f"K{first.value}"
    assert Deployment.objects.values_list("variable_count", "variables_version").get() == (2, 6)
