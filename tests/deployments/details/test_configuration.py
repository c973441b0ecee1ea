"""Changing a Deployment: limits, names, versions, rights, and what the log says of it."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from cloudui.web.principal import Kind, Principal
from cloudui.web.versions import StaleEdit
from deployments.details.service import HIGH_AVAILABILITY_NEEDS, update_deployment
from tests.deployments.details.pages import stored
from tests.factories import create_deployment, create_workspace
from workspaces.models import AuditEvent


@pytest.fixture
def key(deployment):
    return Principal(kind=Kind.API_KEY, id="k" * 32, name="CI", deployment=deployment.pk)


def test_a_change_has_its_event_with_before_and_after(principal, deployment):
    update_deployment(
        principal, deployment, name="Live", scheduler_au=7, description="", executor=deployment.executor
    )

    event = AuditEvent.objects.get()
    assert (event.operation, event.workspace, event.deployment, event.target) == (
        "updateDeployment",
        deployment.workspace_id,
        deployment.pk,
        deployment.pk,
    )
    assert event.input == {
        "name": "Live",
        "schedulerAu": 7,
        "before": {"name": "Production", "schedulerAu": 5},
        "version": 2,
    }


def test_the_deployment_was_updated_by_whoever_did_it(principal, key, deployment):
    update_deployment(principal, deployment, name="Live")
    by_person = stored(deployment)
    update_deployment(key, deployment, description="By CI")
    by_key = stored(deployment)

    assert (by_person.updated_by_kind, by_person.updated_by_name) == ("user", "Eda Editor")
    assert (by_key.updated_by_kind, by_key.updated_by_id, by_key.updated_by_name) == ("api_key", key.id, "CI")
    assert deployment.updated_at < by_person.updated_at < by_key.updated_at
    assert by_key.configuration_version == deployment.configuration_version + 2


def test_where_nothing_differs_nothing_is_written(principal, deployment):
    update_deployment(principal, deployment, name="Production", scheduler_au=5)

    assert stored(deployment).updated_at == deployment.updated_at
    assert stored(deployment).configuration_version == deployment.configuration_version
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "  "),
        ("name", "x" * 101),
        ("name", "Pro\u202educt"),
        ("name", "two\nlines"),
        ("description", "x" * 501),
        ("description", "\u0007"),
        ("executor", "LocalExecutor"),
        ("scheduler_au", 4),
        ("scheduler_au", 31),
        ("scheduler_replicas", 0),
        ("scheduler_replicas", 5),
        ("ci_cd_enforced", "perhaps"),
    ],
)
def test_values_outside_their_limits_are_refused_whoever_calls(principal, deployment, field, value):
    with pytest.raises(ValidationError) as refused:
        update_deployment(principal, deployment, **{field: value})

    assert set(refused.value.message_dict) == {field}
    assert not AuditEvent.objects.exists()


def test_texts_are_stored_as_people_see_them(principal, deployment):
    update_deployment(principal, deployment, name="  Cafe\u0301 ", description=" one\r\ntwo ")

    assert (stored(deployment).name, stored(deployment).description) == ("Caf\u00e9", "one\ntwo")


@pytest.mark.parametrize("name", ["STAGING", "Staging ", " Staging", "\tstaging\n", "\u3000Staging\u00a0"])
def test_a_name_that_another_has_is_refused_whatever_its_case_and_the_space_around_it(
    principal, deployment, workspace, name
):
    create_deployment(workspace=workspace, name="Staging")

    with pytest.raises(ValidationError) as refused:
        update_deployment(principal, deployment, name=name)

    assert refused.value.message_dict == {
        "name": ["A Deployment with this name already exists in this Workspace."]
    }
    assert stored(deployment).name == "Production"
    assert not AuditEvent.objects.exists()


def test_its_own_name_may_change_its_case_and_another_workspaces_name_is_free(principal, deployment):
    create_deployment(workspace=create_workspace(), name="Staging")

    update_deployment(principal, deployment, name="PRODUCTION")
    update_deployment(principal, deployment, name="Staging")

    assert stored(deployment).name == "Staging"


def test_what_somebody_changed_meanwhile_is_not_overwritten(principal, deployment):
    update_deployment(principal, deployment, version=1, scheduler_au=9)

    with pytest.raises(StaleEdit) as refused:
        update_deployment(principal, deployment, version=1, scheduler_au=6)

    assert refused.value.current.scheduler_au == stored(deployment).scheduler_au == 9


@pytest.mark.parametrize(
    "changes",
    [{"is_highly_available": True}, {"is_highly_available": True, "scheduler_replicas": 1}],
)
def test_one_scheduler_is_not_highly_available(principal, deployment, changes):
    with pytest.raises(ValidationError) as refused:
        update_deployment(principal, deployment, **changes)

    assert refused.value.message_dict == {"scheduler_replicas": [HIGH_AVAILABILITY_NEEDS]}
    assert "at least 2 schedulers" in HIGH_AVAILABILITY_NEEDS
    assert not stored(deployment).is_highly_available


def test_a_highly_available_deployment_keeps_two_schedulers(principal, deployment):
    update_deployment(principal, deployment, is_highly_available=True, scheduler_replicas=2)

    with pytest.raises(ValidationError, match="at least 2 schedulers"):
        update_deployment(principal, deployment, scheduler_replicas=1)
    update_deployment(principal, deployment, name="Live")
    update_deployment(principal, deployment, is_highly_available=False, scheduler_replicas=1)


def test_a_key_changes_its_deployment_but_never_lowers_ci_cd_enforcement(key, deployment):
    update_deployment(key, deployment, ci_cd_enforced=True, scheduler_au=8)

    with pytest.raises(PermissionDenied, match="An API key cannot turn off CI/CD Enforcement"):
        update_deployment(key, deployment, ci_cd_enforced=False, scheduler_au=6)

    assert (stored(deployment).ci_cd_enforced, stored(deployment).scheduler_au) == (True, 8)


def test_a_person_may_lower_it_and_the_log_says_so(principal, deployment):
    update_deployment(principal, deployment, ci_cd_enforced=True)
    update_deployment(principal, deployment, ci_cd_enforced=False)

    assert AuditEvent.objects.order_by("-at", "-pk").first().input == {
        "ciCdEnforced": False,
        "before": {"ciCdEnforced": True},
        "version": 3,
    }
