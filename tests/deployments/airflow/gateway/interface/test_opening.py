"""The button, the ticket behind it, and the hosts."""

from http.cookies import SimpleCookie
from urllib.parse import urlsplit

import pytest
from django.urls import reverse

from cloudui import configuration
from deployments.airflow import visits
from deployments.models import Airflow, AirflowVisit, Ground
from tests.deployments.airflow.gateway.conftest import RELEASE
from tests.deployments.airflow.gateway.fake_airflow import says
from tests.deployments.airflow.gateway.interface.conftest import HOST, OURS, ask, ticket_in
from tests.deployments.helpers import url
from tests.factories import create_deployment
from workspaces.models import AuditEvent


def test_the_button_leads_to_the_airflow_by_a_page_that_goes_on_by_itself(browser, open_airflow, deployment):
    address = open_airflow()

    assert address.startswith(f"{OURS}/console/enter?ticket=")
    answer = browser.post(url("deployments:open_airflow", deployment))
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cache-Control"] == "no-store"
    assert browser.get(url("deployments:open_airflow", deployment)).status_code == 405
    assert AuditEvent.objects.filter(operation="openAirflow").count() == 2


def test_neither_ticket_nor_cookie_is_in_the_database(open_airflow, cookie):
    ticket = ticket_in(open_airflow())

    kept = str(list(AirflowVisit.objects.values_list()))
    assert ticket not in kept
    assert cookie.partition("=")[2] not in kept


def test_a_ticket_opens_once_and_its_cookie_belongs_to_this_host_alone(play, open_airflow):
    place = urlsplit(open_airflow())

    async def scene(stage):
        return [await ask(stage, f"{place.path}?{place.query}", "") for _ in range(2)]

    first, second = play(scene, says())

    morsel = SimpleCookie(first.header("set-cookie"))["console_airflow"]
    assert (first.status, first.header("location")) == (303, "/")
    assert (morsel["domain"], morsel["path"], morsel["httponly"], morsel["samesite"]) == (
        "",
        "/",
        True,
        "Lax",
    )
    assert 0 < int(morsel["max-age"]) <= 12 * 60 * 60
    assert first.header("referrer-policy") == "no-referrer"
    assert (second.status, second.header("set-cookie")) == (403, None)


@pytest.mark.parametrize("change", ["late", "elsewhere", "signed out", "nonsense", "as a cookie"])
def test_a_ticket_that_is_not_good_opens_nothing(play, open_airflow, browser, settings, change, monkeypatch):
    ticket = ticket_in(open_airflow())
    host, cookie = HOST, ""
    match change:
        case "late":
            AirflowVisit.objects.update(ends_at=AirflowVisit.objects.get().created_at)
        case "elsewhere":
            other = create_deployment(name="Other")
            Airflow.objects.create(deployment=other, ground=Ground.LOCAL, base_url="http://127.0.0.1:9")
            host = f"{other.release_name}.localhost:8872"
        case "signed out":
            browser.post(reverse("account_logout"))
        case "nonsense":
            ticket = "x"
        case "as a cookie":
            cookie = f"console_airflow={ticket}"

    async def scene(stage):
        if cookie:
            return await ask(stage, "/", cookie)
        return await ask(stage, f"/console/enter?ticket={ticket}", "", host)

    got = play(scene, says())

    assert got.status in {401, 403}
    assert got.header("set-cookie") is None


@pytest.mark.parametrize(
    ("domain", "host", "address"),
    [
        ("airflow.example.com", f"{RELEASE}.airflow.example.com", f"https://{RELEASE}.airflow.example.com"),
        ("a.example.com:8443", f"{RELEASE}.a.example.com:8443", f"https://{RELEASE}.a.example.com:8443"),
    ],
)
def test_in_production_the_hosts_are_below_a_domain(play, open_airflow, settings, domain, host, address):
    settings.PUBLIC = configuration.public_url("https://console.example.com")
    settings.AIRFLOW_DOMAIN, settings.TRUSTED_PROXIES = domain, ["127.0.0.1"]
    settings.ALLOWED_HOSTS, settings.SECURE_PROXY_SSL_HEADER = ["*"], ("HTTP_X_FORWARDED_PROTO", "https")
    opened = open_airflow(headers={"X-Forwarded-Proto": "https"})
    assert opened.startswith(f"{address}/console/enter?ticket=")
    ticket = ticket_in(opened)

    async def scene(stage):
        sent = [("x-forwarded-proto", "https")]
        entered = await ask(stage, f"/console/enter?ticket={ticket}", "", host, sent)
        in_the_clear = await ask(stage, f"/console/enter?ticket={ticket}", "", host)
        return entered, in_the_clear

    entered, in_the_clear = play(scene, says())

    assert entered.header("set-cookie").startswith("__Host-console_airflow=")
    assert "Secure" in entered.header("set-cookie")
    assert in_the_clear.status == 403


def test_without_a_domain_the_button_says_why(browser, open_airflow, deployment, settings):
    page = browser.get(url("deployments:activity", deployment)).content.decode()
    assert reverse("deployments:open_airflow", args=[deployment.workspace_id, deployment.pk]) in page

    settings.PUBLIC = configuration.public_url("http://console.example.com")
    page = browser.get(url("deployments:activity", deployment)).content.decode()

    assert "AIRFLOW_DOMAIN" in page
    assert "disabled>Open Airflow" in page
    assert browser.post(url("deployments:open_airflow", deployment)).status_code == 404


def test_an_airflow_that_is_entered_by_accounts_has_a_plain_link(browser, deployment, airflow):
    Airflow.objects.update(ground=Ground.CONNECTED, base_url="https://airflow.example.com")

    page = browser.get(url("deployments:activity", deployment)).content.decode()

    assert 'href="https://airflow.example.com"' in page
    assert browser.post(url("deployments:open_airflow", deployment)).status_code == 404


def test_a_person_has_so_many_visits_and_no_more(open_airflow, monkeypatch):
    monkeypatch.setattr(visits, "MOST_VISITS", 3)

    for _ in range(5):
        open_airflow()

    assert AirflowVisit.objects.count() == 3


def test_what_has_ended_is_deleted(open_airflow, cookie):
    open_airflow()
    AirflowVisit.objects.filter(is_ticket=True).update(ends_at=AirflowVisit.objects.first().created_at)

    assert visits.delete_expired() == 1
    assert AirflowVisit.objects.get().is_ticket is False
