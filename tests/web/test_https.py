"""An installation at an https address as it runs: its cookies, its promise to browsers, and whose word it takes for TLS."""

import logging.config
import runpy

import pytest
from django.db import OperationalError
from django.db.backends.utils import CursorWrapper
from django.test import Client

import cloudui.settings
from cloudui.web import bodies, databases
from tests.factories import PASSWORD, create_user

pytestmark = pytest.mark.django_db

PROXY, STRANGER = "10.0.0.1", "203.0.113.9"
OURS = (
    "SECURE_",
    "SESSION_COOKIE_",
    "CSRF_COOKIE_",
    "DEVICE_",
    "CSRF_TRUSTED_ORIGINS",
    "PUBLIC",
    "ALLOWED_HOSTS",
    "TRUSTED_",
)
PAGE = "/account/login/"


@pytest.fixture(autouse=True)
def _at_https(settings, monkeypatch):
    """What the product's settings say of such an installation behind a proxy."""
    monkeypatch.setattr(logging.config, "dictConfig", lambda _: None)  # the logs stay those of the tests
    monkeypatch.setenv("PUBLIC_URL", "https://console.example.com")
    monkeypatch.setenv("TRUSTED_PROXIES", "10.0.0.0/8")
    for name, value in runpy.run_path(cloudui.settings.__file__).items():
        if name.startswith(OURS):
            setattr(settings, name, value)


def browser(peer=PROXY, **headers):
    return Client(REMOTE_ADDR=peer, headers={"Host": "console.example.com", **headers})


@pytest.fixture
def secure():
    return browser(**{"X-Forwarded-Proto": "https"})


def test_cookies_are_of_this_host_and_of_https_alone(secure):
    user = create_user()
    secure.get(PAGE)
    secure.post(PAGE, {"login": user.email, "password": PASSWORD})

    assert secure.cookies.keys() >= {"__Host-session", "__Host-csrftoken"}
    assert all(name.startswith("__Host-") for name in secure.cookies)
    for cookie in secure.cookies.values():
        assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")
        assert cookie["httponly"]
        assert cookie["samesite"] in {"Lax", "Strict"}


@pytest.mark.parametrize("path", [PAGE, "/", "/v1/whoami", "/.well-known/jwks.json", "/nonsense"])
def test_browsers_are_told_to_come_by_https_only(secure, path):
    assert secure.get(path).headers["Strict-Transport-Security"] == (
        "max-age=31536000; includeSubDomains; preload"
    )


@pytest.mark.threat("T-W11")
@pytest.mark.parametrize(
    ("peer", "headers", "is_taken"),
    [
        (PROXY, {"X-Forwarded-Proto": "https"}, True),
        (PROXY, {"X-Forwarded-Proto": "http"}, False),
        (PROXY, {}, False),
        (STRANGER, {"X-Forwarded-Proto": "https"}, False),
        (STRANGER, {"X-Forwarded-Proto": "https", "X-Forwarded-For": PROXY}, False),
        (STRANGER, {"Forwarded": "proto=https"}, False),
        ("", {"X-Forwarded-Proto": "https"}, False),
    ],
)
@pytest.mark.parametrize("path", [PAGE, "/.well-known/jwks.json"])
def test_only_a_trusted_proxy_is_believed_to_have_been_asked_by_https(path, peer, headers, is_taken):
    answer = browser(peer, **headers).get(path)

    assert (answer.status_code == 200) == is_taken
    assert is_taken or answer.status_code in {400, 403}
    assert is_taken or "Location" not in answer.headers
    assert is_taken or not answer.cookies


@pytest.mark.parametrize(
    ("peer", "forwarded", "path", "status"),
    [
        (STRANGER, None, "/healthz", 200),
        (STRANGER, "127.0.0.1", "/readyz", 404),
        (PROXY, "127.0.0.1", "/readyz", 404),
        ("127.0.0.1", None, "/readyz", 200),
        ("::1", None, "/readyz", 200),
        ("", None, "/readyz", 404),
        # A proxy on this machine that nobody named.
        ("127.0.0.1", "8.8.8.8", "/readyz", 404),
        ("127.0.0.1", "127.0.0.1", "/readyz", 404),
    ],
)
def test_strangers_do_not_ask_the_database(peer, forwarded, path, status, monkeypatch):
    asked: list[float] = []

    def answers(seconds: float) -> bool:
        asked.append(seconds)
        return True

    monkeypatch.setattr(databases, "answers", answers)

    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    assert browser(peer, **headers).get(path).status_code == status
    assert bool(asked) == ((path, status) == ("/readyz", 200))


@pytest.mark.parametrize(("fails", "status"), [(False, 200), (True, 503)])
def test_readiness_is_that_of_the_database(fails, status, monkeypatch):
    def fail(*_arguments):
        raise OperationalError

    if fails:
        monkeypatch.setattr(CursorWrapper, "execute", fail)

    assert browser("127.0.0.1").get("/readyz").status_code == status


def test_a_disk_below_its_reserve_is_seen_and_takes_the_machine_out_of_nothing(disk_with, settings):
    left = disk_with(0)
    assert browser("127.0.0.1").get("/readyz").content == b"ready\n"
    left.clear()
    answer = browser("127.0.0.1").get("/readyz")
    assert (answer.status_code, answer.content.splitlines()[0]) == (200, b"ready")
    assert f"disk almost full: {settings.DATA_DIR}" in answer.content.decode().splitlines()


def test_so_is_one_that_takes_no_temporary_file(monkeypatch):
    def nowhere():
        raise FileNotFoundError

    monkeypatch.setattr(bodies.tempfile, "gettempdir", nowhere)
    answer = browser("127.0.0.1").get("/readyz")
    assert answer.content.splitlines()[:2] == [b"ready", b"disk almost full: nowhere for temporary files"]
