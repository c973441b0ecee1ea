"""A moment in a page. In Python, because a list shows fifty and three filters each took a fifth of its time."""

import functools
import time
from datetime import UTC, datetime, timedelta
from typing import Final

from django import template
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.utils import timezone
from django.utils.html import format_html
from django.utils.timesince import timesince

register = template.Library()

# Younger than this, a moment is told to the second; older, the words may be as old as a minute.
FRESH_SECONDS: Final = 3600
DAY: Final = timedelta(days=1)
HOUR: Final = timedelta(hours=1)
MINUTE: Final = timedelta(minutes=1)


@register.simple_tag
def moment(value: datetime | None, empty: str = "") -> str:
    """A moment as people say it ("3 hours ago"), with the exact one on hover and for machines.

    Args:
        value: an aware time, or nothing.
        empty: the words when there is none, by default a dash.
    """
    if not value:
        return empty or "\N{EN DASH}"
    now = time.time()
    return _say(value, int(now if now - value.timestamp() < FRESH_SECONDS else now // 60))


@functools.lru_cache(4096)
def _say(value: datetime, now: int) -> str:
    """The same while `now` is: a list says it again with each reload and to each person."""
    exact = value.astimezone(UTC)
    return format_html(
        '<time datetime="{}" title="{} {} UTC">{}</time>',
        exact.isoformat(),
        exact.day,
        f"{exact:%B %Y, %H:%M}",
        _words(value),
    )


def _words(value: datetime) -> str:
    left = value - timezone.now()
    if left > timedelta(0):
        # What ends in a day less a minute ends in a day.
        value += HOUR / 2 if left > HOUR else MINUTE / 2
    if timezone.now() - value < DAY:
        return str(naturaltime(value))
    # "3 months ago", where Django says "3 months, 1 week ago".
    return f"{timesince(value, depth=1)} ago"
