"""The Airflow of a Deployment in the admin site: tried on saving, kept encrypted, never shown again."""

import pytest

from deployments.airflow.accounts import unseal
from deployments.models import Airflow, AirflowRole, Deployment, Ground, Status
from tests.admin.forms import errors, fill, send
from tests.deployments.helpers import page, text
from tests.factories import create_deployment, create_runtime
from tests.fake_airflow import PASSWORDS, FakeAirflow, running
from workspaces.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def fake():
    with running(FakeAirflow("3.3.2")) as airflow:
        yield airflow


@pytest.fixture
def deployment():
    return create_deployment(name="Production", runtime=create_runtime(airflow_version="3.3.2"))


@pytest.fixture
def there(deployment):
    return f"/admin/deployments/deployment/{deployment.pk}/airflow/"


def passwords(*roles):
    return {f"{role}_password": PASSWORDS[f"console-{role}"] for role in roles}


def test_an_operator_connects_one(as_operator, operator, deployment, there, fake):
    response = send(as_operator, there, base_url=fake.base_url, **passwords("viewer", "user", "op", "admin"))

    deployment.refresh_from_db()
    airflow = Airflow.objects.get()
    assert response["Location"] == f"/admin/deployments/deployment/{deployment.pk}/change/"
    assert (airflow.base_url, airflow.version, deployment.status) == (fake.base_url, "3.3.2", Status.HEALTHY)
    assert {role.value for role in unseal(airflow)} == {"viewer", "user", "op", "admin"}
    event = AuditEvent.objects.get(operation="connectAirflow")
    assert (event.subject_id, event.deployment) == (operator.pk, deployment.pk)
    assert "password" not in str(event.input)


def test_no_password_shows_again_and_an_empty_one_keeps_it(as_operator, there, fake):
    send(as_operator, there, base_url=fake.base_url, **passwords("viewer", "op"))

    shown = as_operator.get(there)
    send(as_operator, there, admin_username="console-admin", **passwords("admin"))

    for password in PASSWORDS.values():
        assert password not in shown.content.decode()
    assert "Stored. Type a new one to replace it." in text(shown)
    kept = {role.value: account.password for role, account in unseal(Airflow.objects.get()).items()}
    assert kept == {role: PASSWORDS[f"console-{role}"] for role in ("viewer", "op", "admin")}


FAILURES = [
    ({"base_url": "http://127.0.0.1:1"}, "Nothing listens at its address."),
    ({"base_url": "https://me:secret@airflow.example.com"}, "without a user name or password"),
    ({"op_password": "wrong"}, "Op: Airflow refuses the user name or the password"),
    ({"viewer_password": ""}, "Enter a service account for at least one role."),
]


@pytest.mark.parametrize(("changes", "words"), FAILURES)
def test_what_failed_is_said_and_nothing_kept(as_operator, there, fake, changes, words):
    response = send(as_operator, there, **{"base_url": fake.base_url, **passwords("viewer"), **changes})

    assert response.status_code == 422
    assert words in errors(response)
    assert not Airflow.objects.exists()
    assert PASSWORDS["console-viewer"] not in response.content.decode()


def test_an_operator_disconnects_it(as_operator, deployment, there, fake):
    send(as_operator, there, base_url=fake.base_url, **passwords("viewer"))

    as_operator.post(there, {**fill(as_operator.get(there)), "disconnect": "Disconnect"})

    deployment.refresh_from_db()
    assert (Airflow.objects.exists(), deployment.status) == (False, Status.NOT_CONNECTED)


def test_what_we_run_is_only_shown(as_operator, deployment, there):
    Airflow.objects.create(deployment=deployment, ground=Ground.LOCAL)

    response = as_operator.get(there)

    assert "Cloud UI runs this Airflow itself" in text(response)
    assert not page(response).select("#connect-form")
    as_operator.post(there, {"disconnect": "Disconnect"})
    assert Airflow.objects.exists()


def test_the_page_of_a_deployment_leads_there(as_operator, deployment, there):
    assert page(as_operator.get(f"/admin/deployments/deployment/{deployment.pk}/change/")).select(
        f'a[href="{there}"]'
    )


def test_what_is_not_there_is_not_found(as_operator):
    assert as_operator.get(f"/admin/deployments/deployment/c{'0' * 24}/airflow/").status_code == 404
    assert Deployment.objects.count() == 0


def test_roles_are_those_of_airflow(as_operator, there):
    labels = text(as_operator.get(there))

    assert all(f"{role.label}: user name" in labels for role in AirflowRole)
