"""What should become of the Airflow behind a Deployment: hibernate, wake up, restart; and who connects one.

Nothing here starts or stops anything. The keeper of those that run here reads the row and does; it writes what it saw.
"""

from dataclasses import dataclass, field
from typing import Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from cloudui.web.advice import Advice
from cloudui.web.principal import Principal
from deployments import events
from deployments.access import deployment_to_edit
from deployments.airflow.accounts import Accounts, seal
from deployments.airflow.local import why_not
from deployments.airflow.runner.environments import versions
from deployments.models import (
    Airflow,
    AirflowAuth,
    Cluster,
    ClusterKind,
    Deployment,
    Ground,
    RuntimeRelease,
    Status,
)

NO_AIRFLOW: Final = Advice(
    "This Deployment has no Airflow.",
    "An operator connects one in the admin site or by manage.py connect_airflow.",
)
NOT_OURS: Final = Advice(
    "Somebody else runs the Airflow of this Deployment.",
    "Stop and start it where it runs; Cloud UI only looks at it.",
)
RUN_HERE: Final = Advice(
    "Cloud UI runs the Airflow of this Deployment itself.",
    "Make a Deployment on a Cluster of the kind external to connect one that exists.",
)
ASLEEP: Final = Advice(
    "This Deployment hibernates.", "Wake it up: it starts with everything that was changed."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """How an Airflow that exists is reached; `accounts` are empty for the mode of our auth manager."""

    base_url: str
    version: str
    auth: AirflowAuth
    accounts: Accounts = field(default_factory=dict, repr=False)


def can_hibernate(deployment: Deployment) -> bool:
    """Whether Cloud UI starts and stops its Airflow, or would if somebody woke it up."""
    airflow = Airflow.of(deployment)
    return deployment.cluster.kind == ClusterKind.LOCAL if airflow is None else airflow.is_run_by_us


def hibernate(principal: Principal, deployment: Deployment) -> Airflow:
    """Have its processes end; schedules wait until it wakes up. An Airflow that sleeps already sleeps on.

    Raises:
        Http404, PermissionDenied: when the Deployment or the right to it went meanwhile.
        ValidationError: when there is none, or somebody else runs it.
    """
    with transaction.atomic():
        locked = deployment_to_edit(principal, deployment.workspace_id, deployment.pk, locked=True)
        airflow = _run_by_us(locked)
        if airflow.is_awake:
            airflow.is_awake = False
            airflow.save(update_fields=["is_awake"])
            events.record(principal, "hibernateDeployment", locked, {})
    return airflow


def wake_up(principal: Principal, deployment: Deployment) -> Airflow:
    """Have its processes start; one on a Cluster of this machine that has no Airflow yet gets it. Raises the same.

    Also ValidationError with the reason where this machine cannot run any.
    """
    with transaction.atomic():
        locked = deployment_to_edit(principal, deployment.workspace_id, deployment.pk, locked=True)
        if Airflow.of(locked) is None and locked.cluster.kind == ClusterKind.LOCAL:
            try:
                require_ground(locked.cluster, locked.runtime)
            except ValidationError as error:
                raise ValidationError(error.messages) from None
            airflow = add_local(locked)
            events.record(principal, "wakeUpDeployment", locked, {})
            return airflow
        airflow = _run_by_us(locked)
        if not airflow.is_awake:
            airflow.is_awake = True
            airflow.save(update_fields=["is_awake"])
            _starts(locked)
            events.record(principal, "wakeUpDeployment", locked, {})
    return airflow


def restart(principal: Principal, deployment: Deployment) -> Airflow:
    """Have its processes start anew, with the variables and settings of now. Raises the same as `hibernate`.

    Where somebody else runs it, it notes that they have done so: what was changed until now has reached it.
    """
    with transaction.atomic():
        locked = deployment_to_edit(principal, deployment.workspace_id, deployment.pk, locked=True)
        airflow = Airflow.of(locked)
        if airflow is None:
            raise ValidationError(NO_AIRFLOW)
        if airflow.ground == Ground.CONNECTED:
            airflow.variables_version = locked.variables_version
            airflow.save(update_fields=["variables_version"])
            events.record(principal, "noteAirflowRestart", locked, {})
            return airflow
        if not airflow.is_awake:
            raise ValidationError(ASLEEP)
        airflow.restart_requested_at = timezone.now()
        airflow.save(update_fields=["restart_requested_at"])
        events.record(principal, "restartDeployment", locked, {})
    return airflow


def require_ground(cluster: Cluster, runtime: RuntimeRelease) -> None:
    """Raise ValidationError, on its field, if a Deployment would run here and this machine cannot run it."""
    if cluster.kind != ClusterKind.LOCAL:
        return
    if reason := why_not():
        raise ValidationError({"cluster": reason})
    if runtime.airflow_version not in (offered := versions()):
        raise ValidationError(
            {
                "runtime": f"Airflow {runtime.airflow_version} cannot run on this machine, only "
                f"{' and '.join(offered)}. Select another runtime."
            }
        )


def add_local(deployment: Deployment) -> Airflow:
    """Give a Deployment, whose row is held or new, an Airflow that runs on this machine, awake."""
    airflow = Airflow.objects.create(deployment=deployment, ground=Ground.LOCAL)
    deployment.airflow = airflow
    _starts(deployment)
    return airflow


@sensitive_variables()
def connect_as_operator(principal: Principal, deployment: Deployment, connection: Connection) -> Airflow:
    """Connect an Airflow that was tried (`deployments.airflow.connecting`), or connect it otherwise.

    Whoever calls has made sure that an operator asks.

    Raises:
        ValidationError: when the Deployment was deleted meanwhile, or Cloud UI runs its Airflow.
    """
    with transaction.atomic():
        locked = _held(deployment)
        before = Airflow.of(locked)
        if before is not None and before.ground != Ground.CONNECTED:
            raise ValidationError(RUN_HERE)
        airflow = before or Airflow(deployment=locked, ground=Ground.CONNECTED)
        is_other = airflow.base_url != connection.base_url
        airflow.base_url, airflow.version, airflow.auth = (
            connection.base_url,
            connection.version,
            connection.auth,
        )
        airflow.sealed_accounts = seal(locked.pk, connection.accounts) if connection.accounts else None
        if is_other:
            # Whoever connects it has given it the variables of now.
            airflow.variables_version = locked.variables_version
        airflow.save()
        if is_other:
            _starts(locked)
        events.record(
            principal,
            "connectAirflow",
            locked,
            {
                "baseUrl": connection.base_url,
                "version": connection.version,
                "auth": connection.auth,
                "accounts": {role.value: account.username for role, account in connection.accounts.items()},
            },
        )
    return airflow


def disconnect_as_operator(principal: Principal, deployment: Deployment) -> bool:
    """Delete the address and the accounts of a connected Airflow; whether there was one. The Airflow goes on.

    Raises:
        ValidationError: when the Deployment was deleted meanwhile, or Cloud UI runs its Airflow.
    """
    with transaction.atomic():
        locked = _held(deployment)
        airflow = Airflow.of(locked)
        if airflow is None:
            return False
        if airflow.ground != Ground.CONNECTED:
            raise ValidationError(RUN_HERE)
        airflow.delete()
        Deployment.objects.filter(pk=locked.pk).update(status=Status.NOT_CONNECTED)
        events.record(principal, "disconnectAirflow", locked, {"baseUrl": airflow.base_url})
    return True


# Private


def _run_by_us(deployment: Deployment) -> Airflow:
    airflow = Airflow.of(deployment)
    if airflow is None:
        raise ValidationError(NO_AIRFLOW)
    if airflow.ground == Ground.CONNECTED:
        raise ValidationError(NOT_OURS)
    return airflow


def _held(deployment: Deployment) -> Deployment:
    held = Deployment.objects.locked().filter(pk=deployment.pk).first()
    if held is None:
        raise ValidationError("The Deployment was deleted meanwhile.")
    return held


def _starts(deployment: Deployment) -> None:
    """Say that it is on its way. `updated_at` tells what people changed, and stays."""
    deployment.status = Status.CREATING
    Deployment.objects.filter(pk=deployment.pk).update(status=Status.CREATING)
