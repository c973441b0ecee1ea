"""What keeps the history and the audit log from growing with every deploy that somebody tries.

Of one caller's failures at one Deployment, the first of an hour has an event; one more after the hour counts the
rest, with the next failure or by housekeeping. What changes a row here holds the row of its Deployment.
"""

from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from cloudui.web.principal import Kind, Principal
from deployments import events
from deployments.models import Deploy, DeployFailures, Deployment, DeployStatus

HOUR: Final = timedelta(hours=1)
KEPT_FAILED: Final = 50
KEPT_DEPLOYS: Final = 1000
# As long as a call with an Idempotency-Key may ask for its deploy again.
KEPT_FOR: Final = timedelta(hours=24)


def is_first_failure(principal: Principal, locked: Deployment) -> bool:
    """Count one more failed deploy of this caller; whether it is the first of an hour, and so has an event."""
    row = DeployFailures.objects.filter(
        deployment=locked, made_by_kind=principal.kind, made_by_id=principal.id
    ).first()
    if row is not None and timezone.now() - row.since < HOUR:
        row.count = F("count") + 1
        row.until = timezone.now()
        row.save(update_fields=["count", "until"])
        return False
    if row is not None:
        _record(row, locked)
    now = timezone.now()
    DeployFailures.objects.create(
        deployment=locked,
        made_by_kind=principal.kind,
        made_by_id=principal.id,
        made_by_name=principal.name[:254],
        since=now,
        until=now,
    )
    return True


def record_counts() -> None:
    """Tell of the hours that are over; for housekeeping."""
    for row in DeployFailures.objects.filter(since__lte=timezone.now() - HOUR):
        record_count(row)


def record_count(row: DeployFailures) -> None:
    """Tell of one row whose hour is over, unless somebody else just did."""
    with transaction.atomic():
        locked = Deployment.objects.locked().filter(pk=row.deployment_id).first()
        present = DeployFailures.objects.filter(pk=row.pk, since=row.since).first()
        if locked is not None and present is not None:
            _record(present, locked)


def record_counts_of(locked: Deployment) -> None:
    """Tell of what was counted for a Deployment that is about to be deleted."""
    for row in DeployFailures.objects.filter(deployment=locked):
        _record(row, locked)


def delete_old_failures(locked: Deployment) -> None:
    """Keep the last 50 failed deploys of a Deployment."""
    failed = Deploy.objects.of(locked).filter(status=DeployStatus.FAILED)
    newest_first = failed.order_by("-created_at").values_list("created_at", flat=True)
    oldest_kept = newest_first[KEPT_FAILED - 1 : KEPT_FAILED].first()
    if oldest_kept is not None:
        failed.filter(created_at__lt=oldest_kept).delete()


def delete_old_deploys(locked: Deployment) -> None:
    """Keep the last 1000 deploys of a Deployment, those of a day, those whose files are there, and the current one."""
    history = Deploy.objects.of(locked)
    newest_first = history.order_by("-created_at").values_list("created_at", flat=True)
    beyond = newest_first[KEPT_DEPLOYS : KEPT_DEPLOYS + 1].first()
    if beyond is None:
        return
    # The newest of those that could go stays: it says what Airflow read until the next one.
    limit = min(beyond, timezone.now() - KEPT_FOR)
    last = newest_first.filter(created_at__lte=limit).first()
    if last is not None:
        old = history.filter(created_at__lt=last).exclude(pk=locked.current_deploy_id)
        old.filter(~Q(version=F("pk")) | Q(has_files=False)).delete()


# Private


def _record(row: DeployFailures, locked: Deployment) -> None:
    row.delete()
    if row.count:
        maker = Principal(kind=Kind(row.made_by_kind), id=row.made_by_id, name=row.made_by_name)
        told = {"failures": row.count, "since": row.since.isoformat(), "until": row.until.isoformat()}
        events.record(maker, "createDeploy", locked, told, result="failed")
