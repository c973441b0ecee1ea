"""The host of its own that each Airflow has for its web interface, behind the gateway.

Cookies know hosts and not ports: at the console's host an Airflow would be sent the console's cookies.
"""

import re
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

LOCAL: Final = "localhost"
_RELEASE: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def domain() -> str:
    """Below which the hosts are, with a port if it is not the usual one; empty where there are none."""
    if settings.AIRFLOW_DOMAIN:
        return str(settings.AIRFLOW_DOMAIN)
    if settings.PUBLIC.is_local:
        port = urlsplit(settings.GATEWAY_URL).port
        return f"{LOCAL}:{port}" if port else LOCAL
    return ""


def address_of(release_name: str) -> str:
    """The URL of an Airflow's web interface, without a slash at its end; empty where there are no hosts."""
    return f"{settings.PUBLIC.scheme}://{release_name}.{domain()}" if domain() else ""


def release_at(host: str) -> str | None:
    """The release name whose host this is, as a Host header has it; None for any other."""
    name, _, parent = host.lower().partition(".")
    is_ours = bool(domain()) and parent.partition(":")[0].removesuffix(".") == domain().partition(":")[0]
    return name if is_ours and _RELEASE.fullmatch(name) else None
