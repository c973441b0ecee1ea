"""The name that is for programs only: what the `astro` client calls is there, and no page."""

import logging.config
import runpy

import pytest
from django.test import Client

import cloudui.settings
from tests.factories import create_owner

pytestmark = pytest.mark.django_db

API = "api.cloudui-localhost.example.com"
CONSOLE = "console.example.com"


@pytest.fixture(autouse=True)
def _with_domain(settings, monkeypatch):
    """What the product's settings say of such an installation."""
    monkeypatch.setattr(logging.config, "dictConfig", lambda _: None)  # the logs stay those of the tests
    monkeypatch.setenv("PUBLIC_URL", f"https://{CONSOLE}")
    monkeypatch.setenv("ASTRO_DOMAIN", "cloudui-localhost.example.com")
    for name, value in runpy.run_path(cloudui.settings.__file__).items():
        if name.startswith(("PUBLIC", "ALLOWED_HOSTS", "ASTRO_", "API_HOST")):
            setattr(settings, name, value)


def get(path, host):
    return Client().get(path, headers={"Host": host}, secure=True)


@pytest.mark.parametrize("host", [API, API.upper(), f"{API}:8443", f"{API}.", CONSOLE])
@pytest.mark.parametrize("path", ["/hub/auth-config", "/private/v1alpha1/cli/auth-config", "/auth-config"])
def test_discovery_leads_to_the_console_from_both_names(path, host):
    answer = get(path, host)

    assert (answer.status_code, answer.json()["domainUrl"]) == (200, f"https://{CONSOLE}/")


@pytest.mark.parametrize("path", ["/v1/deployments", "/v1alpha1/organizations", "/v1/whoami"])
def test_what_needs_a_token_is_there(path):
    assert get(path, API).status_code == 401


PAGES = ["/", "/account/login/", "/admin/", "/token", "/static/app.css", "/v1/docs", "/nonsense"]


@pytest.mark.threat("T-W11")
@pytest.mark.parametrize("path", PAGES)
def test_no_page_is_there_not_even_for_somebody_who_is_signed_in(path):
    client = Client()
    client.force_login(create_owner())

    answer = client.get(path, headers={"Host": API}, secure=True)

    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/json")
    assert answer.json() == get("/nothing-like-that", API).json()
    assert not answer.cookies


def test_pages_are_at_the_console_s_name():
    assert get("/account/login/", CONSOLE).status_code == 200


@pytest.mark.threat("T-W11")
@pytest.mark.parametrize("host", ["cloudui-localhost.example.com", f"x.{API}", "api.example.com"])
def test_no_other_name_is_answered(host):
    assert get("/auth-config", host).status_code == 400
    assert get("/account/login/", host).status_code == 400
