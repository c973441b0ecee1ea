"""Housekeeping of the store: ends interrupted deploys, deletes old versions and the files of deleted Deployments."""

import logging
import time
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from deployments.deploys.completion import recover_interrupted
from deployments.deploys.store import bundles
from deployments.deploys.store.bundles import Bundle
from deployments.models import Deploy, Deployment, DeployStatus
from workspaces.models import AuditEvent

# A running task may read the version that it began with, long after a later one was deployed
# (docs/deploys.md).
KEPT_VERSIONS: Final = 10
KEPT_FOR: Final = timedelta(hours=24)

logger = logging.getLogger(__name__)


def tidy_up() -> None:
    """Look at each Deployment with files or with a deploy on its way; one that is being deployed to is left out."""
    for deployment in _interrupted():
        try:
            with suppress(bundles.Busy), bundles.hold(deployment.pk):
                recover_interrupted(deployment)
        except OSError:
            logger.exception("Housekeeping could not read the DAGs of %s", deployment.release_name)
    known = {deployment.release_name: deployment for deployment in Deployment.objects.all()}
    for bundle in bundles.bundles():
        try:
            _tidy_up_one(bundle, known.get(bundle.path.name))
        except OSError:
            logger.exception("Housekeeping could not finish the DAGs of %s", bundle.path.name)


def prune(deployment: Deployment) -> list[str]:
    """Delete the versions that nobody can need any more. Only while the Deployment's lock is held.

    The last 10 stay, and what Airflow has read within 24 hours. Files that the history does not know stay as long.

    Returns:
        The versions that are gone.
    """
    bundle = Bundle(deployment.release_name)
    kept = _kept(deployment, now=timezone.now()) | {bundle.current}
    oldest = time.time() - KEPT_FOR.total_seconds()
    gone = [version for version, since in bundle.versions.items() if version not in kept and since < oldest]
    # First the history: it must not offer files that are going.
    Deploy.objects.of(deployment).filter(version__in=gone).update(has_files=False)
    for version in gone:
        bundle.remove(version)
    return gone


def delete_files(bundle: Bundle) -> bool:
    """Delete what belongs to a Deployment that was deleted.

    Only if the audit log says that it was, so that a store under another database, or under an older backup,
    loses nothing.

    Returns:
        Whether it is gone.
    """
    owner = bundle.owner
    was_deleted = (
        owner
        and not Deployment.objects.filter(pk=owner).exists()
        and AuditEvent.objects.of_deployment(owner).filter(operation="deleteDeployment").exists()
    )
    if not was_deleted:
        return False
    try:
        with bundles.hold(owner):
            bundle.remove_all()
            bundles.delete_lock(owner)
    except bundles.Busy:
        return False
    return True


def delete_after_commit(deployment: Deployment) -> None:
    """Delete the files of a Deployment as soon as it is deleted; housekeeping deletes what this misses."""
    bundle = Bundle(deployment.release_name)
    # The Deployment is gone by then, so a fault of the disk must not fail its deletion.
    transaction.on_commit(lambda: delete_files(bundle), robust=True)


# Private


def _tidy_up_one(bundle: Bundle, deployment: Deployment | None) -> None:
    if deployment is None:
        delete_files(bundle)
    elif len(bundle.versions) > KEPT_VERSIONS:
        with suppress(bundles.Busy), bundles.hold(deployment.pk):
            prune(deployment)


def _interrupted() -> list[Deployment]:
    """Those with a deploy on its way, and those where disk and history disagree."""
    receiving = Deploy.objects.filter(status=DeployStatus.RECEIVING).values_list("deployment", flat=True)
    known = Deployment.objects.values_list("pk", "release_name", "current_deploy__version")
    ids = {pk for pk, release_name, version in known if not _reads(release_name, version or "")}
    return list(Deployment.objects.filter(pk__in=ids.union(receiving)))


def _reads(release_name: str, version: str) -> bool:
    try:
        return Bundle(release_name).current == version
    except OSError:
        # Something else lies in its place. That concerns this Deployment alone.
        return False


def _kept(deployment: Deployment, *, now: datetime) -> set[str]:
    """The last 10 versions, and those that Airflow has read within 24 hours."""
    history = Deploy.objects.of(deployment).filter(status=DeployStatus.SUCCEEDED, has_files=True)
    last: list[str] = []
    read: set[str] = set()
    read_until = now
    for version, finished in history.order_by("-finished_at", "-pk").values_list("version", "finished_at"):
        if version not in last:
            last.append(version)
        if now - read_until < KEPT_FOR:
            read.add(version)
        read_until = finished or now
    return read.union(last[:KEPT_VERSIONS])
