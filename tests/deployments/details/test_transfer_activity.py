"""What the new Workspace sees of the old one: what was done to the Deployment, and not from where."""

import pytest
from django.db import transaction
from pytest_django.asserts import assertContains, assertNotContains

from cloudui.web.principal import Kind, Origin, Principal
from deployments.details.transfer import transfer_deployment
from tests.deployments.helpers import page, signed_in, url
from tests.factories import create_member, create_owner, create_workspace
from workspaces import audit
from workspaces.models import Role
from workspaces.principals import principal_for

EDA = Principal(kind=Kind.USER, id="c1", name="Eda Editor", origin=Origin(address="203.0.113.7"))


@pytest.fixture
def owner(db):
    return principal_for(create_owner(full_name="Olga Owner"), origin=Origin(address="198.51.100.9"))


def happen(deployment, workspace):
    with transaction.atomic():
        audit.record(
            EDA, "updateDeployment", workspace=workspace.pk, deployment=deployment.pk, target=deployment.pk
        )


def rows(response):
    return [" ".join(row.get_text(" ").split()) for row in page(response).select("tbody tr")]


def test_the_history_moves_and_the_addresses_stay(owner, deployment, workspace):
    target = create_workspace(name="Analytics")
    happen(deployment, workspace)

    moved = transfer_deployment(owner, deployment, target)

    client = signed_in(create_member(workspace=target, role=Role.EDITOR))
    response = client.get(url("deployments:activity", moved))
    moved_row, changed_row = rows(response)
    assert moved_row.startswith("Olga Owner moved the Deployment to this Workspace ")
    assert moved_row.endswith("198.51.100.9")
    assert changed_row.startswith("Eda Editor changed the Deployment ")
    assertNotContains(response, "203.0.113.7")
    # Nor what the old Workspace is called, which a member of the new one may have no business to know.
    assertNotContains(response, "Data Engineering")


def test_a_move_on_the_way_is_one_to_another_workspace(owner, deployment, workspace):
    between, target = create_workspace(name="Between"), create_workspace(name="Analytics")

    moved = transfer_deployment(owner, transfer_deployment(owner, deployment, between), target)

    client = signed_in(create_member(workspace=target))
    response = client.get(url("deployments:activity", moved))
    assertContains(response, "moved the Deployment to this Workspace", count=1)
    assertContains(response, "moved the Deployment to another Workspace", count=1)
    assertNotContains(response, "Between")
