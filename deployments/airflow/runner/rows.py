"""What the keeper reads and writes in the database."""

from dataclasses import dataclass

from django.db import connections

from cloudui.web import databases
from deployments.airflow.accounts import Accounts, seal
from deployments.airflow.runner import plan as plans
from deployments.airflow.runner.plan import Plan, Stamp
from deployments.airflow.state import Seen, record_seen
from deployments.models import Airflow, AirflowAuth, Deployment
from workspaces.models import AuditEvent


@dataclass(frozen=True, slots=True)
class Found:
    """An Airflow that is to run here; another `stamp` means another plan."""

    deployment_id: str
    stamp: Stamp


def read() -> list[Found]:
    """All that are to run here, in one query."""
    return [Found(airflow.pk, plans.stamp(airflow)) for airflow in plans.to_run()]


def plan_of(deployment_id: str) -> Plan | None:
    """The plan of one of them; None if it is none any more."""
    airflow = plans.to_run().filter(pk=deployment_id).first()
    return Plan.of(airflow) if airflow else None


def record(deployment_id: str, seen: Seen) -> None:
    """Write what was seen of the Airflow of this Deployment."""
    record_seen(Airflow(pk=deployment_id), seen)


def write_entry(deployment_id: str, base_url: str, accounts: Accounts) -> None:
    """Write how the Airflow is entered, for the gateway and the pages."""
    Airflow.objects.filter(pk=deployment_id).update(
        base_url=base_url, auth=AirflowAuth.ACCOUNTS, sealed_accounts=seal(deployment_id, accounts)
    )


def was_deleted(deployment_id: str) -> bool:
    """Whether the audit log says so: under another or an older database, nothing of it may be lost."""
    return (
        bool(deployment_id)
        and not Deployment.objects.filter(pk=deployment_id).exists()
        and AuditEvent.objects.of_deployment(deployment_id).filter(operation="deleteDeployment").exists()
    )


def close_connections(error: Exception, sentence: str) -> None:
    """Say what failed, and begin anew: perhaps it is the connection that broke."""
    databases.log(error, sentence)
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()
