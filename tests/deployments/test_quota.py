"""A Workspace has a limited number of Deployments, however they come into it."""

import pytest
from django.core.exceptions import ValidationError

from deployments.details.transfer import transfer_deployment
from deployments.models import Deployment
from deployments.service import create_deployment, delete_deployment
from tests.factories import create_cluster, create_member, create_runtime, create_workspace
from tests.factories import create_deployment as make
from workspaces.models import Membership, Role
from workspaces.principals import principal_for

pytestmark = [pytest.mark.django_db, pytest.mark.threat("T-L7")]

FULL = "has 2 Deployments, which is the limit. Delete one or move one elsewhere first."


@pytest.fixture(autouse=True)
def _limit(settings):
    settings.DEPLOYMENTS_PER_WORKSPACE = 2


def create(by, workspace, name):
    return create_deployment(by, workspace, name=name, cluster=create_cluster(), runtime=create_runtime())


def test_one_more_is_refused_and_room_is_made_by_deleting_one(principal, workspace, root):
    first, _ = (create(principal, workspace, name) for name in "ab")

    with pytest.raises(ValidationError) as refused:
        create(principal, workspace, "c")
    assert refused.value.message_dict == {"name": [f"Data Engineering {FULL}"]}

    delete_deployment(principal, first)
    create(principal, workspace, "c")
    assert Deployment.objects.of(workspace).count() == 2


def test_nor_is_one_moved_there(principal, editor, workspace, deployment):
    target = create_workspace(name="Full")
    Membership.objects.create(workspace=target, user=editor, role=Role.EDITOR)
    for _ in range(2):
        make(workspace=target)

    with pytest.raises(ValidationError) as refused:
        transfer_deployment(principal, deployment, target)

    assert refused.value.message_dict == {"workspace": [f"Full {FULL}"]}
    assert Deployment.objects.of(workspace).get() == deployment


def test_another_workspace_has_its_own(principal, workspace):
    other = create_workspace()
    someone = principal_for(create_member(workspace=other, role=Role.EDITOR))
    for name in "ab":
        create(principal, workspace, name)

    create(someone, other, "a")
