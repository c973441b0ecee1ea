"""Which headers pass, in either direction, by lists of those that may. What is not listed stays here.

So no cookie, no Authorization and no X-Forwarded-... of a caller reaches Airflow, and no cookie, challenge or
hop-by-hop header of Airflow a caller.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import urljoin, urlsplit

from cloudui.web.api import ApiError

Headers = list[tuple[bytes, bytes]]

ELSEWHERE: Final = (
    "Airflow answered with a redirect to somewhere else, as it does to its sign-in page or where its base URL is "
    "another one. An operator checks the address in the admin site."
)


class Rules(Protocol):
    """Which headers pass; one set for the REST API, one for the web interface (`interface_headers`)."""

    def to_airflow(self, headers: Headers) -> Headers:
        """What of a caller's headers Airflow gets."""

    def from_airflow(self, status: int, headers: Headers, called: str, base_url: str) -> Headers:
        """What of Airflow's headers the caller gets, for an answer to the URL `called`; ApiError if it cannot pass."""


TO_AIRFLOW: Final = frozenset(
    {
        b"accept",
        b"accept-encoding",
        b"accept-language",
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"if-match",
        b"if-modified-since",
        b"if-none-match",
        b"if-range",
        b"if-unmodified-since",
        b"range",
        b"user-agent",
    }
)
FROM_AIRFLOW: Final = frozenset(
    {
        b"accept-ranges",
        b"allow",
        b"cache-control",
        b"content-disposition",
        b"content-encoding",
        b"content-language",
        b"content-length",
        b"content-range",
        b"content-type",
        b"deprecation",
        b"etag",
        b"expires",
        b"last-modified",
        b"link",
        b"retry-after",
        b"sunset",
        b"vary",
    }
)
# The answers of an Airflow are a stranger's, at the console's own address in production: no browser runs them.
INERT: Final[Headers] = [
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; sandbox"),
]


@dataclass(frozen=True, slots=True)
class ApiRules:
    """Those of the REST API, which callers find below `prefix`."""

    prefix: str

    def to_airflow(self, headers: Headers) -> Headers:
        """Only what is listed. Without a wish of the caller Airflow is asked not to compress."""
        passed = only(headers, TO_AIRFLOW)
        if not any(name == b"accept-encoding" for name, _ in passed):
            passed.append((b"accept-encoding", b"identity"))
        return passed

    def from_airflow(self, status: int, headers: Headers, called: str, base_url: str) -> Headers:
        """Only what is listed, a Location as the caller needs it, and what keeps a browser from running the answer.

        Raises:
            ApiError: 502 for a redirect to anywhere but the REST API of this Airflow.
        """
        passed = only(headers, FROM_AIRFLOW)
        if not any(name == b"cache-control" for name, _ in passed):
            passed.append((b"cache-control", b"no-store"))
        location = self._location(headers, called, base_url)
        if location:
            passed.append((b"location", location.encode()))
        elif location is not None and 300 <= status < 400:
            raise ApiError(502, "airflow_redirects", ELSEWHERE)
        return passed + INERT

    def _location(self, headers: Headers, called: str, base_url: str) -> str | None:
        """Where Airflow's Location leads, as a path here; empty for anywhere else, None if there is none."""
        given = next((value for name, value in headers if name.lower() == b"location"), None)
        if given is None:
            return None
        try:
            url, base = urlsplit(urljoin(called, given.decode("ascii"))), urlsplit(base_url)
        except ValueError:
            return ""
        is_same = (url.scheme, url.netloc.lower()) == (base.scheme, base.netloc.lower())
        if not is_same or not url.path.startswith((f"{base.path}/api/v1/", f"{base.path}/api/v2/")):
            return ""
        return self.prefix + url.path[len(base.path) :] + (f"?{url.query}" if url.query else "")


def only(headers: Iterable[tuple[bytes, bytes]], names: frozenset[bytes]) -> Headers:
    """Those with a name that is listed, unless they concern one connection only; names in lower case."""
    lowered, named = _lowered(headers)
    return [(name, value) for name, value in lowered if name in names and name not in named]


def all_but(headers: Iterable[tuple[bytes, bytes]], names: frozenset[bytes]) -> Headers:
    """Those with a name that is not listed; otherwise the same."""
    lowered, named = _lowered(headers)
    return [(name, value) for name, value in lowered if name not in names and name not in named]


def _lowered(headers: Iterable[tuple[bytes, bytes]]) -> tuple[Headers, set[bytes]]:
    lowered = [(name.lower(), value) for name, value in headers]
    # RFC 9110 section 7.6.1: what is named there concerns one connection only.
    named = {
        option.strip().lower()
        for name, value in lowered
        if name == b"connection"
        for option in value.split(b",")
    }
    return lowered, named
