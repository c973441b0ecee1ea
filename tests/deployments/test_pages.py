"""The context that every page of a Deployment shares."""

import pytest
from django.test import Client

from deployments.access import deployment_to_view
from deployments.frame import deployment_context, menu_of, tabs_of
from tests.deployments.helpers import HX, url
from tests.factories import create_member
from workspaces.models import Role
from workspaces.principals import principal_for


@pytest.mark.parametrize(
    ("role", "may_edit", "may_manage_keys"),
    [(Role.MEMBER, False, False), (Role.EDITOR, True, False), (Role.ADMIN, True, True)],
)
def test_it_says_what_the_role_may(workspace, deployment, role, may_edit, may_manage_keys):
    principal = principal_for(create_member(workspace=workspace, role=role))
    seen = deployment_to_view(principal, workspace.pk, deployment.pk)

    assert deployment_context(seen, tab="activity") == {
        "workspace": workspace,
        "deployment": deployment,
        "airflow": None,
        "tabs": tabs_of(deployment, current="activity"),
        "menu": menu_of(deployment),
        "may_edit": may_edit,
        "may_manage_keys": may_manage_keys,
    }


def test_one_query_gets_all_that_the_header_shows(workspace, deployment, django_assert_num_queries):
    principal = principal_for(create_member(workspace=workspace))

    with django_assert_num_queries(1):
        seen = deployment_to_view(principal, workspace.pk, deployment.pk)
        shown = [seen.workspace.name, seen.cluster.name, seen.runtime.version]

    assert shown == [workspace.name, deployment.cluster.name, deployment.runtime.version]


def test_the_facts_can_be_asked_for_alone(workspace, deployment):
    client = Client()
    client.force_login(create_member(workspace=workspace))

    part = client.get(url("deployments:facts", deployment), headers=HX)
    page = client.get(url("deployments:facts", deployment))

    assert part.content.decode().strip().startswith('<div id="facts"')
    assert deployment.release_name in part.content.decode()
    assert page.content.decode().count('id="facts"') == 1
