"""Housekeeping of the store: conclude interrupted deploys, forget old versions and deleted Deployments."""

import logging
import time
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from deployments.deploys.completion import settle
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
    """Look at each Deployment that has anything in the store or in the making; leave out who is at work."""
    for deployment in _unsettled():
        try:
            with suppress(bundles.Busy), bundles.hold(deployment.pk):
                settle(deployment)
        except OSError:
            logger.exception("Housekeeping could not read the DAGs of %s", deployment.release_name)
    known = {deployment.release_name: deployment for deployment in Deployment.objects.all()}
    for bundle in bundles.bundles():
        try:
            _tidy_up_one(bundle, known.get(bundle.path.name))
        except OSError:
            logger.exception("Housekeeping could not finish the DAGs of %s", bundle.path.name)


def prune(deployment: Deployment) -> list[str]:
    """Forget the versions that nobody can need any more. Under the Deployment's lock only.

    The last 10 stay, and what Airflow has read within 24 hours. Files that the history does not know get as
    much time.

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


def forget(bundle: Bundle) -> bool:
    """Delete what belongs to a Deployment that was deleted.

    Only if the audit log says that it was: a store that is looked at with another database, or with an older
    backup of it, loses nothing.

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
            bundles.forget_lock(owner)
    except bundles.Busy:
        return False
    return True


def forget_after_commit(deployment: Deployment) -> None:
    """Have the files of a Deployment that is being deleted go with it; housekeeping does what this misses."""
    bundle = Bundle(deployment.release_name)
    # The deletion is done and said; a disk that does not obey is not its failure.
    transaction.on_commit(lambda: forget(bundle), robust=True)


# Private


def _tidy_up_one(bundle: Bundle, deployment: Deployment | None) -> None:
    if deployment is None:
        forget(bundle)
    elif len(bundle.versions) > KEPT_VERSIONS:
        with suppress(bundles.Busy), bundles.hold(deployment.pk):
            prune(deployment)


def _unsettled() -> list[Deployment]:
    """Those with a deploy in the making, and those whose disk says something else than the history."""
    receiving = Deploy.objects.filter(status=DeployStatus.RECEIVING).values_list("deployment", flat=True)
    known = Deployment.objects.values_list("pk", "release_name", "current_deploy__version")
    ids = {pk for pk, release_name, version in known if not _reads(release_name, version or "")}
    return list(Deployment.objects.filter(pk__in=ids.union(receiving)))


def _reads(release_name: str, version: str) -> bool:
    try:
        return Bundle(release_name).current == version
    except OSError:
        # Somebody put something else in its place: of this one alone nothing is known.
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
