"""Housekeeping of the store: ends interrupted deploys, deletes old versions and the files of deleted Deployments."""

import logging
import time
from contextlib import suppress
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from deployments.deploys import quota
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
    exceeded = quota.exceeded()
    for bundle in bundles.bundles():
        found = known.get(bundle.path.name)
        try:
            _tidy_up_one(bundle, found, has_too_much=found is not None and found.pk in exceeded)
        except OSError:
            logger.exception("Housekeeping could not finish the DAGs of %s", bundle.path.name)


def prune(deployment: Deployment) -> list[str]:
    """Delete the versions that nobody can need any more, and return them. Only while the Deployment's lock is held.

    The last 10 stay, and what Airflow has read within 24 hours, as far as the quota allows; unknown files as long.
    """
    bundle = Bundle(deployment.release_name)
    gone = quota.make_room(deployment, bundle)
    kept = _kept(deployment) | {bundle.current}
    oldest = time.time() - KEPT_FOR.total_seconds()
    old = [version for version, since in bundle.versions.items() if version not in kept and since < oldest]
    quota.delete(deployment, bundle, old)
    return gone + old


def delete_files(bundle: Bundle) -> bool:
    """Delete the files of a Deployment that was deleted; whether they are gone.

    Only if the audit log says that it was: under another or an older database, nothing is lost.
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


def _tidy_up_one(bundle: Bundle, deployment: Deployment | None, *, has_too_much: bool) -> None:
    if deployment is None:
        delete_files(bundle)
    elif has_too_much or len(bundle.versions) > KEPT_VERSIONS:
        with suppress(bundles.Busy), bundles.hold(deployment.pk):
            prune(deployment)


def _interrupted() -> list[Deployment]:
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


def _kept(deployment: Deployment) -> set[str]:
    known = quota.versions(deployment)
    oldest = timezone.now() - KEPT_FOR
    read = {version.id for version in known if version.read_until > oldest}
    return read.union(version.id for version in known[-KEPT_VERSIONS:])
