"""The services behind the pages: each decides again, writes its event, and holds against others at once."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from cloudui.web.principal import Origin
from deployments import service
from deployments.models import Deployment
from deployments.models.deployment import new_release_name
from tests.factories import (
    create_cluster,
    create_runtime,
)
from workspaces.models import AuditEvent
from workspaces.principals import principal_for


@pytest.fixture
def principal(editor):
    return principal_for(editor, origin=Origin(address="203.0.113.7", user_agent="test", request_id="r1"))


@pytest.fixture
def places(db):
    return {"cluster": create_cluster(name="east"), "runtime": create_runtime(version="13.9.1")}


def test_creating_writes_one_event_with_what_was_chosen(principal, workspace, places):
    made = service.create_deployment(
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
        service.create_deployment(principal, workspace, **{"name": "Nightly", **places, field: value})

    assert set(refused.value.message_dict) == {field}
    assert not AuditEvent.objects.exists()


def test_a_cluster_that_is_gone_is_refused(principal, workspace, places):
    type(places["cluster"]).objects.filter(pk=places["cluster"].pk).delete()

    with pytest.raises(ValidationError) as refused:
        service.create_deployment(principal, workspace, name="Nightly", **places)

    assert refused.value.message_dict == {"cluster": ["This cluster no longer exists. Select another one."]}


def test_a_release_name_that_is_taken_is_drawn_again(principal, workspace, deployment, places, monkeypatch):
    drawn = [deployment.release_name, "free-moon-1000"]
    field = Deployment._meta.get_field("release_name")
    monkeypatch.setattr(field, "_get_default", lambda: drawn.pop(0))

    made = service.create_deployment(principal, workspace, name="Nightly", **places)

    assert made.release_name == "free-moon-1000"
    assert AuditEvent.objects.count() == 1


def test_release_names_that_are_always_taken_fail_in_the_end(
    principal, workspace, deployment, places, monkeypatch
):
    field = Deployment._meta.get_field("release_name")
    monkeypatch.setattr(field, "_get_default", lambda: deployment.release_name)

    with pytest.raises(IntegrityError):
        service.create_deployment(principal, workspace, name="Nightly", **places)


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

    assert service.delete_deployment(principal, deployment) == 3

    event = AuditEvent.objects.get()
    assert event.operation == "deleteDeployment"
    assert (event.workspace, event.deployment, event.target) == (workspace.pk, deployment.pk, deployment.pk)
    assert event.input == {"id": deployment.pk, "name": "Production", "apiKeys": 3}


def test_if_the_event_cannot_be_written_nothing_happens(
    principal, workspace, deployment, places, monkeypatch
):
    def fail(*args, **kwargs):
        raise OSError

    monkeypatch.setattr("workspaces.audit.record", fail)

    with pytest.raises(OSError):  # noqa: PT011 - raised above
        service.create_deployment(principal, workspace, name="Nightly", **places)
    with pytest.raises(OSError):  # noqa: PT011 - raised above
        service.delete_deployment(principal, deployment)
    assert Deployment.objects.get() == deployment
