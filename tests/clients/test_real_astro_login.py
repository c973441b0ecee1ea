"""`astro login` by the client itself, version 1.15.1, and what it does when its access token has ended.

Collected where `ASTRO_BIN_OLD` names the program (tests/clients/conftest.py). The client looks for port 8871 and
listens at 12345; nothing moves these.
"""

import os
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from pytest_django.live_server_helper import LiveServer

from apikeys.models import AuthorizationGrant
from tests.clients.browser_of_astro import Browser
from tests.factories import create_member
from workspaces.models import Role

pytestmark = pytest.mark.django_db(transaction=True)

CONFIGURATION = """\
context: localhost
contexts:
  localhost:
    domain: localhost
local:
  public_astrohub: http://localhost:8871/graphql
  core: http://localhost:8871/v1alpha1
  platform: cloud
upgrade_message: "false"
show_warnings: "false"
"""


class Astro:
    """The client with an empty home."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self.file = home / ".astro" / "config.yaml"
        self.file.parent.mkdir()
        self.file.write_text(CONFIGURATION)

    def run(self, *arguments: str) -> tuple[int, str]:
        """A command to its end; nobody answers what it asks."""
        process = self.start(*arguments)
        text, _ = process.communicate(timeout=60)
        return process.returncode, text

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """A command that goes on."""
        environment = {
            "HOME": str(self._home),
            "ASTRO_HOME": str(self._home),
            "HTTPS_PROXY": "http://127.0.0.1:9",
            "PATH": os.environ.get("PATH", ""),
        }
        return subprocess.Popen(
            [os.environ["ASTRO_BIN_OLD"], *arguments],
            cwd=self._home,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def let_the_token_end(self) -> None:
        """Spoil the access token, and say that it ends in four minutes: the client renews it five minutes before."""
        soon = datetime.now(UTC) + timedelta(minutes=4)
        text = re.sub(r"token: Bearer \S+", "token: Bearer spoilt", self.file.read_text(), count=1)
        self.file.write_text(re.sub(r"expiresin: \S+", f"expiresin: {soon:%Y-%m-%dT%H:%M:%SZ}", text))


@pytest.fixture(scope="module")
def server() -> Iterator[None]:
    """One for all: Django's server for tests does not take a port again at once."""
    server = LiveServer("localhost:8871")
    yield
    server.stop()


@pytest.fixture
def astro(server, settings, tmp_path) -> Astro:
    settings.PUBLIC_URL = "http://localhost:8871"
    return Astro(tmp_path)


@pytest.fixture
def person(issued):
    return create_member(workspace=issued.key.deployment.workspace, role=Role.EDITOR, full_name="Eda")


def login(astro, person, decision):
    """`astro login -l`, answered in the browser; the exit status and all that it printed."""
    process = astro.start("login", "localhost", "-l")
    assert process.stdout is not None
    printed = ""
    for line in process.stdout:
        printed += line
        if url := re.search(r"http://localhost:8871/authorize\S+", line):
            location = Browser(person).answer(url[0], decision)
            requests.get(location, allow_redirects=False, timeout=20)
            break
    rest, _ = process.communicate(timeout=60)
    return process.returncode, printed + rest


def test_it_signs_in_works_and_renews_its_token(astro, person, issued):
    status, text = login(astro, person, "allow")
    assert (status, "Successfully authenticated" in text) == (0, True), text

    for spoil in (lambda: None, astro.let_the_token_end):
        spoil()
        status, text = astro.run("deployment", "list", "--all")
        assert (status, issued.key.deployment.pk in text) == (0, True), text

    assert "Bearer spoilt" not in astro.file.read_text()
    assert AuthorizationGrant.objects.get().last_used_client == "Go-http-client/1.1"


def test_cancel_is_told(astro, person):
    status, text = login(astro, person, "cancel")

    assert status == 1
    assert "Could not authorize your device. [access_denied]: [Sign-in was cancelled in the browser.]" in text


def test_a_sign_in_that_was_ended_is_told(astro, person):
    login(astro, person, "allow")
    AuthorizationGrant.objects.all().delete()

    status, text = astro.run("workspace", "list")

    assert status == 1
    assert "This sign-in has ended. Run astro login again." in text
