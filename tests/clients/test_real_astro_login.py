"""`astro login` by the client itself, both versions, and what it does when its access token has ended.

Collected where a variable names a program (tests/clients/real_astro.py). The client looks for ports 8871 and 8888 and
listens at 12345; nothing moves these.
"""

import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests
from pytest_django.live_server_helper import LiveServer

from apikeys.models import AuthorizationGrant
from apikeys.tokens import access_tokens
from tests.clients import real_astro
from tests.clients.browser_of_astro import Browser
from tests.clients.real_astro import NEW, OLD, RealAstro
from tests.factories import create_member
from workspaces.models import Role

pytestmark = pytest.mark.django_db(transaction=True)

VERSIONS = [variable for variable in (OLD, NEW) if real_astro.binary(variable)]


class Astro(RealAstro):
    """The client as a person uses it."""

    @property
    def file(self):
        return self.home / ".astro" / "config.yaml"

    def log_in(self, person, decision):
        """`astro login -l`, answered in the browser; the exit status and all that it printed."""
        process = subprocess.Popen(
            [self.binary, "login", "localhost", "-l"],
            cwd=self.home,
            env={**self.hermetic(), **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
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

    def let_the_token_end(self) -> None:
        """Spoil the access token, and say that it ends in four minutes: the client renews it five minutes before."""
        soon = datetime.now(UTC) + timedelta(minutes=4)
        text = re.sub(r"token: Bearer \S+", "token: Bearer spoilt", self.file.read_text(), count=1)
        self.file.write_text(re.sub(r"expiresin: \S+", f"expiresin: {soon:%Y-%m-%dT%H:%M:%SZ}", text))


@pytest.fixture(scope="module")
def servers() -> Iterator[None]:
    """One for all: Django's server for tests does not take a port again at once."""
    servers = [LiveServer(f"localhost:{port}") for port in (real_astro.PORT, 8888)]
    yield
    for server in servers:
        server.stop()


@pytest.fixture(params=VERSIONS)
def astro(request, servers, settings, tmp_path) -> Astro:
    settings.PUBLIC_URL = f"http://localhost:{real_astro.PORT}"
    client = Astro(real_astro.binary(request.param), tmp_path)
    if request.param == NEW:
        client.file.write_text(client.file.read_text().replace("/v1alpha1", ""))
    return client


@pytest.fixture
def person(issued):
    return create_member(workspace=issued.key.deployment.workspace, role=Role.EDITOR, full_name="Eda")


def test_it_signs_in_works_and_renews_its_token(astro, person, issued):
    status, text = astro.log_in(person, "allow")
    assert (status, "Successfully authenticated" in text) == (0, True), text

    for spoil in (lambda: None, astro.let_the_token_end):
        spoil()
        ended = astro.run("deployment", "list", "--all")
        assert (ended.status, issued.key.deployment.pk in ended.text) == (0, True), ended.text

    assert "Bearer spoilt" not in astro.file.read_text()
    assert AuthorizationGrant.objects.get().last_used_client == "Go-http-client/1.1"


def test_cancel_is_told(astro, person):
    status, text = astro.log_in(person, "cancel")

    assert status == 1
    assert "Could not authorize your device. [access_denied]: [Sign-in was cancelled in the browser.]" in text


def test_a_sign_in_that_was_ended_is_told(astro, person):
    astro.log_in(person, "allow")
    AuthorizationGrant.objects.all().delete()

    ended = astro.run("workspace", "list")

    assert ended.status == 1
    assert "This sign-in has ended. Run astro login again." in ended.text


def test_the_token_of_the_page_signs_in_and_serves_as_its_api_token(astro, person, issued):
    token, _ = access_tokens.mint_for_user(person)

    signed_in = astro.run("login", "localhost", "-t", token)
    with_login = astro.run("deployment", "list", "--all")
    astro.run("logout")
    astro.run("context", "switch", "localhost")
    astro.environment["ASTRO_API_TOKEN"] = token
    with_variable = astro.run("deployment", "list", "--all")

    for ended in (signed_in, with_login, with_variable):
        assert ended.status == 0, ended.text
    assert "Using an Astro API Token" in with_variable.text
    for ended in (with_login, with_variable):
        assert issued.key.deployment.pk in ended.text
