"""What was seen of an Airflow, and the accounts by which it is entered."""

import pytest

from cloudui.web.encryption import CannotDecrypt
from cloudui.web.principal import Kind, Principal
from deployments.airflow.accounts import Account, seal, unseal
from deployments.airflow.roles import airflow_role
from deployments.airflow.state import Component, Seen, record_seen
from deployments.models import Airflow, AirflowRole, Deployment, Ground, Status
from tests.factories import create_deployment
from workspaces.models import Role

ACCOUNTS = {
    AirflowRole.OP: Account("console-op", "one"),
    AirflowRole.VIEWER: Account("console-viewer", "two"),
}


@pytest.fixture
def airflow(deployment):
    return Airflow.objects.create(
        deployment=deployment, ground=Ground.LOCAL, sealed_accounts=seal(deployment.pk, ACCOUNTS)
    )


def test_what_was_seen_is_the_status_of_the_deployment(airflow, deployment):
    before = deployment.updated_at
    failed = Component(name="scheduler", state="failed", detail="exit status 1")

    changes = [
        record_seen(
            airflow, Seen(status=Status.UNHEALTHY, reason="The scheduler ended.", components=[failed])
        )
        for _ in range(2)
    ]

    deployment.refresh_from_db()
    airflow.refresh_from_db()
    assert changes == [True, False]
    assert (deployment.status, deployment.updated_at) == (Status.UNHEALTHY, before)
    assert airflow.reason == "The scheduler ended."
    assert airflow.components == [{"name": "scheduler", "state": "failed", "detail": "exit status 1"}]
    assert airflow.seen_at


def test_a_version_that_was_not_told_stays_what_it_was(airflow):
    record_seen(airflow, Seen(status=Status.HEALTHY, version="3.3.2"))
    record_seen(airflow, Seen(status=Status.UNHEALTHY))

    airflow.refresh_from_db()
    assert airflow.version == "3.3.2"


def test_nothing_is_written_of_an_airflow_that_is_gone(airflow, deployment):
    Airflow.objects.all().delete()

    assert not record_seen(airflow, Seen(status=Status.HEALTHY))
    assert Deployment.objects.get().status == Status.NOT_CONNECTED


def test_accounts_open_only_for_their_own_deployment(airflow, workspace):
    assert unseal(airflow) == ACCOUNTS
    assert "one" not in repr(unseal(airflow))

    other = Airflow(deployment=create_deployment(workspace=workspace, name="Other"), ground=Ground.LOCAL)
    assert unseal(other) == {}
    other.sealed_accounts = airflow.sealed_accounts
    with pytest.raises(CannotDecrypt):
        unseal(other)


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        (Role.MEMBER, AirflowRole.VIEWER),
        (Role.EDITOR, AirflowRole.USER),
        (Role.ADMIN, AirflowRole.ADMIN),
        (None, AirflowRole.OP),
    ],
)
def test_the_role_at_airflow_follows_the_one_here(deployment, role, expected):
    deployment.caller_role = role.value if role else 0
    kind = Kind.USER if role else Kind.API_KEY

    assert airflow_role(Principal(kind=kind, id="caller", name="Caller"), deployment) is expected
