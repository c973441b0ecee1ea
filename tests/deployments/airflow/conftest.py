"""A fake Airflow of each version, and one that is connected."""

import pytest

from deployments.airflow import calls, waiting
from deployments.airflow.accounts import Account, seal
from deployments.models import Airflow, AirflowRole, Deployment, Ground, Status
from tests.fake_airflow import PASSWORDS, FakeAirflow, running

ACCOUNTS = {role: Account(f"console-{role}", PASSWORDS[f"console-{role}"]) for role in AirflowRole}


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch):
    monkeypatch.setattr(waiting.silent, "_until", {})
    monkeypatch.setattr(calls._tokens, "_known", {})


@pytest.fixture(params=["2.11.2", "3.3.2"])
def fake(request):
    """An Airflow of each version in turn."""
    with running(FakeAirflow(request.param)) as airflow:
        yield airflow


@pytest.fixture
def fake3():
    with running(FakeAirflow("3.3.2")) as airflow:
        yield airflow


def connected(deployment: Deployment, fake: FakeAirflow, accounts=ACCOUNTS) -> Airflow:
    """The fake as the Airflow of a Deployment, seen healthy."""
    Deployment.objects.filter(pk=deployment.pk).update(status=Status.HEALTHY)
    return Airflow.objects.create(
        deployment=deployment,
        ground=Ground.CONNECTED,
        base_url=fake.base_url,
        version=fake.version,
        sealed_accounts=seal(deployment.pk, accounts),
        variables_version=deployment.variables_version,
    )
