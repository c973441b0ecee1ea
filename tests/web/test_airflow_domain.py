"""AIRFLOW_DOMAIN: the domain below which each Airflow has a host of its own."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from cloudui import configuration


@pytest.mark.parametrize(
    "text", ["", "airflow.example.com", "airflow.example.com:8443", "airflow.example.net"]
)
def test_the_domain_of_airflows_is_a_name_beside_the_console(text):
    public = configuration.public_url("https://console.example.com")

    assert configuration.airflow_domain(text, public) == text


@pytest.mark.parametrize(
    "text",
    [
        "https://airflow.example.com",
        "airflow.example.com/",
        "Airflow.example.com",
        "airflow.example.com:x",
        "airflow.example.com:",
        "*.example.com",
        # There the console is, and its cookies.
        "example.com",
        "com",
        "console.example.com",
    ],
)
def test_a_domain_of_airflows_is_nothing_else(text):
    public = configuration.public_url("https://console.example.com")

    with pytest.raises(ImproperlyConfigured, match="AIRFLOW_DOMAIN"):
        configuration.airflow_domain(text, public)
