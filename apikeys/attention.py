"""Which API keys need attention: refused lately, never confirmed, unused for a long time."""

from datetime import timedelta
from typing import Final

from django.db.models import Max, Q
from django.urls import reverse
from django.utils import timezone

from apikeys.models import ApiKey
from apikeys.models.key import ApiKeyQuerySet
from cloudui.web.attention import Need
from cloudui.web.principal import Principal
from deployments.attention import place_of
from deployments.models import Deployment
from workspaces.models import Role

LATELY: Final = timedelta(days=7)
UNUSED: Final = timedelta(days=90)


def needs(principal: Principal, most: int) -> list[list[Need]]:
    """Those of the Deployments whose keys the person may manage; three queries."""
    managed = Deployment.objects.visible_to(principal).filter(caller_role__gte=Role.ADMIN)  # type: ignore[misc] # annotated
    keys = ApiKey.objects.filter(deployment__in=managed.values("pk"), is_enabled=True)
    keys = keys.select_related("deployment__workspace")
    now = timezone.now()
    refused = keys.filter(refusals__at__gt=now - LATELY).annotate(since=Max("refusals__at"))
    unconfirmed = keys.filter(acknowledged_secret=0, last_used_at=None)
    unused = keys.filter(
        Q(last_used_at__lt=now - UNUSED) | Q(last_used_at=None, created_at__lt=now - UNUSED)
    ).exclude(acknowledged_secret=0, last_used_at=None)
    return [
        _told(refused.order_by("-since", "pk"), most, "Refused lately", "warning", at="since"),
        _told(unconfirmed.order_by("-created_at", "pk"), most, "Not confirmed", "warning", at="created_at"),
        _told(unused.order_by("created_at", "pk"), most, "Unused", "", at="last_used_at"),
    ]


def _told(keys: ApiKeyQuerySet, most: int, state: str, tone: str, *, at: str) -> list[Need]:
    return [
        Need(
            state=state,
            tone=tone,
            name=key.name,
            url=reverse(
                "apikeys:open",
                kwargs={
                    "workspace": key.deployment.workspace_id,
                    "deployment": key.deployment_id,
                    "key": key.pk,
                },
            ),
            place=place_of(key.deployment),
            at=getattr(key, at),
        )
        for key in keys[:most]
    ]
