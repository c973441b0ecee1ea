"""Nonsense in the environment stops the start with the variable's name, and without the password in it."""

from urllib.parse import urlsplit

import pytest
from django.core.exceptions import ImproperlyConfigured
from environs import EnvValidationError

from cloudui import configuration


@pytest.mark.parametrize(
    ("text", "scheme", "host", "port"),
    [
        ("https://console.example.com", "https", "console.example.com", 443),
        ("https://console.example.com/", "https", "console.example.com", 443),
        ("http://localhost:8871", "http", "localhost", 8871),
        ("http://[::1]:8871", "http", "[::1]", 8871),
    ],
)
def test_the_public_url_is_scheme_host_and_port(text, scheme, host, port):
    public = configuration.public_url(text)

    assert (public.text, public.scheme, public.host, public.port) == (text.rstrip("/"), scheme, host, port)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("https://konsole.m\u00fcnchen.example", "https://konsole.xn--mnchen-3ya.example"),
        ("https://KONSOLE.M\u00dcNCHEN.example:8443/", "https://konsole.xn--mnchen-3ya.example:8443"),
        ("https://stra\u00dfe.example", "https://xn--strae-oqa.example"),
        ("https://\u4f8b\u3048.\u30c6\u30b9\u30c8", "https://xn--r8jz45g.xn--zckzah"),
        ("https://Console.Example.com", "https://console.example.com"),
        ("https://xn--mnchen-3ya.example", "https://xn--mnchen-3ya.example"),
    ],
)
def test_the_public_url_is_written_as_browsers_write_it(text, written):
    """In Host and Origin they send it in ASCII and lower case."""
    public = configuration.public_url(text)

    assert (public.text, public.host) == (written, urlsplit(written).hostname)


@pytest.mark.parametrize(
    "text",
    [
        "https://\u2028.example",
        "https://" + "\u00fc" * 70 + ".example",
        "console.example.com",
        "ftp://console.example.com",
        "https://",
        "https://console.example.com/ui",
        "https://console.example.com?a=b",
        "https://console.example.com#a",
        "https://somebody:secret@console.example.com",
        "https://console.example.com:port",
    ],
)
def test_the_public_url_is_nothing_else(text):
    with pytest.raises(ImproperlyConfigured, match="PUBLIC_URL"):
        configuration.public_url(text)


# What Django takes where the settings say nothing, and what we say of every database and cache.
DATABASE_DEFAULTS = {
    "CONN_MAX_AGE": 0,
    "CONN_HEALTH_CHECKS": False,
    "DISABLE_SERVER_SIDE_CURSORS": False,
}
POSTGRES = {
    **DATABASE_DEFAULTS,
    "ENGINE": "cloudui.web.postgresql",
    "NAME": "cloudui",
    "USER": "",
    "PASSWORD": "",
    "HOST": "",
    "PORT": "",
}
POOL = {"pool": {"min_size": 1, "max_size": 8, "timeout": 20}}
SQLITE = {
    **DATABASE_DEFAULTS,
    "ENGINE": "cloudui.web.sqlite",
    "OPTIONS": {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    },
    "CONN_MAX_AGE": None,
}
MEMORY = {
    "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
    "LOCATION": "cloudui",
    "OPTIONS": {"MAX_ENTRIES": 50_000},
}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgres://db/cloudui", {"HOST": "db"}),
        ("postgresql://db/cloudui", {"HOST": "db"}),
        ("POSTGRES://DB.example.com/Cloudui", {"HOST": "db.example.com", "NAME": "Cloudui"}),
        ("postgres://me@db/cloudui", {"HOST": "db", "USER": "me"}),
        (
            "postgres://me:secret@db:5433/cloudui",
            {"HOST": "db", "USER": "me", "PASSWORD": "secret", "PORT": 5433},
        ),
        ("postgres://me:@db/cloudui", {"HOST": "db", "USER": "me"}),
        (
            "postgres://m%40e:a%2Fb%40c%23d%25%3A@db/cloudui",
            {"HOST": "db", "USER": "m@e", "PASSWORD": "a/b@c#d%:"},
        ),
        ("postgres://me:a:b@db/cloudui", {"HOST": "db", "USER": "me", "PASSWORD": "a:b"}),
        ("postgres://me:a+b@db/cloudui", {"HOST": "db", "USER": "me", "PASSWORD": "a+b"}),
        ("postgres://me:0123@db/cloudui", {"HOST": "db", "USER": "me", "PASSWORD": "0123"}),
        ("postgres://db:0/cloudui", {"HOST": "db"}),
        ("postgres://[fd00::1]:5433/cloudui", {"HOST": "fd00::1", "PORT": 5433}),
        ("postgres://me@%2Fvar%2Frun%2Fpostgresql/cloudui", {"HOST": "/var/run/postgresql", "USER": "me"}),
        ("postgres:///cloudui", {}),
        ("postgres:///cloudui?host=/var/run/postgresql", {"OPTIONS": {"host": "/var/run/postgresql"}}),
        ("postgres://db/cloud%20ui", {"HOST": "db", "NAME": "cloud ui"}),
        ("postgres://db//cloudui", {"HOST": "db"}),
        ("postgres://db/", {"HOST": "db", "NAME": ""}),
        ("postgres://db", {"HOST": "db", "NAME": ""}),
        ("postgres://db/cloudui?sslmode=verify-full", {"HOST": "db", "OPTIONS": {"sslmode": "verify-full"}}),
        (
            "postgres://db/cloudui?sslmode=verify-ca&sslrootcert=%2Fetc%2Fca.pem&connect_timeout=10",
            {
                "HOST": "db",
                "OPTIONS": {"sslmode": "verify-ca", "sslrootcert": "/etc/ca.pem", "connect_timeout": "10"},
            },
        ),
        # The client library gets what was written: no number, no truth value, no list, no translation.
        ("postgres://db/cloudui?password=0123", {"HOST": "db", "OPTIONS": {"password": "0123"}}),
        (
            "postgres://db/cloudui?application_name=true",
            {"HOST": "db", "OPTIONS": {"application_name": "true"}},
        ),
        (
            "postgres://db/cloudui?sslmode=allow&sslmode=require",
            {"HOST": "db", "OPTIONS": {"sslmode": "require"}},
        ),
        ("postgres://db/cloudui?currentSchema=x", {"HOST": "db", "OPTIONS": {"currentSchema": "x"}}),
        ("postgres://db/cloudui?sslmode=", {"HOST": "db"}),
        ("postgres://db/cloudui?pool=x", {"HOST": "db"}),
        ("postgres://db/cloudui#fragment", {"HOST": "db"}),
    ],
)
def test_a_database_url_names_a_server(settings_with, url, expected):
    database = settings_with("DATABASE_URL", url)["DATABASES"]["default"]

    assert {**DATABASE_DEFAULTS, **database} == {
        **POSTGRES,
        **expected,
        "OPTIONS": {**expected.get("OPTIONS", {}), **POOL},
    }


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("", None),
        ("sqlite://", None),
        ("sqlite:", None),
        ("sqlite://host", None),
        ("sqlite:////srv/cloudui.db", "/srv/cloudui.db"),
        ("sqlite:///srv/cloudui.db", "/srv/cloudui.db"),
        ("sqlite:///cloudui.db", "/cloudui.db"),
        ("sqlite:////srv/cloud%20ui.db?timeout=1", "/srv/cloud ui.db"),
        ("sqlite://host/srv/cloudui.db", "/srv/cloudui.db"),
        ("sqlite:srv/cloudui.db", "srv/cloudui.db"),
        ("/srv/cloudui.db", "/srv/cloudui.db"),
        ("srv/cloudui.db", "srv/cloudui.db"),
    ],
)
def test_a_database_url_names_a_file(settings_with, url, path):
    settings = settings_with("DATABASE_URL", url)

    assert {**DATABASE_DEFAULTS, **settings["DATABASES"]["default"]} == {
        **SQLITE,
        "NAME": path or settings["DATA_DIR"] / "cloudui.sqlite3",
    }


@pytest.mark.parametrize(
    "url",
    [
        "redis://cache",
        "redis://cache:6379/0",
        "redis://:secret@cache:6379/3",
        "redis://me:secret@cache/1",
        "redis://:a%2Fb%40c@Cache.example.com/0",
        "rediss://cache",
        "rediss://me:secret@cache:6380/2",
        "rediss://cache:6380/2?ssl_cert_reqs=none&socket_timeout=2",
        "redis://cache/0?timeout=5",
        "redis://[fd00::1]:6379/0",
        "redis://cache:port/0",
        "redis:///0",
        # Django divides them: it writes to the first one and reads from the others.
        "redis://cache:6379/0,redis://copy:6379/0",
        "redis://cache:6379,redis://copy:6379",
    ],
)
def test_a_cache_url_reaches_the_client_library_as_written(settings_with, url):
    assert settings_with("CACHE_URL", url)["CACHES"] == {
        "default": {"BACKEND": "cloudui.web.cache.SoftRedisCache", "LOCATION": url}
    }


def test_without_a_cache_url_the_cache_is_the_memory_of_the_process(settings_with):
    assert settings_with("CACHE_URL", "")["CACHES"] == {"default": MEMORY}


# The libraries know these; we do not support them.
OTHER_DATABASES = "mysql mysql2 mssql oracle pgsql postgis redshift timescale cockroach spatialite http"
OTHER_CACHES = "memcached pymemcache dummy locmem db file hiredis redis-cache"

NO_ADDRESS = "is not an address. Check its host and port; in a password, write / as %2F, @ as %40, # as %23."
NO_DATABASE = "must start with postgres:// or sqlite://, not {}://."
NO_CACHE = "must start with redis:// or rediss://."


@pytest.mark.parametrize(
    ("name", "url", "message"),
    [
        ("DATABASE_URL", "postgres://me:pass/word@db/cloudui", NO_ADDRESS),
        ("DATABASE_URL", "postgres://me:pass#word@db/cloudui", NO_ADDRESS),
        ("DATABASE_URL", "postgres://me:pass@word@db:port/cloudui", NO_ADDRESS),
        ("DATABASE_URL", "postgres://me:pass@db:65536/cloudui", NO_ADDRESS),
        ("DATABASE_URL", "postgres://me:pass@db:-1/cloudui", NO_ADDRESS),
        ("DATABASE_URL", "postgres://me:pass@[fd00::1/cloudui", NO_ADDRESS),
        ("DATABASE_URL", "mysql://me:pass/word@db/cloudui", NO_ADDRESS),
        ("DATABASE_URL", "sqlite://:memory:", NO_ADDRESS),
        *(
            ("DATABASE_URL", f"{scheme}://me:pass@db/cloudui", NO_DATABASE.format(scheme))
            for scheme in OTHER_DATABASES.split()
        ),
        *(("CACHE_URL", f"{scheme}://me:pass@cache/0", NO_CACHE) for scheme in OTHER_CACHES.split()),
        ("CACHE_URL", "unix:///run/redis.sock", NO_CACHE),
        ("CACHE_URL", "memcached://me:pass/word@cache", NO_CACHE),
        ("CACHE_URL", "cache:6379", NO_CACHE),
        ("CACHE_URL", "cache", NO_CACHE),
        ("CACHE_URL", "redis://[::1", NO_ADDRESS),
        ("CACHE_URL", "redis://me:pass@[::1/0", NO_ADDRESS),
        ("EMAIL_URL", "smtp://me:pass/word@mail", NO_ADDRESS),
        ("EMAIL_URL", "mail.example.com", "must look like smtp+tls://user:password@mail.example.com:587."),
    ],
)
def test_a_url_that_makes_no_sense_is_refused_without_quoting_its_password(settings_with, name, url, message):
    with pytest.raises(ImproperlyConfigured) as refused:
        settings_with(name, url)

    assert str(refused.value) == f"{name} {message}"
    # What is printed of the causes must not have it either.
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_proxies_are_addresses_and_networks_with_or_without_spaces():
    assert configuration.trusted_proxies(["10.0.0.0/8", " 192.168.0.1", "fd00::/8"]) == [
        "10.0.0.0/8",
        "192.168.0.1",
        "fd00::/8",
    ]


@pytest.mark.parametrize("value", ["proxy.example.com", "10.0.0.1/8", ""])
def test_a_proxy_is_nothing_else(value):
    with pytest.raises(ImproperlyConfigured, match="TRUSTED_PROXIES"):
        configuration.trusted_proxies([value])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOG_FORMAT", "xml"),
        ("LOG_FORMAT", "JSON"),
        ("METRICS_TOKEN", "short"),
        ("METRICS_TOKEN", "with " * 9),
    ],
)
def test_a_format_that_is_none_and_a_token_that_is_weak_are_refused(settings_with, name, value):
    with pytest.raises(EnvValidationError, match=name) as refused:
        settings_with(name, value)

    assert name == "LOG_FORMAT" or value not in str(refused.value)


@pytest.mark.parametrize(("value", "meant"), [("", "text"), ("text", "text"), ("json", "json")])
def test_the_log_is_text_unless_json_is_named(settings_with, value, meant):
    assert settings_with("LOG_FORMAT", value)["LOG_FORMAT"] == meant
