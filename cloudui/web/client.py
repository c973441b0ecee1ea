"""Where a request came from: one function for limits, sign-in and the audit log."""

import re
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest

from cloudui.web import logs

# Longer user agents are noise, and the audit log keeps each for 90 days.
USER_AGENT_LENGTH = 255
# As nginx and others write it, as short as the audit log keeps it, and with nothing that a key secret or a token has.
REQUEST_ID = re.compile(r"[0-9A-Za-z-]{8,40}")
LOOPBACK: Final = frozenset({"127.0.0.1", "::1"})


def client_address(request: HttpRequest) -> str:
    """The IP address of the caller in its canonical form; empty where there is none (a UNIX socket).

    X-Forwarded-For is believed from `TRUSTED_PROXIES` only, and read from its right end: every trusted proxy appended
    the IP address that it saw, so the first one that is not ours is the caller. What is left of it anybody may write.
    """
    peer = _canonical(request.META.get("REMOTE_ADDR", ""))
    if not peer or not _is_trusted(peer):
        return peer
    for hop in reversed(request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")):
        address = _canonical(hop.strip())
        if not address:
            break
        peer = address
        if not _is_trusted(address):
            break
    return peer


def is_this_machine(request: HttpRequest) -> bool:
    """Whether the caller is a program on this machine. Behind a proxy here that nobody named, everybody looks like one."""
    if request.META.get("REMOTE_ADDR", "") not in LOOPBACK:
        return False
    is_forwarded = "HTTP_X_FORWARDED_FOR" in request.META
    return not is_forwarded or (is_trusted_proxy(request) and client_address(request) in LOOPBACK)


def is_trusted_proxy(request: HttpRequest) -> bool:
    """Whether the connection itself comes from one of `TRUSTED_PROXIES`."""
    return _is_from_proxy(request.META)


def request_id(meta: Mapping[str, Any]) -> str:
    """The name of a request: its X-Request-Id if one of `TRUSTED_PROXIES` sends it, otherwise a new one."""
    given = meta.get("HTTP_X_REQUEST_ID")
    if given and REQUEST_ID.fullmatch(given) and _is_from_proxy(meta):
        return str(given)
    return logs.new_id()


def user_agent(request: HttpRequest) -> str:
    """The caller's User-Agent header, cut to 255 characters."""
    return str(request.META.get("HTTP_USER_AGENT", ""))[:USER_AGENT_LENGTH]


def _is_from_proxy(meta: Mapping[str, Any]) -> bool:
    peer = _canonical(meta.get("REMOTE_ADDR", ""))
    return bool(peer) and _is_trusted(peer)


@lru_cache(maxsize=4096)
def _canonical(text: str) -> str:
    try:
        address = ip_address(text)
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        # A socket for both families shows IPv4 callers as ::ffff:192.0.2.1, and no network contains that.
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        # A scope may be of any length, and means nothing to anybody but the machine itself.
        if address.scope_id is not None:
            return str(IPv6Address(int(address)))
    return str(address)


def _is_trusted(address: str) -> bool:
    return any(ip_address(address) in network for network in _networks(tuple(settings.TRUSTED_PROXIES)))


@lru_cache(maxsize=4)
def _networks(proxies: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(proxy) for proxy in proxies)
