"""Nonsense in the environment stops the start with the variable's name, and without the password in it."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

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
def test_a_public_address_is_scheme_host_and_port(text, scheme, host, port):
    public = configuration.public_url(text)

    assert (public.text, public.scheme, public.host, public.port) == (text.rstrip("/"), scheme, host, port)


@pytest.mark.parametrize(
    "text",
    [
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
def test_a_public_address_is_nothing_else(text):
    with pytest.raises(ImproperlyConfigured, match="PUBLIC_URL"):
        configuration.public_url(text)


def test_a_database_address_may_carry_options_of_the_client_library():
    database = configuration.database(
        "postgres://me:a%2Fb@db.example.com:5433/cloudui?sslmode=verify-full", data_dir=Path()
    )

    assert database["PASSWORD"] == "a/b"
    assert (database["HOST"], database["PORT"], database["NAME"]) == ("db.example.com", 5433, "cloudui")
    assert database["OPTIONS"]["sslmode"] == "verify-full"
    assert database["OPTIONS"]["pool"]["max_size"] == configuration.POOL_SIZE


@pytest.mark.parametrize("url", ["", "sqlite://"])
def test_without_an_address_the_database_is_a_file(url):
    assert configuration.database(url, data_dir=Path("data"))["NAME"] == Path("data/cloudui.sqlite3")


@pytest.mark.parametrize(
    ("read", "url", "name"),
    [
        (
            lambda url: configuration.database(url, data_dir=Path()),
            "postgres://me:pass/word@db/x",
            "DATABASE_URL",
        ),
        (lambda url: configuration.database(url, data_dir=Path()), "mysql://db/x", "DATABASE_URL"),
        (configuration.mail, "smtp://me:pass/word@mail", "EMAIL_URL"),
        (configuration.mail, "mail.example.com", "EMAIL_URL"),
        (configuration.cache, "memcached://cache", "CACHE_URL"),
    ],
)
def test_an_address_that_is_none_is_refused_without_quoting_its_password(read, url, name):
    with pytest.raises(ImproperlyConfigured, match=name) as refused:
        read(url)

    assert "pass/word" not in str(refused.value)
    assert "pass'" not in str(refused.value)
    assert refused.value.__cause__ is None


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
