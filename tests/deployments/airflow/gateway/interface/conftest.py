"""A person who comes by *Open Airflow*, and the host of the Airflow."""

import html
import re
from urllib.parse import urlsplit

import pytest

from deployments.airflow import visits
from deployments.models import Airflow, Ground
from tests.deployments.airflow.gateway.conftest import RELEASE
from tests.deployments.helpers import signed_in, url
from tests.factories import create_member
from workspaces.models import Role

HOST = f"{RELEASE}.localhost:8872"
OURS = f"http://{HOST}"


@pytest.fixture
def airflow(airflow):
    """One that runs on this machine, and so has our auth manager."""
    airflow.ground = Ground.LOCAL
    airflow.save()
    return airflow


@pytest.fixture
def person(workspace):
    return create_member(workspace=workspace, role=Role.EDITOR, full_name="Eda Editor")


@pytest.fixture
def browser(person):
    return signed_in(person)


@pytest.fixture
def open_airflow(browser, airflow, deployment):
    """Presses the button; the URL to which the page leads."""
    Airflow.objects.update(base_url="http://127.0.0.1:9")

    def open_airflow(**options):
        answer = browser.post(url("deployments:open_airflow", deployment), **options)
        assert answer.status_code == 200
        found = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', answer.content.decode())
        return html.unescape(found[1])

    return open_airflow


@pytest.fixture
def cookie(open_airflow):
    """The cookie of a visit, as a browser sends it."""
    entered = visits.enter(RELEASE, ticket_in(open_airflow()))
    assert entered is not None
    return f"console_airflow={entered[0]}"


def ticket_in(address):
    return urlsplit(address).query.removeprefix("ticket=")


@pytest.fixture
def at_host(play, cookie):
    """Makes one request at the host of the Airflow: what the browser got, and the fake Airflow."""

    def at_host(behave, path="/", *, host=HOST, sent=None, headers=(), **options):
        async def scene(stage):
            got = await ask(stage, path, cookie if sent is None else sent, host, headers, **options)
            return got, stage.fake

        return play(scene, behave)

    return at_host


def ask(stage, path, cookie, host=HOST, headers=(), **options):
    sent = [("host", host), *([("cookie", cookie)] if cookie else []), *headers]
    return stage.call(path, at="", token="", headers=sent, **options)
