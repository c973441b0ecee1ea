"""*Open Airflow* in a browser: from the console to the Airflow's own host, signed in, and what neither learns there."""

import json
import re
import socket

import jwt
import pytest
from playwright.sync_api import expect

from tests.browser.installation import running
from tests.browser.steps import sign_in_to
from tests.deployments.airflow.gateway import fake_airflow
from tests.deployments.airflow.gateway.fake_airflow import response
from tests.server.gateways import gateway

# The Deployment of the demo with the Airflow at the address.
CONNECT = """
from deployments.models import Airflow, Deployment
deployment = Deployment.objects.get(name="Production")
Airflow.objects.filter(deployment=deployment).delete()
Airflow.objects.create(deployment=deployment, ground="local", base_url="{address}", version="3.3.2")
"""
PAGE = """<!doctype html><title>Airflow</title><h1>Airflow of {name}</h1><p>as {role}</p>"""


async def behave(received, writer):
    """An Airflow whose page says who it takes the visitor for."""
    _, _, token = (received.header("authorization") or "").partition(" ")
    claims = jwt.decode(token, options={"verify_signature": False})
    headers = [("content-type", "text/html"), ("set-cookie", "session=of-airflow; Path=/; Domain=localhost")]
    writer.write(response(200, PAGE.format(**claims).encode(), headers))


@pytest.fixture(scope="module")
def airflow():
    with fake_airflow.in_thread(behave) as fake:
        yield fake


@pytest.fixture(scope="module")
def place(tmp_path_factory, airflow):
    """An installation with a gateway before this Airflow."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    directory = tmp_path_factory.mktemp("open-airflow")
    with running(directory, GATEWAY_PORT=port) as installation:
        installation.manage("shell", "--command", CONNECT.replace("{address}", airflow.base_url))
        with gateway(installation.environment, directory / "gateway-log"):
            yield installation


@pytest.mark.parametrize("javascript", [True, False], ids=["with scripts", "without"])
def test_a_person_opens_airflow_and_is_signed_in_there(chromium, place, airflow, javascript):
    context = chromium.new_context(base_url=place.url, java_script_enabled=javascript)
    page = context.new_page()
    sign_in_to(page, place, "admin@example.com")
    page.get_by_role("link", name="Data Engineering Workspace").click()
    page.get_by_role("link", name="Production").click()

    with context.expect_page() as opened:
        page.get_by_role("button", name="Open Airflow").click()
    tab = opened.value

    expect(tab.get_by_role("heading", name="Airflow of Adam Admin")).to_be_visible()
    expect(tab.get_by_text("as admin")).to_be_visible()
    host = re.fullmatch(r"http://([a-z0-9-]+\.localhost):\d+/", tab.url)[1]
    cookies = {(each["name"], each["domain"]) for each in context.cookies()}
    assert {("console_airflow", host), ("session", host)} <= cookies
    # The console's cookies are none of Airflow's business, nor the other way round.
    sent = json.dumps([each.headers for each in airflow.received])
    console = {each["value"] for each in context.cookies(place.url)}
    assert "of-airflow" not in console
    assert not any(value in sent for value in console)

    tab.goto(f"{tab.url}console/leave")
    expect(tab).to_have_url(re.compile(re.escape(place.url)))
    context.close()
