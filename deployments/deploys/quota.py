"""What one Deployment may keep in the store, so that it cannot take it from others: so many bytes and versions.

For a new version those go that Airflow has not read for the longest; never the current one, nor one that it has read
within the last hour, whose tasks may still be at work. A reserve protects the disk as a whole (cloudui.web.disk).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Case, Count, F, Max, Sum, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from cloudui.web.advice import Advice
from cloudui.web.sizes import in_words
from deployments.deploys.store import bundles
from deployments.deploys.store.bundles import Bundle
from deployments.deploys.store.refusal import LIMITS, MIB
from deployments.models import Deploy, Deployment, DeployStatus
from deployments.models.deploy import STORED

NEEDED_FOR: Final = timedelta(hours=1)
# The code of the ValidationError.
EXCEEDED: Final = "quota_exceeded"
NEEDED: Final = "the version that Airflow reads and those that it has read within the last hour"
ASK: Final = "ask whoever operates the server to raise {}."


@dataclass(frozen=True, slots=True)
class Usage:
    """What a Deployment keeps in the store (bytes on the disk, in whole blocks), and the most that it may keep."""

    stored_bytes: int
    versions: int
    most_bytes: int
    most_versions: int

    @property
    def is_exceeded(self) -> bool:
        """Whether it keeps more than it may, as after a setting was lowered."""
        return self.stored_bytes > self.most_bytes or self.versions > self.most_versions


@dataclass(frozen=True, slots=True)
class Version:
    """A version with files; `read_until` is when Airflow read it last, or a little later."""

    id: str
    stored_bytes: int
    read_until: datetime


@dataclass(frozen=True, slots=True)
class Room:
    """How large another version may be, in bytes of whole blocks on the disk; `refusal` is for whoever sends more."""

    most_bytes: int
    refusal: Advice


def require_space() -> None:
    """Raise NoSpace or OSError unless the store has space now for the largest version that anybody may send."""
    bundles.require_space(min(settings.DEPLOY_MIB_PER_DEPLOYMENT * MIB, LIMITS.stored))


def usage(deployment: Deployment) -> Usage:
    """What a Deployment keeps, in one query over the versions that are kept."""
    found = Deploy.objects.of(deployment).uploads().aggregate(bytes=Sum("stored"), versions=Count("pk"))
    return _usage(found["bytes"] or 0, found["versions"])


def exceeded() -> set[str]:
    """The identifiers of the Deployments that keep more than they may."""
    rows = Deploy.objects.uploads().values("deployment").annotate(bytes=Sum("stored"), versions=Count("pk"))
    return {row["deployment"] for row in rows if _usage(row["bytes"], row["versions"]).is_exceeded}


def versions(deployment: Deployment) -> list[Version]:
    """All that have files, the one first that Airflow has not read for the longest, the one last that it reads."""
    rows = list(
        Deploy.objects.of(deployment)
        .filter(status=DeployStatus.SUCCEEDED, has_files=True)
        .values("version")
        .annotate(
            since=Max("finished_at"),
            stored=Coalesce(Sum(Case(When(version=F("id"), then=STORED))), 0),
        )
        .order_by("since", "version")
    )
    # Airflow read each until another one was activated. Of a later one only the last time is known here.
    now = timezone.now()
    ends = [row["since"] or now for row in rows[1:]] + [now]
    return [
        Version(id=row["version"], stored_bytes=row["stored"], read_until=end)
        for row, end in zip(rows, ends, strict=False)
    ]


def room_for_another(deployment: Deployment, bundle: Bundle) -> Room:
    """How large another version may be, while the lock is held; ValidationError without a field if it may have none."""
    needed = [version for version in versions(deployment) if _is_needed(version, bundle)]
    now = _usage(sum(version.stored_bytes for version in needed), len(needed))
    if now.versions >= now.most_versions:
        raise ValidationError(
            Advice(
                f"This Deployment may keep {now.most_versions} versions, and none of them may go yet: they are {NEEDED}.",
                f"Try again in an hour, or {ASK.format('DEPLOY_VERSIONS_PER_DEPLOYMENT')}",
            ),
            code=EXCEEDED,
        )
    left = now.most_bytes - now.stored_bytes
    refusal = _refusal(now, left)
    if left <= 0:
        raise ValidationError(refusal, code=EXCEEDED)
    return Room(most_bytes=min(left, LIMITS.stored), refusal=refusal)


def make_room(deployment: Deployment, bundle: Bundle) -> list[str]:
    """Delete versions until the Deployment keeps no more than it may, and return them; while its lock is held."""
    kept = versions(deployment)
    now = _usage(sum(version.stored_bytes for version in kept), len(kept))
    stored, count, gone = now.stored_bytes, now.versions, []
    for version in kept:
        if not _usage(stored, count).is_exceeded:
            break
        if not _is_needed(version, bundle):
            gone.append(version.id)
            stored, count = stored - version.stored_bytes, count - 1
    delete(deployment, bundle, gone)
    return gone


def delete(deployment: Deployment, bundle: Bundle, gone: Iterable[str]) -> None:
    """Delete the files of versions. Only while the Deployment's lock is held."""
    # First the history: it must not offer files that are going.
    Deploy.objects.of(deployment).filter(version__in=gone).update(has_files=False)
    for version in gone:
        bundle.remove(version)


# Private


def _usage(stored_bytes: int, count: int) -> Usage:
    return Usage(
        stored_bytes=stored_bytes,
        versions=count,
        most_bytes=settings.DEPLOY_MIB_PER_DEPLOYMENT * MIB,
        most_versions=settings.DEPLOY_VERSIONS_PER_DEPLOYMENT,
    )


def _is_needed(version: Version, bundle: Bundle) -> bool:
    return version.id == bundle.current or version.read_until > timezone.now() - NEEDED_FOR


def _refusal(now: Usage, left: int) -> Advice:
    setting = ASK.format("DEPLOY_MIB_PER_DEPLOYMENT")
    if not now.versions:
        return Advice(
            f"The archive needs more than the {_size(left)} that a Deployment may keep on the disk.",
            f"Send a smaller one, or {setting}",
        )
    return Advice(
        f"The archive needs more than the {_size(max(left, 0))} that are left for this Deployment on the disk: "
        f"{_size(now.stored_bytes)} of its {_size(now.most_bytes)} hold {NEEDED}.",
        f"Send a smaller one, try again in an hour, or {setting}",
    )


def _size(size: int) -> str:
    # Machines are told it in ASCII (RFC 6749 section 5.2).
    return in_words(size).replace("\xa0", " ")
