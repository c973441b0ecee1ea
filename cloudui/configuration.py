"""What varies between installations (docs/configuration.md), read from the environment and refused if it is nonsense."""

import re
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import idna
from django.core.exceptions import ImproperlyConfigured
from environs import Env

LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*", re.IGNORECASE | re.ASCII)

# PostgreSQL connections a process keeps. More threads than this wait for one, which is cheaper
# than a server process per thread.
POOL_SIZE = 8


@dataclass(frozen=True, slots=True)
class PublicUrl:
    """The one URL at which people and pipelines reach this installation."""

    text: str
    scheme: str
    host: str
    port: int

    @property
    def is_https(self) -> bool:
        """Whether browsers reach us over TLS, which decides cookies and transport security."""
        return self.scheme == "https"

    @property
    def is_local(self) -> bool:
        return self.host in LOCAL_HOSTS


def public_url(text: str) -> PublicUrl:
    """Parse `PUBLIC_URL`: scheme, host and optional port; ImproperlyConfigured for anything else."""
    return origin(text, "PUBLIC_URL")


def origin(text: str, name: str) -> PublicUrl:
    """The same for the variable of this `name`."""
    parts, port = _split(text.rstrip("/"), name)
    host = _ascii_host(parts.hostname or "")
    is_more = parts.path or parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in {"http", "https"} or not host or is_more:
        raise ImproperlyConfigured(
            f"{name} must look like https://console.example.com (scheme, host, optional port), not {text!r}."
        )
    return PublicUrl(
        # As browsers write it in Origin, and pipelines read it in a token.
        text=f"{parts.scheme}://{host}" + (f":{port}" if port is not None else ""),
        scheme=parts.scheme,
        host=host,
        port=port or (443 if parts.scheme == "https" else 80),
    )


def astro_domain(text: str, public: PublicUrl) -> str:
    """Check `ASTRO_DOMAIN`: a name that every version of the `astro` client takes for its own product, or empty.

    The client decides by the name alone and makes `https://api.<name>` of it, in ways that break some names. `text` has
    a port if it is not 443. Raises ImproperlyConfigured, with the reason, for a name that some version would not reach.
    """
    if not text:
        return ""
    name, _, port = text.partition(":")
    reason = next((reason for is_broken, reason in _astro_rules(name, port, public) if is_broken), "")
    if reason:
        raise ImproperlyConfigured(f"ASTRO_DOMAIN cannot be {text!r}: {reason}")
    return text


def _astro_rules(name: str, port: str, public: PublicUrl) -> list[tuple[bool, str]]:
    return [
        (
            "/" in name + port,
            "the client wants the bare name of a host, without https:// and without a path.",
        ),
        (name != name.lower(), "write it in lower case, as the client compares it."),
        (not _HOST_NAME.fullmatch(name), "it is not the name of a host."),
        (bool(port) and not port.isdecimal(), "what follows the colon is not a port."),
        (name == "localhost", "this name is for a laptop, and needs no setting."),
        (
            "localhost" not in name,
            "the client recognizes a name by the text localhost in it, such as in cloudui-localhost.example.com.",
        ),
        (
            "cloud." in name,
            "the client cuts “cloud.” out of a name, wherever it stands, and would look for another host.",
        ),
        (
            name.endswith(".localhost"),
            "names that end in .localhost lead every machine to itself, and no authority signs certificates for them.",
        ),
        (
            not public.is_https,
            "set PUBLIC_URL to an address with https://: the client sends the secrets of API keys there.",
        ),
        (
            public.host == f"api.{name}",
            f"PUBLIC_URL is at api.{name}, where only the client is served. Choose another name for the console.",
        ),
    ]


def airflow_domain(text: str, public: PublicUrl) -> str:
    """Check `AIRFLOW_DOMAIN`: a name, with a port if it is not the one of its scheme, or empty.

    Raises:
        ImproperlyConfigured: for what is no name, and for one that would bring a console's cookies near an Airflow.
    """
    if not text:
        return ""
    name, _, port = text.partition(":")
    if not _HOST_NAME.fullmatch(name) or name != name.lower() or (":" in text and not port.isdecimal()):
        raise ImproperlyConfigured(
            f"AIRFLOW_DOMAIN must be the name of a domain in lower case, such as airflow.example.com, not {text!r}."
        )
    if f".{public.host}".endswith(f".{name}"):
        raise ImproperlyConfigured(
            f"AIRFLOW_DOMAIN cannot be {text!r}: the console itself is there, at {public.host}. Each Airflow has a host "
            "below AIRFLOW_DOMAIN, and none may share cookies with the console."
        )
    return text


def database(env: Env, *, data_dir: Path) -> dict[str, Any]:
    """The `DATABASES["default"]` entry for `DATABASE_URL`; SQLite in the data directory if it is empty.

    What follows a question mark goes to PostgreSQL's client library, such as `sslmode=verify-full`. Raises
    ImproperlyConfigured for a scheme other than postgres, postgresql and sqlite.
    """
    parts, _ = _split(env.str("DATABASE_URL", ""), "DATABASE_URL")
    if parts.scheme in {"", "sqlite"}:
        # The library takes sqlite:///path for a path below the working directory.
        name = unquote(parts.path[1:] if parts.path.startswith("//") else parts.path)
        return {
            "ENGINE": "cloudui.web.sqlite",
            "NAME": name or data_dir / "cloudui.sqlite3",
            "OPTIONS": {
                # A transaction that reads first and writes later must hold the write lock from its
                # start, or SQLite answers "database is locked" however long it may wait.
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
            "CONN_MAX_AGE": None,
        }
    # The library knows more engines than we support.
    if parts.scheme in {"postgres", "postgresql"}:
        return {
            **env.dj_db_url("DATABASE_URL"),
            "ENGINE": "cloudui.web.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),  # the library keeps a second slash
            "OPTIONS": {
                # As written: the library makes the number 123 of a password 0123.
                **dict(parse_qsl(parts.query)),
                "pool": {"min_size": 1, "max_size": POOL_SIZE, "timeout": 20},
            },
        }
    raise ImproperlyConfigured(
        f"DATABASE_URL must start with postgres:// or sqlite://, not {parts.scheme}://."
    )


def airflow_database_url(url: str) -> str:
    """Check `AIRFLOW_DATABASE_URL`: a PostgreSQL server, or empty; ImproperlyConfigured for anything else."""
    if url and _parts(url, "AIRFLOW_DATABASE_URL").scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("AIRFLOW_DATABASE_URL must start with postgres://.")
    return url


def cache(url: str) -> dict[str, Any]:
    """The `CACHES["default"]` entry for redis:// or rediss://, else ImproperlyConfigured; process memory if empty."""
    if not url:
        return {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "LOCATION": "cloudui",
            # Limits are counted here, an entry a caller and minute. Django's 300 would let a flood from
            # many IP addresses push the counters out.
            "OPTIONS": {"MAX_ENTRIES": 50_000},
        }
    # The reader that environs has for it would drop the user, the options and the brackets of an IPv6 address.
    if _parts(url, "CACHE_URL").scheme in {"redis", "rediss"}:
        return {"BACKEND": "cloudui.web.cache.SoftRedisCache", "LOCATION": url}
    raise ImproperlyConfigured("CACHE_URL must start with redis:// or rediss://.")


def mail(url: str) -> dict[str, Any]:
    """Django's `EMAIL_*` settings for an `EMAIL_URL` such as smtp+tls://user:password@host:587.

    Raises ImproperlyConfigured for a scheme other than smtp, smtp+tls and smtps.
    """
    parts, port = _split(url, "EMAIL_URL")
    if parts.scheme not in {"smtp", "smtp+tls", "smtps"} or not parts.hostname:
        raise ImproperlyConfigured("EMAIL_URL must look like smtp+tls://user:password@mail.example.com:587.")
    return {
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port or (465 if parts.scheme == "smtps" else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
    }


def trusted_proxies(values: list[str]) -> list[str]:
    """Check `TRUSTED_PROXIES`: IP addresses or networks whose X-Forwarded-* headers are believed.

    Raises ImproperlyConfigured naming the entry that is neither.
    """
    proxies = [value.strip() for value in values]
    for proxy in proxies:
        try:
            ip_network(proxy)
        except ValueError as error:
            raise ImproperlyConfigured(f"TRUSTED_PROXIES: {proxy!r} is not an address or network.") from error
    return proxies


def _ascii_host(name: str) -> str:
    """A host as HTTP writes it: an IPv6 address in brackets, other letters than ASCII as browsers encode them.

    Empty for one that cannot be encoded.
    """
    if ":" in name:
        return f"[{name}]"
    if name.isascii():
        return name
    try:
        return idna.encode(name, uts46=True).decode()
    except idna.IDNAError:
        return ""


def _split(url: str, name: str) -> tuple[SplitResult, int | None]:
    """The parts of the URL in a variable, and its port."""
    parts = _parts(url, name)
    try:
        return parts, parts.port
    except ValueError:
        raise _not_a_url(name) from None


def _parts(url: str, name: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        raise _not_a_url(name) from None


def _not_a_url(name: str) -> ImproperlyConfigured:
    # It quotes nothing: a password may be in the value.
    return ImproperlyConfigured(
        f"{name} is not an address. Check its host and port; in a password, write / as %2F, @ as %40, # as %23."
    )
