"""A fake Airflow as that of a Deployment."""

from collections.abc import Mapping

from deployments.airflow.accounts import Account, seal
from deployments.models import Airflow, AirflowRole, Deployment, Ground, Status
from tests.fake_airflow import PASSWORDS, FakeAirflow

ACCOUNTS = {role: Account(f"console-{role}", PASSWORDS[f"console-{role}"]) for role in AirflowRole}


def connected(
    deployment: Deployment, fake: FakeAirflow, accounts: Mapping[AirflowRole, Account] = ACCOUNTS
) -> Airflow:
    """Connect it, seen healthy."""
    Deployment.objects.filter(pk=deployment.pk).update(status=Status.HEALTHY)
    return Airflow.objects.create(
        deployment=deployment,
        ground=Ground.CONNECTED,
        base_url=fake.base_url,
        version=fake.version,
        sealed_accounts=seal(deployment.pk, dict(accounts)),
        variables_version=deployment.variables_version,
    )
