"""Which Clusters a caller may know of, for both interfaces of the astro client."""

import pytest

from cloudui.web.principal import Kind, Principal
from deployments.access import clusters_to_view
from deployments.models import Cluster, Deployment
from tests.factories import (
    create_cluster,
    create_deployment,
    create_member,
    create_owner,
    create_user,
    create_workspace,
)
from workspaces.models import Role
from workspaces.principals import principal_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def places():
    """A Workspace whose one Deployment is on one of two Clusters, beside those that there always are."""
    return create_deployment(
        workspace=create_workspace(), cluster=create_cluster(name="used")
    ), create_cluster(name="unused")


@pytest.mark.parametrize(
    ("role", "sees_all"), [(None, None), (Role.MEMBER, False), (Role.EDITOR, True), (Role.ADMIN, True)]
)
def test_a_person_knows_clusters_in_use_and_who_may_choose_all(places, role, sees_all):
    deployment, _ = places
    user = create_member(workspace=deployment.workspace, role=role) if role else create_user()

    found = {cluster.name for cluster in clusters_to_view(principal_for(user))}

    expected = {True: set(Cluster.objects.values_list("name", flat=True)), False: {"used"}, None: set()}
    assert found == expected[sees_all]


def test_an_owner_knows_all_also_before_there_is_a_workspace():
    create_cluster(name="unused")
    assert not Deployment.objects.exists()

    assert clusters_to_view(principal_for(create_owner())).count() == Cluster.objects.count()


def test_a_key_knows_the_cluster_of_its_deployment(places):
    deployment, _ = places

    key = Principal(kind=Kind.API_KEY, id="k" * 32, name="CI", deployment=deployment.pk)
    assert [cluster.name for cluster in clusters_to_view(key)] == ["used"]
