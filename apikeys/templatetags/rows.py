"""The rows of the list of API keys, each made once for each state of a key and then remembered.

Making 25 rows took half of a page's time (docs/performance.md). A row is remembered by all that it shows, except for
its times, which are put in afterwards: "5 seconds ago" would make the row of a busy key anew with every page. So
nothing can be shown that is no longer true. Nothing secret is in it.
"""

import functools
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from apikeys.models import ApiKey
from apikeys.models.status import Status
from apikeys.sparkline import sparkline
from cloudui.web.templatetags.moments import moment

register = template.Library()

# About 2 KB each, in every process.
REMEMBERED: Final = 1024
# Where a time belongs in a row. It is random, so that no name and no client can be called like it.
TIME: Final = SafeString(f"<!-- {secrets.token_hex(16)} -->")


class Look(NamedTuple):
    """How a status is told besides its word: the tone of a badge, an icon, what it means, and what its time is of."""

    tone: str
    icon: str
    title: str
    time: str = ""


LOOKS: Final = {
    Status.DISABLED: Look("off", "lock", "Whatever uses it is refused until it is enabled again."),
    Status.NO_SECRET: Look("bad", "x", "It has no live secret. Rotate it to issue one."),
    Status.NOT_CONFIRMED: Look(
        "warning", "warning", "Nobody confirmed that the secret was saved, and nothing has used it."
    ),
    Status.REFUSED: Look("bad", "alert", "Something that uses it was refused within the last 7 days."),
    Status.ROTATING: Look(
        "soft", "move", "The previous secret still works. Edit shows which one is in use.", "Ends"
    ),
    Status.ACTIVE: Look("quiet", "done", "Its secret opens this Deployment."),
}


@register.simple_tag
def key_rows(keys: Iterable[ApiKey], list_url: str, *, may_manage_keys: bool) -> SafeString:
    """The rows of keys that have `live_secrets` and `recent_uses`; with buttons for who may manage keys."""
    return SafeString("".join([_row(key, list_url, may_manage_keys=may_manage_keys) for key in keys]))


@register.inclusion_tag("apikeys/_status.html")
def key_status(status: Status) -> dict[str, object]:
    """The badge of a status."""
    return {"status": status, "look": LOOKS[status]}


def _row(key: ApiKey, list_url: str, *, may_manage_keys: bool) -> str:
    status = key.status
    use = sparkline(key.recent_uses, timezone.now().date())
    before_status, before_use, before_creation, end = _remembered(
        key_id=key.pk,
        short_id=f"{key.pk[:6]}…{key.pk[-4:]}",
        name=key.name,
        description=key.description,
        created_by=key.created_by_name,
        status=status,
        last_use=key.use,
        # Day by day is for Admins only.
        path=use.path if may_manage_keys else "",
        uses=use.total,
        list_url=list_url,
        may_manage_keys=may_manage_keys,
        unused_days=key.unused_days if status is Status.ACTIVE else 0,
        may_reissue=may_manage_keys and status is Status.NOT_CONFIRMED,
    )
    status_time = _status_time(key, status)
    return (
        f"{before_status}{moment(status_time) if status_time else ''}"
        f"{before_use}{moment(key.last_used_at, 'Never')}"
        f"{before_creation}{moment(key.created_at)}{end}"
    )


def _status_time(key: ApiKey, status: Status) -> datetime | None:
    """Since when it is disabled, when it was refused, or when the previous secret of a rotation ends."""
    times = {
        Status.DISABLED: key.disabled_at,
        Status.REFUSED: key.last_refused_at,
        Status.ROTATING: key.previous_end,
    }
    return times.get(status)


def _make(*, status: Status, **context: object) -> list[str]:
    row = render_to_string(
        "apikeys/_row.html", {**context, "look": LOOKS[status], "status": status, "time": TIME}
    )
    return row.split(TIME)


# While templates are edited, each is read anew.
_remembered = _make if settings.DEBUG else functools.lru_cache(REMEMBERED)(_make)
