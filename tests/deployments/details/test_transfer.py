"""Moving a Deployment: what goes with it, who may, what each Workspace's log says, and races."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connections, transaction
from django.http import Http404

from cloudui.web.principal import Origin
from deployments.details.transfer import targets, transfer_deployment
from deployments.models import Deployment
from deployments.queues.service import list_queues
from deployments.variables import service as variables
from tests.factories import (
    create_api_key,
    create_deployment,
    create_member,
    create_owner,
    create_queue,
    create_workspace,
)
from workspaces.models import AuditEvent, Membership, Role, Workspace
from workspaces.principals import principal_for

PAUSE_SECONDS = 0.3


@pytest.fixture
def target(db):
    return create_workspace(name="Analytics", ci_cd_enforced_by_default=True)


@pytest.fixture
def mover(editor, target):
    """Editor in both Workspaces."""
    Membership.objects.create(workspace=target, user=editor, role=Role.EDITOR)
    return principal_for(editor, origin=Origin(address="203.0.113.7"))


def test_it_moves_with_all_that_belongs_to_it(mover, deployment, target):
    issued = create_api_key(deployment, name="CI")
    create_queue(deployment, name="heavy")
    variables.save_variables(mover, deployment, [variables.VariableInput("STAGE", "prod", is_secret=False)])
    before = Deployment.objects.get(pk=deployment.pk)

    moved = transfer_deployment(mover, before, target)

    now = Deployment.objects.get(pk=deployment.pk)
    assert now.workspace == moved.workspace == target
    assert [key.pk for key in now.api_keys.all()] == [issued.key.pk]
    assert [queue.name for queue in list_queues(now)] == ["default", "heavy"]
    assert [shown.value for shown in variables.list_variables(now)] == ["prod"]
    assert (now.api_key_count, now.variable_count, now.worker_queue_count) == (1, 1, 2)
    unchanged = ("name", "release_name", "cluster_id", "executor", "ci_cd_enforced", "created_at", "status")
    for field in unchanged:
        assert getattr(now, field) == getattr(before, field), field
    assert (now.updated_by_kind, now.updated_by_id, now.updated_by_name) == ("user", mover.id, "Eda Editor")
    assert now.updated_at > before.updated_at


@pytest.mark.threat("T-L4")
def test_each_workspace_has_one_event_with_both_names(mover, deployment, workspace, target):
    transfer_deployment(mover, deployment, target)

    left, entered = AuditEvent.objects.filter(operation="transferDeployment").order_by("at", "pk")
    for event in (left, entered):
        assert (event.target, event.subject_id, event.source_ip) == (deployment.pk, mover.id, "203.0.113.7")
        assert event.input == {
            "name": "Production",
            "from": {"id": workspace.pk, "name": "Data Engineering"},
            "to": {"id": target.pk, "name": "Analytics"},
        }
    assert {(event.workspace, event.deployment) for event in (left, entered)} == {
        (workspace.pk, ""),
        (target.pk, deployment.pk),
    }


@pytest.mark.parametrize("name", ["Production", "PRODUCTION"])
def test_a_name_taken_in_the_target_is_refused(mover, deployment, workspace, target, name):
    create_deployment(workspace=target, name=name)

    with pytest.raises(ValidationError) as error:
        transfer_deployment(mover, deployment, target)

    assert error.value.message_dict == {
        "workspace": ["A Deployment named Production already exists in Analytics."]
    }
    assert Deployment.objects.get(pk=deployment.pk).workspace == workspace
    assert not AuditEvent.objects.filter(operation="transferDeployment").exists()


@pytest.mark.parametrize(
    ("here", "there", "refusal"),
    [
        (None, Role.ADMIN, Http404),
        (Role.MEMBER, Role.ADMIN, PermissionDenied),
        (Role.EDITOR, None, Http404),
        (Role.ADMIN, None, Http404),
        (Role.EDITOR, Role.MEMBER, PermissionDenied),
        (Role.ADMIN, Role.MEMBER, PermissionDenied),
    ],
)
def test_both_workspaces_are_asked(deployment, workspace, target, here, there, refusal):
    person = create_member(workspace=create_workspace())
    for place, role in ((workspace, here), (target, there)):
        if role is not None:
            Membership.objects.create(workspace=place, user=person, role=role)

    with pytest.raises(refusal):
        transfer_deployment(principal_for(person), deployment, target)

    assert Deployment.objects.get(pk=deployment.pk).workspace == workspace


def test_only_where_one_is_editor_is_offered(mover, editor, deployment, workspace, target):
    create_workspace(name="Foreign")
    Membership.objects.create(workspace=create_workspace(name="Only a member"), user=editor)
    Membership.objects.create(workspace=create_workspace(name="aaa"), user=editor, role=Role.ADMIN)

    assert [offered.name for offered in targets(mover, deployment).workspaces] == ["aaa", "Analytics"]


def test_an_owner_is_offered_all_others(deployment, workspace, target):
    create_workspace(name="zzz")

    assert [offered.name for offered in targets(principal_for(create_owner()), deployment).workspaces] == [
        "Analytics",
        "zzz",
    ]


def test_who_saw_it_in_its_old_place_finds_nothing_there(mover, deployment, target):
    transfer_deployment(mover, deployment, target)

    with pytest.raises(Http404):
        transfer_deployment(mover, Deployment(pk=deployment.pk, workspace_id=deployment.workspace_id), target)


@pytest.mark.django_db(transaction=True)
def test_a_right_lost_in_the_target_while_waiting_is_lost():
    deployment, target = create_deployment(), create_workspace()
    person = create_member(workspace=deployment.workspace, role=Role.EDITOR)
    there = Membership.objects.create(workspace=target, user=person, role=Role.EDITOR)

    def move():
        try:
            transfer_deployment(principal_for(person), deployment, target)
        finally:
            connections.close_all()

    with ThreadPoolExecutor() as pool:
        with transaction.atomic():
            Workspace.objects.select_for_update().get(pk=target.pk)
            waiting = pool.submit(move)
            threading.Event().wait(PAUSE_SECONDS)
            there.delete()
        with pytest.raises(Http404):
            waiting.result()
    assert Deployment.objects.get(pk=deployment.pk).workspace_id == deployment.workspace_id
