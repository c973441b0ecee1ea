"""Deploys in three steps, as the `astro` client does them: announce, upload in pieces, finish.

The client sends the bytes without an access token, to a URL that it was given (a capability). Whoever has that URL can
fill one announced deploy for a quarter of an hour and do nothing else: what is uploaded is looked at and activated only
when the caller who announced it finishes it, with rights that are looked up again.
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from cloudui.web import metrics
from cloudui.web.principal import Principal
from deployments.access import deployment_to_deploy, deployment_to_deploy_image
from deployments.deploys.source import DeploySource, clean_description
from deployments.deploys.store.staged import WHOLE, StagedArchive, staged_archives
from deployments.models import DeployKind, Deployment, StagedDeploy

OPEN_FOR: Final = timedelta(minutes=15)
# Each may hold 256 MiB of the disk for that long.
MOST_OPEN: Final = 4
# The client sends the next block at once, so one that was not written to for so long makes room for another.
IDLE_SECONDS: Final = 60
CAPABILITY_BYTES: Final = 32


class TooManyOpen(Exception):
    """So many deploys of this Deployment are announced and not finished. An HTTP answer is 429."""

    def __str__(self) -> str:
        return f"{MOST_OPEN} uploads to this Deployment are under way. Try again in a minute."


class Expired(Exception):
    """The URL of the upload was valid and is no more. An HTTP answer is 403."""

    def __str__(self) -> str:
        return "The time for this upload is over. Deploy again."


def announce(
    principal: Principal, deployment: Deployment, *, source: DeploySource, description: str = ""
) -> tuple[StagedDeploy, str]:
    """Begin a deploy whose archive comes later, or the deploy of an image.

    The capability to upload its DAGs is empty where none are expected: for an image alone, and for an image with DAGs
    while DAG deploys are disabled. Raises TooManyOpen, and ValidationError on `description`.
    """
    description = clean_description(description)
    with transaction.atomic():
        if source.kind is DeployKind.DAGS:
            locked = deployment_to_deploy(principal, None, deployment.pk, locked=True)
        else:
            locked = deployment_to_deploy_image(principal, None, deployment.pk, locked=True)
        _require_place(locked)
        takes_dags = source.kind is not DeployKind.IMAGE and locked.dag_deploys_enabled
        capability = secrets.token_urlsafe(CAPABILITY_BYTES) if takes_dags else ""
        staged = StagedDeploy.objects.create(
            deployment=locked,
            capability_hash=_hash(capability) if capability else None,
            description=description,
            source=source.as_json(),
            made_by_kind=principal.kind,
            made_by_id=principal.id,
            ends_at=timezone.now() + OPEN_FOR,
        )
    return staged, capability


def staged_for(capability: str) -> StagedDeploy:
    """The announced deploy that this capability may fill; Http404 if there is none, Expired if its time is over."""
    staged = StagedDeploy.objects.filter(capability_hash=_hash(capability)).first()
    if staged is None:
        raise Http404
    if staged.ends_at <= timezone.now():
        raise Expired
    return staged


def stage_block(staged: StagedDeploy, name: str, content: bytes) -> None:
    """Keep one block of the archive; raises as `StagedArchive.write`."""
    StagedArchive(staged.pk).write(name, content)


def stage_order(staged: StagedDeploy, names: Sequence[str]) -> str:
    """Say which blocks make up the archive, in this order (Refused if one never arrived); the version it will be."""
    StagedArchive(staged.pk).complete(names)
    StagedDeploy.objects.filter(pk=staged.pk).update(uploaded_at=timezone.now())
    return staged.pk


def stage_whole(staged: StagedDeploy, content: bytes) -> str:
    """Keep a small archive that comes in one piece; returns and raises as the two above."""
    stage_block(staged, WHOLE, content)
    return stage_order(staged, [WHOLE])


def delete_expired() -> int:
    """Delete what was announced and never finished, and bytes that belong to nothing; how many announced ones."""
    gone, _ = StagedDeploy.objects.filter(ends_at__lte=timezone.now()).delete()
    known = set(StagedDeploy.objects.values_list("pk", flat=True))
    for archive in staged_archives():
        if archive.path.name not in known:
            archive.remove()
    return gone


# Private


def _hash(capability: str) -> str:
    """It has 256 random bits, so a fast hash keeps it as well as a slow one."""
    return hashlib.sha256(capability.encode()).hexdigest()


def _require_place(locked: Deployment) -> None:
    """A deploy that is announced and given up, as at a prompt of the client, is no reason to refuse the next one."""
    under_way = list(StagedDeploy.objects.open().filter(deployment=locked).order_by("created_at"))
    given_up = [staged for staged in under_way if StagedArchive(staged.pk).idle_seconds > IDLE_SECONDS]
    too_many = len(under_way) - MOST_OPEN + 1
    if too_many > len(given_up):
        metrics.count_refusal("open_uploads")
        raise TooManyOpen
    for staged in given_up[: max(0, too_many)]:
        StagedArchive(staged.pk).remove()
        staged.delete()
