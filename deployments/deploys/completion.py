"""How a deploy ends: it succeeds, it fails, or what a dead process left behind is concluded for it.

Each end changes the history, says who last changed the Deployment, and writes its audit event in one transaction
that has the Deployment's row. Who calls anything here also holds the lock of its files (`store.bundles.hold`).
"""

import logging
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from cloudui.web.principal import Kind, Principal
from deployments.deploys.store.bundles import Bundle
from deployments.models import Deploy, Deployment, DeployStatus
from workspaces import audit

INTERRUPTED: Final = "Interrupted: the server stopped before this was finished."
REASON_LENGTH: Final = 500

logger = logging.getLogger(__name__)


def settle(deployment: Deployment) -> None:
    """Conclude what a process that died left behind, so that history and disk agree. Under the lock only.

    Where they disagree otherwise, as after a restored backup of the database, the history is right.
    """
    bundle = Bundle(deployment.release_name)
    for deploy in Deploy.objects.of(deployment).filter(status=DeployStatus.RECEIVING).order_by("created_at"):
        conclude(_maker(deploy), deploy, bundle, INTERRUPTED)
    bundle.sweep()
    present = Deployment.objects.select_related("current_deploy").filter(pk=deployment.pk).first()
    if present is not None:
        _follow_history(bundle, current_version(present))


def conclude(principal: Principal, deploy: Deploy, bundle: Bundle, reason: str) -> None:
    """End a deploy that got stuck: it has succeeded if Airflow reads it already, and failed otherwise.

    Args:
        principal: who made it.
        deploy: is Receiving. An upload that failed leaves no files behind.
        bundle: the versions of its Deployment.
        reason: what the history says about a failure.
    """
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
            succeed(principal, locked, deploy)
        else:
            _fail(principal, locked, deploy, reason)


def succeed(principal: Principal, locked: Deployment, deploy: Deploy) -> None:
    """Have the history say that Airflow reads this deploy now. Inside the transaction that has the row."""
    deploy.status, deploy.reason, deploy.finished_at = DeployStatus.SUCCEEDED, "", timezone.now()
    deploy.save(update_fields=["status", "finished_at"])
    locked.current_deploy = deploy
    locked.save_change(principal, "current_deploy")
    _record(principal, locked, deploy)


def current_version(deployment: Deployment) -> str:
    """The version that Airflow reads as the history has it, empty before the first deploy."""
    return deployment.current_deploy.version if deployment.current_deploy else ""


# Private


def _fail(principal: Principal, locked: Deployment, deploy: Deploy, reason: str) -> None:
    deploy.status, deploy.finished_at = DeployStatus.FAILED, timezone.now()
    deploy.reason = reason[:REASON_LENGTH]
    deploy.save(update_fields=["status", "finished_at", "reason", "has_files"])
    _record(principal, locked, deploy)


def _record(principal: Principal, locked: Deployment, deploy: Deploy) -> None:
    said: dict[str, Any] = {
        "id": deploy.pk,
        "description": deploy.description,
        "size": deploy.size,
        "files": deploy.file_count,
        "checksum": deploy.checksum,
    }
    if deploy.rolled_back_to_id:
        said["rolledBackTo"] = deploy.rolled_back_to_id
    if deploy.reason:
        said["reason"] = deploy.reason
    audit.record(
        principal,
        "rollBackDeploy" if deploy.rolled_back_to_id else "createDeploy",
        workspace=locked.workspace_id,
        deployment=locked.pk,
        target=deploy.pk,
        input=said,
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
    """Who began a deploy, to be named for its end."""
    return Principal(kind=Kind(deploy.made_by_kind), id=deploy.made_by_id, name=deploy.made_by_name)
