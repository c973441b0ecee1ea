"""The third step of a deploy in three: what was announced and uploaded (`staging`) becomes a deploy."""

from typing import Final

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import Http404

from cloudui.web.principal import Principal
from deployments.access import deployment_to_view
from deployments.deploys import service
from deployments.deploys.images import check_image, record_image
from deployments.deploys.service import Confirm, NotConfirmed
from deployments.deploys.source import DeploySource
from deployments.deploys.staging import OPEN_FOR
from deployments.deploys.store.staged import StagedArchive
from deployments.models import Deploy, DeployKind, Deployment, DeployStatus, StagedDeploy

NOT_UPLOADED: Final = "Upload the archive before you finish this deploy."
FINISHED: Final = "This deploy is finished already."


class AlreadyFinished(NotConfirmed):
    """The same deploy was finished a moment before."""


def finish(
    principal: Principal,
    deployment: Deployment,
    staged_id: str,
    *,
    with_dags: bool,
    image: str = "",
    confirm: Confirm | None = None,
) -> Deploy:
    """Make a deploy of what was announced. The same call again gets the same deploy. Call it outside a transaction.

    Without `with_dags` (an archive was uploaded) the DAGs stay as they are. `image` may be known only now.

    Raises as `service.receive`, Http404 also if this caller announced no such deploy or its time is over, and
    ValidationError on `image`, or without an upload where there must be one.
    """
    if image:
        check_image(image)
    mine = {
        "pk": staged_id,
        "deployment": deployment,
        "made_by_kind": principal.kind,
        "made_by_id": principal.id,
    }
    staged = StagedDeploy.objects.open().filter(**mine).first()
    if staged is None:
        return _finished(mine)
    # Reading the archive takes a while, in which housekeeping must not delete it. Calls that are refused gain no more.
    StagedDeploy.objects.filter(pk=staged.pk).update(ends_at=staged.created_at + 2 * OPEN_FOR)
    source = DeploySource.from_json({**staged.source, **({"image": image} if image else {})})
    make = _receive if with_dags else _record
    try:
        deploy = make(principal, deployment, staged, source, _once(confirm))
    except (IntegrityError, AlreadyFinished):
        # Of two that finish it at once, the other one was quicker.
        return _finished(mine)
    except ValidationError:
        # The history has it as failed, so there is nothing to finish any more.
        if Deploy.objects.filter(pk=staged.pk).exists():
            _delete(staged)
        raise
    _delete(staged)
    return deploy


def cancel(principal: Principal, deployment: Deployment, staged_id: str) -> None:
    """Give up what was announced, if it still is."""
    deployment_to_view(principal, None, deployment.pk)
    for staged in StagedDeploy.objects.filter(
        pk=staged_id, deployment=deployment, made_by_kind=principal.kind, made_by_id=principal.id
    ):
        _delete(staged)


# Private


def _receive(
    principal: Principal,
    deployment: Deployment,
    staged: StagedDeploy,
    source: DeploySource,
    confirm: Confirm,
) -> Deploy:
    if staged.uploaded_at is None:
        raise ValidationError(NOT_UPLOADED, code="not_uploaded")
    with StagedArchive(staged.pk).open() as stream:
        return service.receive(
            principal,
            deployment,
            stream,
            description=staged.description,
            source=source,
            deploy_id=staged.pk,
            has_base=True,
            confirm=confirm,
        )


def _record(
    principal: Principal,
    deployment: Deployment,
    staged: StagedDeploy,
    source: DeploySource,
    confirm: Confirm,
) -> Deploy:
    if source.kind is DeployKind.DAGS:
        raise ValidationError(NOT_UPLOADED, code="not_uploaded")
    return record_image(
        principal,
        deployment,
        source=DeploySource(DeployKind.IMAGE, source.client, source.image, source.commit),
        description=staged.description,
        deploy_id=staged.pk,
        confirm=confirm,
    )


def _once(confirm: Confirm | None) -> Confirm:
    """In the transaction that makes the deploy: nothing is finished twice."""

    def claim(deploy: Deploy) -> None:
        gone, _ = StagedDeploy.objects.filter(pk=deploy.pk).delete()
        if not gone:
            raise AlreadyFinished(FINISHED)
        if confirm is not None:
            confirm(deploy)

    return claim


def _finished(mine: dict[str, object]) -> Deploy:
    deploy = Deploy.objects.filter(**mine).first()
    if deploy is None:
        raise Http404
    if deploy.status == DeployStatus.FAILED:
        raise ValidationError({"archive": ValidationError(deploy.reason, code="refused")})
    return deploy


def _delete(staged: StagedDeploy) -> None:
    StagedDeploy.objects.filter(pk=staged.pk).delete()
    StagedArchive(staged.pk).remove()
