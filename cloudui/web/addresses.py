"""Addresses by name, each found once: a page asks for dozens of the same, and to find one takes as long as ten lines of it.

What Django looks at besides is the same in each request, since no namespace of ours is there twice (`current_app`).
"""

import functools
from typing import Final

from django.conf import settings
from django.urls import get_script_prefix, get_urlconf, reverse

REMEMBERED: Final = 4096


def address(name: str, *args: str) -> str:
    """The address of a route, as `reverse` finds it; NoReverseMatch if there is none."""
    return _reverse(get_urlconf() or settings.ROOT_URLCONF, get_script_prefix(), name, args)


@functools.lru_cache(maxsize=REMEMBERED)
def _reverse(urlconf: str, _prefix: str, name: str, args: tuple[str, ...]) -> str:
    return reverse(name, urlconf, args)
