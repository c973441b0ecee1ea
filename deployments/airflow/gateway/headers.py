"""Which headers pass, in either direction, by lists of those that may. What is not listed stays here.

So no cookie, no Authorization and no X-Forwarded-... of a caller reaches Airflow, and no cookie, challenge or
hop-by-hop header of Airflow a caller.
"""

from collections.abc import Iterable
from typing import Final
from urllib.parse import urljoin, urlsplit

Headers = list[tuple[bytes, bytes]]

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


def to_airflow(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """What of a caller's headers Airflow gets. Without a wish of the caller it is asked not to compress."""
    passed = _only(headers, TO_AIRFLOW)
    if not any(name == b"accept-encoding" for name, _ in passed):
        passed.append((b"accept-encoding", b"identity"))
    return passed


def from_airflow(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """What of Airflow's headers the caller gets, and what keeps a browser from running the answer."""
    passed = _only(headers, FROM_AIRFLOW)
    if not any(name == b"cache-control" for name, _ in passed):
        passed.append((b"cache-control", b"no-store"))
    return passed + INERT


def location(headers: Iterable[tuple[bytes, bytes]], called: str, base_url: str, prefix: str) -> str | None:
    """Where Airflow's Location leads, as a path below `prefix`.

    Args:
        headers: of the answer.
        called: the URL at which Airflow was called.
        base_url: that of the Airflow, without a slash at its end.
        prefix: at which callers find this Airflow.

    Returns:
        None without a Location, an empty text for one that leads anywhere but to the REST API of this Airflow.
    """
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
    return prefix + url.path[len(base.path) :] + (f"?{url.query}" if url.query else "")


def _only(headers: Iterable[tuple[bytes, bytes]], names: frozenset[bytes]) -> Headers:
    lowered = [(name.lower(), value) for name, value in headers]
    # RFC 9110 section 7.6.1: what is named there concerns one connection only.
    named = {
        option.strip().lower()
        for name, value in lowered
        if name == b"connection"
        for option in value.split(b",")
    }
    return [(name, value) for name, value in lowered if name in names and name not in named]
