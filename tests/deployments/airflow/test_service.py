"""Who may hibernate, wake up and restart a Deployment, connect an Airflow, and what is written down of it."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from cloudui.web.principal import Kind, Principal, system_principal
from deployments.airflow import service
from deployments.airflow.accounts import Account, unseal
from deployments.airflow.local import why_not
from deployments.airflow.runner import place
from deployments.airflow.service import Connection, connect_as_operator, disconnect_as_operator
from deployments.models import Airflow, AirflowAuth, AirflowRole, ClusterKind, Deployment, Ground, Status
from deployments.service import create_deployment
from tests.factories import create_cluster, create_member, create_runtime
from workspaces.models import AuditEvent, Role
from workspaces.principals import principal_for

SYSTEM = system_principal("tests")
CONNECTION = Connection(
    base_url="https://airflow.example.com",
    version="3.3.2",
    auth=AirflowAuth.ACCOUNTS,
    accounts={AirflowRole.OP: Account("console-op", "a password of op")},
)


@pytest.fixture
def local(deployment):
    return Airflow.objects.create(deployment=deployment, ground=Ground.LOCAL)


@pytest.fixture
def connected(deployment):
    return connect_as_operator(SYSTEM, deployment, CONNECTION)


@pytest.fixture
def key(deployment):
    return Principal(Kind.API_KEY, "k" * 32, "CI", deployment=deployment.pk)


def operations():
    return list(AuditEvent.objects.order_by("pk").values_list("operation", flat=True))


@pytest.mark.parametrize("who", ["by", "key"])
def test_an_editor_and_the_own_key_hibernate_and_wake_up(request, who, deployment, local):
    principal = request.getfixturevalue(who)
    Deployment.objects.update(status=Status.HIBERNATING)

    for _ in range(2):
        service.hibernate(principal, deployment)
    asleep = Airflow.objects.get().is_awake
    for _ in range(2):
        service.wake_up(principal, deployment)

    deployment.refresh_from_db()
    assert (asleep, Airflow.objects.get().is_awake) == (False, True)
    assert deployment.status == Status.CREATING
    assert operations() == ["hibernateDeployment", "wakeUpDeployment"]


@pytest.mark.parametrize("act", [service.hibernate, service.wake_up, service.restart])
def test_a_member_may_not(act, workspace, deployment, local):
    member = principal_for(create_member(workspace=workspace, role=Role.MEMBER))

    with pytest.raises(PermissionDenied):
        act(member, deployment)

    assert operations() == []


def test_a_restart_is_requested_of_what_is_awake(by, deployment, local):
    service.restart(by, deployment)

    local.refresh_from_db()
    assert local.restart_requested_at
    service.hibernate(by, deployment)
    with pytest.raises(ValidationError, match="hibernates"):
        service.restart(by, deployment)


@pytest.mark.parametrize("act", [service.hibernate, service.wake_up, service.restart])
def test_without_an_airflow_it_is_said_who_brings_one(act, by, deployment):
    with pytest.raises(ValidationError, match=r"manage\.py connect_airflow"):
        act(by, deployment)


@pytest.mark.parametrize("act", [service.hibernate, service.wake_up])
def test_what_somebody_else_runs_is_not_stopped_or_started(act, by, deployment, connected):
    with pytest.raises(ValidationError, match="Somebody else runs"):
        act(by, deployment)


def test_a_restart_of_what_somebody_else_runs_is_noted(by, deployment, connected, save):
    Deployment.objects.update(variables_version=5)
    assert Airflow.objects.get().needs_restart

    service.restart(by, deployment)

    assert not Airflow.objects.get().needs_restart
    assert operations()[-1] == "noteAirflowRestart"


def test_a_deployment_of_this_machine_gets_an_airflow_when_it_is_made_or_woken_up(by, workspace, deployment):
    cluster = create_cluster(kind=ClusterKind.LOCAL)
    made = create_deployment(by, workspace, name="Here", cluster=cluster, runtime=create_runtime())
    Deployment.objects.filter(pk=deployment.pk).update(cluster=cluster)

    service.wake_up(by, deployment)

    for each in (made, deployment):
        row = Deployment.objects.select_related("airflow").get(pk=each.pk)
        assert (row.status, row.airflow.ground, row.airflow.is_awake) == (Status.CREATING, Ground.LOCAL, True)


def test_where_this_machine_cannot_run_any_the_reason_is_said(by, workspace, monkeypatch):
    monkeypatch.setattr(service, "why_not", lambda: "Install bubblewrap.")

    with pytest.raises(ValidationError) as refused:
        create_deployment(
            by,
            workspace,
            name="Here",
            cluster=create_cluster(kind=ClusterKind.LOCAL),
            runtime=create_runtime(),
        )

    assert refused.value.message_dict == {"cluster": ["Install bubblewrap."]}
    assert not Deployment.objects.filter(name="Here").exists()


def test_a_runtime_that_cannot_run_on_this_machine_is_refused_there_and_only_there(by, workspace, deployment):
    old, here = create_runtime(airflow_version="3.1.3"), create_cluster(kind=ClusterKind.LOCAL)

    with pytest.raises(ValidationError) as refused:
        create_deployment(by, workspace, name="Here", cluster=here, runtime=old)
    create_deployment(by, workspace, name="There", cluster=create_cluster(), runtime=old)
    Deployment.objects.filter(pk=deployment.pk).update(cluster=here, runtime=old)
    with pytest.raises(ValidationError) as asleep:
        service.wake_up(by, deployment)

    [message] = refused.value.message_dict["runtime"]
    assert "Airflow 3.1.3 cannot run on this machine, only 3.3.2 and 2.11.2." in message
    assert asleep.value.messages == [message]


def test_connecting_keeps_accounts_sealed_and_out_of_the_log(deployment, connected):
    deployment.refresh_from_db()
    event = AuditEvent.objects.get(operation="connectAirflow")

    assert deployment.status == Status.CREATING
    assert unseal(connected) == CONNECTION.accounts
    assert b"a password of op" not in bytes(connected.sealed_accounts)
    assert event.input == {
        "baseUrl": "https://airflow.example.com",
        "version": "3.3.2",
        "auth": "accounts",
        "accounts": {"op": "console-op"},
    }


def test_disconnecting_leaves_nothing_of_it(deployment, connected):
    assert disconnect_as_operator(SYSTEM, deployment)
    assert not disconnect_as_operator(SYSTEM, deployment)

    deployment.refresh_from_db()
    assert not Airflow.objects.exists()
    assert deployment.status == Status.NOT_CONNECTED


@pytest.mark.parametrize(
    "act",
    [
        lambda row: connect_as_operator(SYSTEM, row, CONNECTION),
        lambda row: disconnect_as_operator(SYSTEM, row),
    ],
)
def test_what_we_run_is_not_connected_otherwise(act, deployment, local):
    with pytest.raises(ValidationError, match="runs the Airflow of this Deployment itself"):
        act(deployment)


def test_what_the_keeper_said_when_it_started_is_the_reason(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    never_started = why_not()
    place.root().mkdir()

    place.write_refusal("Install bubblewrap.")

    assert (never_started, why_not()) == ("", "Install bubblewrap.")
