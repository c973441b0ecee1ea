"""Which API keys need attention: refused lately, never confirmed, unused for a long time."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from apikeys.models import ApiKey, ApiKeySecret
from apikeys.models.key import UNUSED_DAYS, ApiKeyQuerySet
from apikeys.models.status import LATELY, Status
from cloudui.web.addresses import address
from cloudui.web.attention import Need
from cloudui.web.prepared import prepared
from cloudui.web.principal import Kind, Principal
from deployments.attention import place_of
from deployments.models import Deployment
from workspaces.models import Role


def needs(principal: Principal, most: int) -> list[list[Need]]:
    """Those of the Deployments whose keys the person may manage; three queries."""
    who: dict[str, Any] = {"is_owner": principal.is_owner, "most": most, "person": principal.id}
    now = timezone.now()
    unused = f"Unused for {UNUSED_DAYS} days"
    return [
        _told(_refused(**who, since=now - LATELY), Status.REFUSED, at="last_refused_at"),
        _told(_not_confirmed(**who, now=now), Status.NOT_CONFIRMED, at="created_at"),
        _told(_unused(**who, since=now - timedelta(days=UNUSED_DAYS)), unused, at="last_used_at", tone=""),
    ]


@prepared("is_owner", "most")
def _refused(*, is_owner: bool, most: int, person: str, since: datetime) -> ApiKeyQuerySet:
    return _managed(person, is_owner=is_owner).refused_lately(since).order_by("-last_refused_at")[:most]


@prepared("is_owner", "most")
def _not_confirmed(*, is_owner: bool, most: int, person: str, now: datetime) -> ApiKeyQuerySet:
    # From the few secrets that nothing has used, since the keys may be a million.
    new = ApiKeySecret.objects.filter(first_used_at=None, ended_at=None).values("key")
    return _managed(person, is_owner=is_owner).not_confirmed(now).filter(pk__in=new)[:most]


@prepared("is_owner", "most")
def _unused(*, is_owner: bool, most: int, person: str, since: datetime) -> ApiKeyQuerySet:
    # Without an order: the first that are found will do, and nothing reads on.
    return _managed(person, is_owner=is_owner).unused(since).filter(acknowledged_secret__gt=0)[:most]


def _managed(person: str, *, is_owner: bool) -> ApiKeyQuerySet:
    """The enabled keys that a person may manage."""
    principal = Principal(kind=Kind.USER, id=person, name="", is_owner=is_owner)
    managed = Deployment.objects.visible_to(principal).filter(caller_role__gte=Role.ADMIN)  # type: ignore[misc] # annotated
    keys = ApiKey.objects.filter(deployment__in=managed.values("pk"), is_enabled=True)
    return keys.select_related("deployment__workspace")


def _told(keys: Iterable[ApiKey], state: str, *, at: str, tone: str = "warning") -> list[Need]:
    return [
        Need(
            state=state,
            tone=tone,
            name=key.name,
            url=address("apikeys:open", key.deployment.workspace_id, key.deployment_id, key.pk),
            place=place_of(key.deployment),
            at=getattr(key, at),
        )
        for key in keys
    ]
