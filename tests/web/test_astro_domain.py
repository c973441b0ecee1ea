"""The name that people give the `astro` client: one that every version of it reaches, or the start is refused."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from cloudui import configuration

HTTPS = configuration.public_url("https://console.example.com")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "cloudui-localhost.example.com",
        "astro-localhost.example.com",
        "acme-localhost.cloud",
        "localhost-1.corp",
        "astro-localhost.example.com:8443",
    ],
)
def test_an_astro_domain_is_a_name_that_every_client_reaches(text):
    assert configuration.astro_domain(text, HTTPS) == text


@pytest.mark.parametrize(
    ("text", "public", "reason"),
    [
        ("https://astro-localhost.example.com", HTTPS, "the bare name"),
        ("astro-localhost.example.com/v1", HTTPS, "the bare name"),
        ("Astro-localhost.example.com", HTTPS, "lower case"),
        ("astro_localhost.example.com", HTTPS, "not the name of a host"),
        ("-localhost.example.com", HTTPS, "not the name of a host"),
        (":8443", HTTPS, "not the name of a host"),
        ("astro-localhost.example.com:port", HTTPS, "not a port"),
        ("localhost", HTTPS, "for a laptop"),
        ("localhost:8443", HTTPS, "for a laptop"),
        ("console.example.com", HTTPS, "the text localhost"),
        ("localhost-cloud.example.com", HTTPS, "cuts “cloud.” out"),
        ("mycloud.localhost.corp", HTTPS, "cuts “cloud.” out"),
        ("cloud.astro-localhost.example.com", HTTPS, "cuts “cloud.” out"),
        ("console.localhost", HTTPS, "to itself"),
        ("astro-localhost.example.com", configuration.public_url("http://localhost:8871"), "https://"),
        (
            "astro-localhost.example.com",
            configuration.public_url("https://api.astro-localhost.example.com"),
            "another name for the console",
        ),
    ],
)
def test_an_astro_domain_that_some_client_would_not_reach_stops_the_start(text, public, reason):
    with pytest.raises(ImproperlyConfigured, match="ASTRO_DOMAIN cannot be") as refused:
        configuration.astro_domain(text, public)

    assert reason in str(refused.value)
