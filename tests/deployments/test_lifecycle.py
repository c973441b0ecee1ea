"""The services behind the pages: each decides again, writes its event, and holds against others at once."""

import threading
from functools import partial

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection
from django.http import Http404

from apikeys.key_secrets import create_key
from apikeys.models import ApiKey
from cloudui.web.principal import Kind, Origin, Principal
from deployments import service as lifecycle
from deployments.models import Deployment
from deployments.models.deployment import new_release_name
from tests.factories import (
    create_cluster,
    create_deployment,
    create_member,
    create_runtime,
    create_workspace,
)
from workspaces.models import AuditEvent, Membership, Role
from workspaces.principals import principal_for


@pytest.fixture
def principal(editor):
    return principal_for(editor, origin=Origin(address="203.0.113.7", user_agent="test", request_id="r1"))


@pytest.fixture
def places(db):
    return {"cluster": create_cluster(name="east"), "runtime": create_runtime(version="13.9.1")}


def test_creating_writes_one_event_with_what_was_chosen(principal, workspace, places):
    made = lifecycle.create_deployment(
        principal, workspace, name="Nightly", description="Loads.", scheduler_au=7, **places
    )

    event = AuditEvent.objects.get()
    assert (event.operation, event.subject_id, event.subject_name) == (
        "createDeployment",
        principal.id,
        "Eda Editor",
    )
    assert (event.workspace, event.deployment, event.target) == (workspace.pk, made.pk, made.pk)
    assert (event.source_ip, event.user_agent, event.request_id) == ("203.0.113.7", "test", "r1")
    assert event.input == {
        "name": "Nightly",
        "description": "Loads.",
        "releaseName": made.release_name,
        "cluster": "east",
        "executor": "CeleryExecutor",
        "runtime": "13.9.1",
        "schedulerAu": 7,
        "schedulerReplicas": 1,
        "ciCdEnforced": False,
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 101),
        ("description", "x" * 501),
        ("executor", "LocalExecutor"),
        ("scheduler_au", 31),
        ("scheduler_replicas", 0),
    ],
)
def test_values_outside_their_limits_are_refused_whoever_calls(principal, workspace, places, field, value):
    with pytest.raises(ValidationError) as refused:
        lifecycle.create_deployment(principal, workspace, **{"name": "Nightly", **places, field: value})

    assert set(refused.value.message_dict) == {field}
    assert not AuditEvent.objects.exists()


def test_a_cluster_that_is_gone_is_refused(principal, workspace, places):
    type(places["cluster"]).objects.filter(pk=places["cluster"].pk).delete()

    with pytest.raises(ValidationError) as refused:
        lifecycle.create_deployment(principal, workspace, name="Nightly", **places)

    assert refused.value.message_dict == {"cluster": ["This cluster no longer exists. Select another one."]}


def test_a_role_lost_meanwhile_is_noticed(principal, workspace, deployment, places):
    Membership.objects.filter(user_id=principal.id).update(role=Role.MEMBER)

    with pytest.raises(PermissionDenied):
        lifecycle.create_deployment(principal, workspace, name="Nightly", **places)
    with pytest.raises(PermissionDenied):
        lifecycle.delete_deployment(principal, deployment)
    assert Deployment.objects.get() == deployment


def test_a_membership_lost_meanwhile_is_noticed(principal, workspace, deployment, places):
    Membership.objects.filter(user_id=principal.id).delete()

    with pytest.raises(Http404):
        lifecycle.create_deployment(principal, workspace, name="Nightly", **places)
    with pytest.raises(Http404):
        lifecycle.delete_deployment(principal, deployment)


def test_an_api_key_neither_creates_nor_deletes(workspace, deployment, places):
    key = Principal(kind=Kind.API_KEY, id="k" * 32, name="CI", deployment=deployment.pk)

    with pytest.raises(Http404):
        lifecycle.create_deployment(key, workspace, name="Nightly", **places)
    with pytest.raises(PermissionDenied, match="An API key cannot delete a Deployment"):
        lifecycle.delete_deployment(key, deployment)


def test_a_release_name_that_is_taken_is_drawn_again(principal, workspace, deployment, places, monkeypatch):
    drawn = [deployment.release_name, "free-moon-1000"]
    field = Deployment._meta.get_field("release_name")
    monkeypatch.setattr(field, "_get_default", lambda: drawn.pop(0))

    made = lifecycle.create_deployment(principal, workspace, name="Nightly", **places)

    assert made.release_name == "free-moon-1000"
    assert AuditEvent.objects.count() == 1


def test_release_names_that_are_always_taken_fail_in_the_end(
    principal, workspace, deployment, places, monkeypatch
):
    field = Deployment._meta.get_field("release_name")
    monkeypatch.setattr(field, "_get_default", lambda: deployment.release_name)

    with pytest.raises(IntegrityError):
        lifecycle.create_deployment(principal, workspace, name="Nightly", **places)


def test_a_release_name_is_a_valid_namespace():
    for _ in range(200):
        adjective, noun, number = new_release_name().split("-")
        assert adjective.isalpha()
        assert noun.isalpha()
        assert adjective.islower()
        assert noun.islower()
        assert 1000 <= int(number) <= 9999


def test_deleting_writes_one_event_with_the_number_of_keys(principal, workspace, deployment):
    Deployment.objects.update(api_key_count=3)

    assert lifecycle.delete_deployment(principal, deployment) == 3

    event = AuditEvent.objects.get()
    assert event.operation == "deleteDeployment"
    assert (event.workspace, event.deployment, event.target) == (workspace.pk, deployment.pk, deployment.pk)
    assert event.input == {"id": deployment.pk, "name": "Production", "apiKeys": 3}


def test_if_the_event_cannot_be_written_nothing_happens(
    principal, workspace, deployment, places, monkeypatch
):
    def fail(*args, **kwargs):
        raise OSError

    monkeypatch.setattr("deployments.service.audit.record", fail)

    with pytest.raises(OSError):  # noqa: PT011 - raised above
        lifecycle.create_deployment(principal, workspace, name="Nightly", **places)
    with pytest.raises(OSError):  # noqa: PT011 - raised above
        lifecycle.delete_deployment(principal, deployment)
    assert Deployment.objects.get() == deployment


@pytest.mark.django_db(transaction=True)
def test_of_many_creations_with_one_name_at_once_one_wins():
    workspace = create_workspace()
    principal = principal_for(create_member(workspace=workspace, role=Role.EDITOR))
    cluster, runtime = create_cluster(), create_runtime()
    names = ["Nightly", "NIGHTLY", "nightly", "Nightly", "nIghtly", "Nightly"]

    def create(name):
        return lifecycle.create_deployment(principal, workspace, name=name, cluster=cluster, runtime=runtime)

    answers = at_once(*(partial(create, name) for name in names))

    refused = [answer for answer in answers if isinstance(answer, ValidationError)]
    assert len(refused) == len(names) - 1
    for answer in refused:
        assert answer.message_dict == {
            "name": ["A Deployment with this name already exists in this Workspace."]
        }
    assert Deployment.objects.count() == 1
    assert AuditEvent.objects.filter(operation="createDeployment").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_key_made_while_the_deployment_is_deleted_does_not_outlive_it():
    workspace = create_workspace()
    principal = principal_for(create_member(workspace=workspace, role=Role.ADMIN))
    deployment = create_deployment(workspace=workspace)

    answers = at_once(
        lambda: create_key(principal, deployment, name="CI", description="", nonce="0" * 32),
        lambda: lifecycle.delete_deployment(principal, deployment),
        lambda: create_key(principal, deployment, name="CD", description="", nonce="1" * 32),
    )

    unexpected = [a for a in answers if isinstance(a, Exception) and not isinstance(a, Http404)]
    assert unexpected == []
    assert not Deployment.objects.exists()
    assert not ApiKey.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_deletions_at_once_one_deletes():
    workspace = create_workspace()
    principal = principal_for(create_member(workspace=workspace, role=Role.EDITOR))
    deployment = create_deployment(workspace=workspace)

    answers = at_once(*[lambda: lifecycle.delete_deployment(principal, deployment)] * 2)

    assert sorted(type(answer).__name__ for answer in answers) == ["Http404", "int"]
    assert AuditEvent.objects.filter(operation="deleteDeployment").count() == 1


def at_once(*actions):
    """What each action answered or raised when all began together, each on its own connection."""
    barrier = threading.Barrier(len(actions))
    answers = []

    def run(action):
        barrier.wait()
        try:
            answers.append(action())
        except Exception as error:  # noqa: BLE001 - the answer is what the test looks at
            answers.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
