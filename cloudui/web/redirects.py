"""Where a person may be sent after an action: to a path of this site and nowhere else (threat T-W9)."""

import re

from django.utils.http import url_has_allowed_host_and_scheme

# Browsers drop these from a URL, which can make "//evil" of "/\t/evil", and read "\" as "/".
_UNSEEN = re.compile(r"[\x00-\x20\x7f\\]")


def is_path(url: str | None) -> bool:
    """Whether the URL is an absolute path here, whatever a browser makes of it.

    No host is allowed, not even our own: the Host header decides what "our own" would be.
    """
    if not url or not url.startswith("/") or _UNSEEN.search(url):
        return False
    return url_has_allowed_host_and_scheme(url, allowed_hosts=None, require_https=True)


def path_or(url: str | None, *, otherwise: str) -> str:
    """The URL if it is a path here, otherwise `otherwise`."""
    return url if url and is_path(url) else otherwise
