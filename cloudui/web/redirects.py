"""Where a person may be sent after an action: to a path of this site and nowhere else (threat T-W9)."""

import re

from django.utils.http import url_has_allowed_host_and_scheme

# Browsers drop these from an address, which can turn "/\t/evil" into "//evil", and read "\" as "/".
_UNSEEN = re.compile(r"[\x00-\x20\x7f\\]")


def is_path(address: str | None) -> bool:
    """Whether the address is an absolute path here, whatever a browser makes of it.

    No host is allowed, not even our own: the Host header decides what "our own" would be.
    """
    if not address or not address.startswith("/") or _UNSEEN.search(address):
        return False
    return url_has_allowed_host_and_scheme(address, allowed_hosts=None, require_https=True)


def path_or(address: str | None, *, otherwise: str) -> str:
    """The address if it is a path here, otherwise `otherwise`."""
    return address if address and is_path(address) else otherwise
