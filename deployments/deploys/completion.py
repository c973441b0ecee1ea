"""How a deploy ends: it succeeds, it fails, or its end is written for a process that died before it could.

Each end is one transaction with its audit event, under the Deployment's row and the lock of its files.
"""

import logging
from contextlib import suppress
from typing import Any, Final

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from cloudui.web.principal import Kind, Principal
from deployments import alerts, events
from deployments.deploys import bounds
from deployments.deploys.store import bundles
from deployments.deploys.store.bundles import Bundle
from deployments.models import Deploy, Deployment, DeployStatus

INTERRUPTED: Final = "Interrupted: the server stopped before this was finished."
REASON_LENGTH: Final = 500

logger = logging.getLogger(__name__)


def recover_interrupted(deployment: Deployment) -> None:
    """Make the disk agree with the history, after a crash or a restored backup. Only while the lock is held."""
    bundle = Bundle(deployment.release_name)
    for deploy in Deploy.objects.of(deployment).filter(status=DeployStatus.RECEIVING).order_by("created_at"):
        complete_interrupted(_maker(deploy), deploy, bundle, INTERRUPTED)
    bundle.delete_leftovers()
    present = Deployment.objects.select_related("current_deploy").filter(pk=deployment.pk).first()
    if present is not None:
        _follow_history(bundle, current_version(present))


def recover(deployment: Deployment) -> bool:
    """End a deploy that is still Receiving although nobody is at work on it, as after a server that was killed.

    Whether history and disk agree now: not while somebody is at work, nor while the store cannot be reached, which
    housekeeping logs. Http404 if the Deployment went meanwhile.
    """
    with suppress(bundles.Busy, OSError), bundles.hold(deployment.pk):
        recover_interrupted(deployment)
        try:
            deployment.refresh_from_db(fields=["current_deploy"])
        except Deployment.DoesNotExist:
            raise Http404 from None
        return True
    return False


def complete_interrupted(principal: Principal, deploy: Deploy, bundle: Bundle, reason: str) -> None:
    """End a Receiving deploy: it succeeded if Airflow reads it already, otherwise it failed for `reason`."""
    is_read = bundle.current == deploy.version
    if not is_read and deploy.version == deploy.pk:
        # Before the transaction: others need not wait while thousands of files go.
        bundle.remove(deploy.version)
        deploy.has_files = False
    with transaction.atomic():
        locked = Deployment.objects.locked().filter(pk=deploy.deployment_id).first()
        if locked is None:
            return
        if is_read:
            mark_succeeded(principal, locked, deploy)
        else:
            _mark_failed(principal, locked, deploy, reason)


def mark_succeeded(principal: Principal, locked: Deployment, deploy: Deploy) -> None:
    """Have the history say that Airflow reads this deploy now, inside the transaction that holds the row."""
    deploy.status, deploy.finished_at = DeployStatus.SUCCEEDED, timezone.now()
    deploy.save(update_fields=["status", "finished_at"])
    locked.current_deploy = deploy
    locked.save_change(principal, "current_deploy")
    _record(principal, locked, deploy)
    bounds.delete_old_deploys(locked)


def mark_recorded(principal: Principal, locked: Deployment, deploy: Deploy) -> None:
    """End the deploy of an image, which changes nothing that Airflow reads here; inside its transaction."""
    deploy.status, deploy.finished_at = DeployStatus.SUCCEEDED, timezone.now()
    deploy.save(update_fields=["status", "finished_at"])
    locked.save_change(principal)
    _record(principal, locked, deploy)
    bounds.delete_old_deploys(locked)


def current_version(deployment: Deployment) -> str:
    """The version that Airflow reads according to the history, empty before the first deploy."""
    return deployment.current_deploy.version if deployment.current_deploy else ""


# Private


def _mark_failed(principal: Principal, locked: Deployment, deploy: Deploy, reason: str) -> None:
    deploy.status, deploy.finished_at = DeployStatus.FAILED, timezone.now()
    deploy.reason = reason[:REASON_LENGTH]
    deploy.save(update_fields=["status", "finished_at", "reason", "has_files"])
    if bounds.is_first_failure(principal, locked):
        _record(principal, locked, deploy)
    alerts.send_deploy_failed(locked, deploy)
    bounds.delete_old_failures(locked)


def _record(principal: Principal, locked: Deployment, deploy: Deploy) -> None:
    values: dict[str, Any] = {
        "id": deploy.pk,
        "description": deploy.description,
        "size": deploy.size,
        "files": deploy.file_count,
        "checksum": deploy.checksum,
    }
    said = {"image": deploy.image, "client": deploy.client, "commit": deploy.commit_sha}
    values |= {name: value for name, value in said.items() if value}
    if deploy.rolled_back_to_id:
        values["rolledBackTo"] = deploy.rolled_back_to_id
    if deploy.reason:
        values["reason"] = deploy.reason
    events.record(
        principal,
        "rollBackDeploy" if deploy.rolled_back_to_id else "createDeploy",
        locked,
        values,
        target=deploy.pk,
        result="ok" if deploy.status == DeployStatus.SUCCEEDED else "failed",
    )


def _follow_history(bundle: Bundle, version: str) -> None:
    if bundle.current == version:
        return
    logger.warning("%s: Airflow read %r, the history says %r", bundle.path.name, bundle.current, version)
    if not version:
        bundle.deactivate()
    elif bundle.has(version):
        bundle.activate(version)


def _maker(deploy: Deploy) -> Principal:
    return Principal(kind=Kind(deploy.made_by_kind), id=deploy.made_by_id, name=deploy.made_by_name)
