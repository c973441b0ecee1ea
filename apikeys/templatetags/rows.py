"""A row of the list of API keys, which is made once for each state of a key and then remembered.

Making 25 rows took half of a page's time (docs/performance.md). A row is remembered by all that it shows, so nothing
can be shown that is no longer true. Nothing secret is in it.
"""

import functools
from typing import Final

from django import template
from django.conf import settings
from django.template.loader import render_to_string

from apikeys.models import ApiKey
from cloudui.web.templatetags.moments import moment

register = template.Library()

# About 3 KB each, in every process.
REMEMBERED: Final = 1024


@register.simple_tag
def key_row(key: ApiKey, list_url: str, *, may_manage_keys: bool) -> str:
    """The row of a key that has `live_secrets` and `recent_uses`; with buttons for who may manage keys."""
    return _remembered(
        key_id=key.pk,
        name=key.name,
        description=key.description,
        created=moment(key.created_at),
        created_by=key.created_by_name,
        is_enabled=key.is_enabled,
        awaits_confirmation=key.awaits_confirmation,
        is_rotating=key.is_rotating,
        last_used=moment(key.last_used_at) if key.last_used_at else "",
        use=key.use,
        recent_uses=key.recent_uses,
        list_url=list_url if may_manage_keys else "",
    )


def _make(**context: object) -> str:
    return render_to_string("apikeys/_row.html", context)


# While templates are edited, each is read anew.
_remembered = _make if settings.DEBUG else functools.lru_cache(REMEMBERED)(_make)
