"""Which headers pass to and from the web interface of an Airflow, which has a host of its own: all but those listed here.

The console's cookies never come to that host. What Airflow sets stays there: no cookie of it is for a domain.
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from deployments.airflow.gateway.headers import Headers, all_but

HOP_BY_HOP: Final = frozenset(
    {b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-connection", b"te", b"trailer"}
    | {b"transfer-encoding", b"upgrade"}
)
# Who the caller is, the gateway says; who said so to the gateway is not Airflow's business.
NOT_TO_AIRFLOW: Final = HOP_BY_HOP | {
    b"authorization",
    b"cookie",
    b"forwarded",
    b"proxy-authorization",
    b"x-forwarded-for",
    b"x-forwarded-host",
    b"x-forwarded-port",
    b"x-forwarded-prefix",
    b"x-forwarded-proto",
    b"x-forwarded-server",
    b"x-http-method-override",
    b"x-real-ip",
    b"x-remote-user",
    b"x-request-id",
    b"remote-user",
}
NOT_FROM_AIRFLOW: Final = HOP_BY_HOP | {
    b"alt-svc",
    b"date",
    b"location",
    b"server",
    b"set-cookie",
    b"strict-transport-security",
    b"www-authenticate",
    b"x-request-id",
}
# Beside whatever policy Airflow has of its own.
ADDED: Final[Headers] = [(b"content-security-policy", b"frame-ancestors 'self'")]


@dataclass(frozen=True, slots=True)
class InterfaceRules:
    """Those of one Airflow's host, as browsers write it, whose visitors have the cookie of this name."""

    host: str
    cookie: str

    def to_airflow(self, headers: Headers) -> Headers:
        """All but who the caller is; Airflow's own cookies pass, the gateway's does not."""
        passed = all_but(headers, NOT_TO_AIRFLOW)
        pairs = [
            pair.strip() for name, value in headers if name.lower() == b"cookie" for pair in value.split(b";")
        ]
        kept = [pair for pair in pairs if pair and not self._is_ours(pair)]
        if kept:
            passed.append((b"cookie", b"; ".join(kept)))
        if not any(name == b"accept-encoding" for name, _ in passed):
            passed.append((b"accept-encoding", b"identity"))
        return passed

    def from_airflow(self, status: int, headers: Headers, called: str, base_url: str) -> Headers:
        """All but what concerns the connection; a Location at Airflow's own address becomes a path here."""
        passed = all_but(headers, NOT_FROM_AIRFLOW)
        for name, value in headers:
            if name.lower() == b"location":
                passed.append((b"location", self._location(value, base_url)))
            elif name.lower() == b"set-cookie" and not self._is_ours(value):
                passed.append((b"set-cookie", _of_this_host(value)))
        return passed + ADDED

    def _location(self, given: bytes, base_url: str) -> bytes:
        try:
            url, base = urlsplit(given.decode("ascii")), urlsplit(base_url)
        except ValueError:
            return b"/"
        if url.netloc.lower() not in {self.host, base.netloc.lower()}:
            return given
        path = url.path.removeprefix(base.path) or "/"
        # Two slashes would begin the name of another host.
        path = "/" + path.lstrip("/\\")
        return url._replace(scheme="", netloc="", path=path).geturl().encode()

    def _is_ours(self, cookie: bytes) -> bool:
        return cookie.partition(b"=")[0].strip() == self.cookie.encode()


def _of_this_host(cookie: bytes) -> bytes:
    """A cookie without a domain: that of Airflow would reach others."""
    first, *attributes = cookie.split(b";")
    kept = [each for each in attributes if each.partition(b"=")[0].strip().lower() != b"domain"]
    return b";".join([first, *kept])
