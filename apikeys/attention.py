"""Which API keys need attention: refused lately, never confirmed, unused for a long time."""

from django.urls import reverse

from apikeys.models import ApiKey, ApiKeySecret
from apikeys.models.key import UNUSED_DAYS, ApiKeyQuerySet
from apikeys.models.status import Status
from cloudui.web.attention import Need
from cloudui.web.principal import Principal
from deployments.attention import place_of
from deployments.models import Deployment
from workspaces.models import Role


def needs(principal: Principal, most: int) -> list[list[Need]]:
    """Those of the Deployments whose keys the person may manage; three queries."""
    managed = Deployment.objects.visible_to(principal).filter(caller_role__gte=Role.ADMIN)  # type: ignore[misc] # annotated
    keys = ApiKey.objects.filter(deployment__in=managed.values("pk"), is_enabled=True)
    keys = keys.select_related("deployment__workspace")
    # From the few secrets that nothing has used, since the keys may be a million.
    new = ApiKeySecret.objects.filter(first_used_at=None, ended_at=None).values("key")
    # Without an order: the first that are found will do, and nothing reads on.
    unused = keys.unused().filter(acknowledged_secret__gt=0)
    return [
        _told(keys.refused_lately().order_by("-last_refused_at"), most, Status.REFUSED, at="last_refused_at"),
        _told(keys.not_confirmed().filter(pk__in=new), most, Status.NOT_CONFIRMED, at="created_at"),
        _told(unused, most, f"Unused for {UNUSED_DAYS} days", at="last_used_at", tone=""),
    ]


def _told(keys: ApiKeyQuerySet, most: int, state: str, *, at: str, tone: str = "warning") -> list[Need]:
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
