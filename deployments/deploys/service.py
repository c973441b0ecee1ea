"""Deploys: receiving DAGs, and going back to an earlier version.

What the history says and what Airflow reads agree, even after a server that was killed at any moment:

1. A deploy is in the history as Receiving before the first byte of it lies on disk.
2. One rename puts its files in their place, another one makes Airflow read them.
3. The history says Succeeded right after that, in a transaction that held the Deployment's row before.

All this happens under a lock that ends with the process (`store.bundles.hold`). So whoever gets the lock and finds a
deploy that is still Receiving knows that nobody is at work on it, and ends it (`completion.recover_interrupted`). No
transaction is open while an archive arrives.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Final

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404

from cloudui.web import disk, metrics
from cloudui.web.disk import NoSpace
from cloudui.web.principal import Principal
from deployments.access import deployment_to_deploy
from deployments.deploys import quota
from deployments.deploys.completion import (
    complete_interrupted,
    current_version,
    mark_succeeded,
    recover_interrupted,
)
from deployments.deploys.counting import failures_counted
from deployments.deploys.listing import deploy_to_view
from deployments.deploys.source import DeploySource, clean_description, new_deploy
from deployments.deploys.store import bundles
from deployments.deploys.store.bundles import Bundle
from deployments.deploys.store.meter import Meter
from deployments.deploys.store.refusal import Refused, TooLarge
from deployments.deploys.store.stream import Readable
from deployments.models import Deploy, DeployKind, Deployment, DeployStatus

# Housekeeping holds a Deployment for an instant; another upload takes longer, and is not waited for.
WAIT_SECONDS: Final = 2.0
BROKE_OFF: Final = "The upload broke off, or the server could not store it."
NO_RIGHT: Final = "The right to deploy ended before this was finished."
FILES_GONE: Final = (
    "The files of this deploy are no longer kept. Choose a later one, or deploy this version again."
)
NO_DAGS: Final = "This deploy was of an image and has no DAGs to go back to."

logger = logging.getLogger(__name__)


class DeployInProgress(Exception):
    """Another deploy to the same Deployment is at work. An HTTP answer is 409."""

    def __str__(self) -> str:
        return "Another deploy to this Deployment is in progress. Try again when it has finished."


class NotStored(Exception):
    """The disk of the store does not take it. An HTTP answer is 503; that of a full one, `NoSpace`, is 507."""

    def __str__(self) -> str:
        return "The server could not store this: its disk is not writable. Tell whoever operates it."


class NotConfirmed(Exception):
    """Raised by what confirms a deploy, to keep it from becoming the current one; the history has its `reason`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


Confirm = Callable[[Deploy], object]


def receive(
    principal: Principal,
    deployment: Deployment,
    stream: Readable,
    *,
    description: str = "",
    source: DeploySource = DeploySource(),  # noqa: B008 - frozen
    deploy_id: str = "",
    has_base: bool = False,
    confirm: Confirm | None = None,
) -> Deploy:
    """Take an archive (tar or tar.gz) of DAGs and have Airflow read it. Call it outside a transaction.

    The right is looked up before the first byte and again at the activation. Right before that `confirm` is called,
    in the transaction that will say Succeeded; its `NotConfirmed` has the deploy fail.

    Raises:
        Http404, PermissionDenied: when the Deployment or the right to it is not there, or went meanwhile.
        ValidationError: on `description`; or on `archive` for one that is refused, code `too_large` beyond a
            limit and `refused` otherwise, and the history has it as Failed with the same reason; or without a
            field, code `quota_exceeded`, when the Deployment may keep nothing more.
        DeployInProgress: when another deploy is at work.
        NoSpace, NotStored: when the disk is almost full; when it is not writable.
        OSError: when the stream broke off.
    """
    description = clean_description(description)
    with _locked_files(deployment):
        bundle = Bundle(deployment.release_name)
        room = quota.room_for_another(deployment, bundle)
        with bundles.reserved(room.most_bytes, wait_seconds=WAIT_SECONDS) as space:
            deploy = new_deploy(principal, deployment, description, source, deploy_id)
            _begin(principal, deploy)
            with _failure_recorded(principal, deploy, bundle):
                meter = Meter(space, most_bytes=room.most_bytes, refusal=room.refusal)
                unpacked = bundle.receive(
                    deploy.version, stream, owner=deployment.pk, meter=meter, has_base=has_base
                )
                for name, value in asdict(unpacked).items():
                    setattr(deploy, name, value)
                deploy.has_files = True
                # Known before the activation, so that nothing is missing if only the end has to be written later.
                Deploy.objects.filter(pk=deploy.pk).update(has_files=True, **asdict(unpacked))
                _activate(principal, deploy, bundle, confirm)
        _make_room(deployment, bundle)
    metrics.count_deploy("succeeded", deploy.size)
    return deploy


def roll_back(
    principal: Principal,
    deployment: Deployment,
    to: Deploy,
    *,
    description: str = "",
    confirm: Confirm | None = None,
) -> Deploy:
    """Have Airflow read the version of `to` again, in a new deploy. Call it outside a transaction.

    Raises as `receive` does, Http404 also for a deploy of another Deployment, and ValidationError without a field
    when `to` failed, is current, or its files are no longer kept.
    """
    description = clean_description(description)
    with _locked_files(deployment):
        deploy = new_deploy(principal, deployment, description)
        _begin(principal, deploy, to=to)
        bundle = Bundle(deployment.release_name)
        with _failure_recorded(principal, deploy, bundle):
            _activate(principal, deploy, bundle, confirm)
    metrics.count_deploy("succeeded")
    return deploy


def require_kept(deployment: Deployment, target: Deploy) -> None:
    """Raise ValidationError, with the reason, for a deploy that nobody can go back to now."""
    if target.kind == DeployKind.IMAGE:
        raise ValidationError(NO_DAGS, code="no_dags")
    if target.status != DeployStatus.SUCCEEDED:
        raise ValidationError("This deploy did not succeed. Choose one that did.", code="failed")
    if target.version == current_version(deployment):
        raise ValidationError("This version is the current one already.", code="current")
    if not target.has_files or not Bundle(deployment.release_name).has(target.version):
        raise ValidationError(FILES_GONE, code="files_gone")


# Private


@contextmanager
def _locked_files(deployment: Deployment) -> Iterator[None]:
    try:
        with bundles.hold(deployment.pk, wait_seconds=WAIT_SECONDS):
            recover_interrupted(deployment)
            with failures_counted():
                yield
    except bundles.Busy:
        metrics.count_deploy("in_progress")
        raise DeployInProgress from None
    except OSError as error:
        # Only the operating system's own have a number; a request that broke off has none.
        if error.errno is None:
            raise
        if error.errno in disk.FULL:
            raise NoSpace from error
        metrics.count_failure("store")
        logger.exception("The DAGs of %s could not be stored", deployment.release_name)
        raise NotStored from error


def _begin(principal: Principal, deploy: Deploy, *, to: Deploy | None = None) -> None:
    with transaction.atomic():
        # The Workspace of the URL was checked before. A transfer since then is no reason to refuse.
        locked = deployment_to_deploy(principal, None, deploy.deployment_id, locked=True)
        if to is not None:
            _copy_version(deploy, locked, to.pk)
        deploy.save(force_insert=True)


def _copy_version(deploy: Deploy, locked: Deployment, target_id: str) -> None:
    target = deploy_to_view(locked, target_id)
    require_kept(locked, target)
    deploy.version = deploy.rolled_back_to_id = target.version
    deploy.has_files = True
    deploy.size, deploy.file_count, deploy.checksum = target.size, target.file_count, target.checksum


def _activate(principal: Principal, deploy: Deploy, bundle: Bundle, confirm: Confirm | None) -> None:
    with transaction.atomic():
        # An upload may outlast an account, or an Owner's office: with the lock, rights are read anew.
        locked = deployment_to_deploy(principal, None, deploy.deployment_id, locked=True)
        if confirm is not None:
            confirm(deploy)
        bundle.activate(deploy.version)
        mark_succeeded(principal, locked, deploy)


def _make_room(deployment: Deployment, bundle: Bundle) -> None:
    """Delete what the new version leaves no room for; housekeeping tries it again."""
    try:
        quota.make_room(deployment, bundle)
    except Exception:
        # The deploy has succeeded, and its caller must not be told otherwise.
        logger.exception("Old versions of %s could not be deleted", deployment.release_name)


@contextmanager
def _failure_recorded(principal: Principal, deploy: Deploy, bundle: Bundle) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        complete_interrupted(principal, deploy, bundle, _reason(error))
        if isinstance(error, Refused):
            code = "too_large" if isinstance(error, TooLarge) else "refused"
            raise ValidationError({"archive": ValidationError(str(error), code=code)}) from error
        raise


def _reason(error: BaseException) -> str:
    match error:
        case Refused() | NoSpace():
            return str(error)
        case OSError() if error.errno in disk.FULL:
            return str(NoSpace())
        case NotConfirmed():
            return error.reason
        case Http404() | PermissionDenied():
            return NO_RIGHT
        case _:
            return BROKE_OFF
