"""A Deployment that the `astro` client makes: as the client describes it, or not at all."""

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from apikeys.astro.changes import ChangeRefused, DeploymentChange, QueueChange, create_deployment
from cloudui.web.principal import Kind, Principal
from deployments.models import EnvironmentVariable, Executor, RuntimeRelease
from deployments.queues.service import list_queues
from deployments.variables.service import VariableInput, read_value
from tests.factories import create_member
from tests.house.tables import dump
from workspaces.principals import principal_for

pytestmark = pytest.mark.django_db


def values(deployment):
    return {row.key: read_value(row) for row in EnvironmentVariable.objects.of(deployment)}


def chosen(deployment, **changes):
    return {"cluster_id": deployment.cluster_id, "runtime": RuntimeRelease.objects.offered()[0].pk, **changes}


def test_a_deployment_is_made_as_the_client_describes_it(deployment, as_caller):
    change = DeploymentChange(
        name="Made",
        executor=Executor.CELERY,
        scheduler_au=0,
        ci_cd_enforced=False,
        dag_deploys_enabled=False,
        queues=[QueueChange(name="default"), QueueChange(name="q", concurrency=2)],
        variables=[VariableInput("A", "1")],
    )

    made = create_deployment(as_caller, deployment.workspace_id, change, **chosen(deployment))

    assert (made.name, made.scheduler_au, made.dag_deploys_enabled, made.ci_cd_enforced) == ("Made", 5, False, False)  # fmt: skip
    assert (len(list_queues(made)), values(made)) == (2, {"A": "1"})
    assert made.workspace_id == deployment.workspace_id


def test_a_workspace_that_enforces_is_not_overruled(deployment, as_caller):
    deployment.workspace.ci_cd_enforced_by_default = True
    deployment.workspace.save()

    made = create_deployment(
        as_caller,
        deployment.workspace_id,
        DeploymentChange(name="Made", ci_cd_enforced=False),
        **chosen(deployment),
    )

    assert made.ci_cd_enforced


@pytest.mark.parametrize(
    ("changes", "choice", "sentence"),
    [
        ({"name": None}, {}, "Name: "),
        ({}, {"cluster_id": "c1"}, "There is no Cluster with the ID c1."),
        ({}, {"runtime": "1.0.0"}, "There is no Astro Runtime 1.0.0 to choose here."),
        ({"queues": [QueueChange(name="default", max_workers=99)]}, {}, "maximum worker count"),
    ],
)
def test_what_cannot_be_made_leaves_nothing(deployment, as_caller, changes, choice, sentence):
    before = dump()

    with pytest.raises(ChangeRefused) as refused:
        create_deployment(
            as_caller,
            deployment.workspace_id,
            DeploymentChange(**{"name": "Made", **changes}),
            **chosen(deployment, **choice),
        )

    assert sentence in str(refused.value)
    assert dump() == before


def test_a_key_and_a_member_make_none(deployment):
    key = Principal(kind=Kind.API_KEY, id="k" * 32, name="CI", deployment=deployment.pk)
    member = principal_for(create_member(workspace=deployment.workspace))
    change = DeploymentChange(name="Made")

    with pytest.raises(Http404):
        create_deployment(key, deployment.workspace_id, change, **chosen(deployment))
    with pytest.raises(PermissionDenied):
        create_deployment(member, deployment.workspace_id, change, **chosen(deployment))
