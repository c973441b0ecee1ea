"""What is counted, who may see it, and that all of it is documented and drawn."""

import io
import json
import re
import threading

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from cloudui.web import metrics, scrape, slots
from cloudui.web.slots import SlotsBusy
from deployments.deploys.service import receive
from tests.apikeys.machine import exchange, token_of, whoami
from tests.deployments.deploys.archives import files
from tests.deployments.deploys.deploying import key_of
from tests.factories import create_api_key, create_deployment, create_user
from tests.house.conventions import ROOT
from tests.web.figures import figures

pytestmark = pytest.mark.django_db

TOKEN = "a-token-for-prometheus"
PAPER = (ROOT / "docs/monitoring.md").read_text(encoding="utf-8")
DASHBOARD = json.loads((ROOT / "docs/grafana-dashboard.json").read_text(encoding="utf-8"))


@pytest.fixture
def issued():
    return create_api_key(create_deployment(), name="Pipeline")


def families():
    for family in (*metrics.OWN.collect(), *scrape._Now().collect()):
        yield family.name + ("_total" if family.type == "counter" else ""), family


def drawn():
    expressions = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    return {
        re.sub(r"(seconds)_(bucket|sum|count)$", r"\1", name)
        for name in re.findall(r"cloudui_\w+", " ".join(expressions))
    }


def test_every_metric_is_drawn_and_no_other():
    assert drawn() == {name for name, _ in families()}


def test_every_metric_is_documented_and_no_other(issued):
    exchange(issued)
    described = dict(re.findall(r"^\| `(cloudui_\w+)` \| (.*?) \|", PAPER, flags=re.MULTILINE))

    assert described.keys() == {name for name, _ in families()}
    for name, family in families():
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        assert labels <= set(re.findall(r"\w+", described[name])), name


def test_an_alert_asks_for_what_there_is():
    rules = PAPER[PAPER.index("groups:") :]

    asked = set(re.findall(r"cloudui_\w+", rules))
    assert rules.count("- alert:") == 4
    assert asked <= {name for name, _ in families()}


@pytest.mark.parametrize(
    ("proxies", "token", "headers", "peer", "status"),
    [
        ([], "", {}, "127.0.0.1", 200),
        ([], "", {}, "::1", 200),
        ([], "", {}, "192.0.2.1", 404),
        ([], "", {}, "", 404),
        # A proxy on this machine that nobody named.
        ([], "", {"X-Forwarded-For": "192.0.2.1"}, "127.0.0.1", 404),
        (["127.0.0.1"], "", {"X-Forwarded-For": "192.0.2.1"}, "127.0.0.1", 404),
        (["127.0.0.1"], "", {"X-Forwarded-For": "127.0.0.1, 192.0.2.1"}, "127.0.0.1", 404),
        (["127.0.0.1"], "", {}, "127.0.0.1", 200),
        ([], "", {"Authorization": "Bearer "}, "192.0.2.1", 404),
        ([], TOKEN, {"Authorization": f"Bearer {TOKEN}"}, "192.0.2.1", 200),
        ([], TOKEN, {"Authorization": f"bearer {TOKEN}"}, "192.0.2.1", 200),
        (
            ["127.0.0.1"],
            TOKEN,
            {"Authorization": f"Bearer {TOKEN}", "X-Forwarded-For": "x"},
            "127.0.0.1",
            200,
        ),
        ([], TOKEN, {"Authorization": f"Bearer {TOKEN}x"}, "192.0.2.1", 404),
        ([], TOKEN, {"Authorization": "Bearer ä"}, "192.0.2.1", 404),
        ([], TOKEN, {"Authorization": f"Basic {TOKEN}"}, "192.0.2.1", 404),
        ([], TOKEN, {}, "192.0.2.1", 404),
        ([], TOKEN, {}, "127.0.0.1", 200),
    ],
)
@pytest.mark.parametrize("host", ["testserver", "10.0.0.1:8871"])
def test_who_may_read_it(settings, proxies, token, headers, peer, status, host):
    settings.TRUSTED_PROXIES, settings.METRICS_TOKEN = proxies, token

    response = Client().get("/metrics", headers={**headers, "Host": host}, REMOTE_ADDR=peer)

    assert response.status_code == status
    assert (b"cloudui_" in response.content) is (status == 200)


def test_a_call_is_counted_by_its_route(gained, issued):
    token = token_of(issued)
    for _ in range(3):
        whoami(token)

    more = gained()
    assert more['cloudui_requests_total{method="GET",route="/v1/whoami",status="200"}'] == 3
    assert more['cloudui_request_seconds_count{route="/v1/whoami",status="200"}'] == 3
    assert more['cloudui_request_seconds_bucket{le="+Inf",route="/v1/whoami",status="200"}'] == 3
    assert 0 < more['cloudui_request_seconds_sum{route="/v1/whoami",status="200"}'] < 60


def test_what_a_caller_chooses_is_no_label(issued):
    address = f"/{issued.key.deployment.workspace_id}/deployments/{issued.key.deployment_id}/api-keys"
    before = len(figures())
    for each in ("/chosen-1", "/chosen-2", f"/v1/chosen-3?{issued.key.pk}", "/static/chosen-4", address):
        Client().generic("CHOSEN", each)

    text = "\n".join(figures())
    for chosen in ("chosen", "CHOSEN", issued.key.pk, issued.key.deployment_id, "Pipeline"):
        assert chosen not in text
    assert len(figures()) - before < 60


@pytest.mark.parametrize(
    ("changes", "result"),
    [
        ({}, "issued"),
        ({"client_secret": "cui1_0" + "Ab1" * 18}, "invalid"),
        ({"audience": "elsewhere"}, "not_offered"),
        ({"scope": "all"}, "not_offered"),
    ],
)
def test_an_exchange_is_counted_by_its_result(gained, issued, changes, result):
    exchange(issued, **changes)

    counted = {name: value for name, value in gained().items() if "cloudui_exchanges" in name and value}
    assert counted == {f'cloudui_exchanges_total{{result="{result}"}}': 1}


def test_an_exchange_too_many_is_a_refusal(gained, issued, settings):
    settings.EXCHANGES_PER_MINUTE = 1
    exchange(issued)
    exchange(issued)

    more = gained()
    assert more['cloudui_exchanges_total{result="too_many_exchanges"}'] == 1
    assert more['cloudui_limit_refusals_total{limit="exchanges"}'] == 1


def test_a_slot_is_in_use_while_argon2_runs(gained):
    with slots.argon2_slot():
        inside = figures()
    more = gained()

    assert inside["cloudui_argon2_slots_in_use"] - figures()["cloudui_argon2_slots_in_use"] == 1
    assert inside["cloudui_argon2_slots"] >= 1
    assert more["cloudui_argon2_wait_seconds_count"] == 1
    assert more["cloudui_argon2_waiting"] == 0


def test_no_slot_is_a_refusal(gained, monkeypatch):
    monkeypatch.setattr(slots, "WAIT_SECONDS", 0.01)
    slots._slots.cache_clear()
    held = [
        slots._slots(slots.settings.DATA_DIR, slots.slot_count()).acquire(timeout=1)
        for _ in range(slots.slot_count())
    ]
    with pytest.raises(SlotsBusy), slots.argon2_slot():
        pass
    for each in held:
        each.release()

    assert gained()['cloudui_limit_refusals_total{limit="argon2_slots"}'] == 1


@pytest.mark.django_db(transaction=True)
def test_a_wait_to_write_is_measured(gained, issued):
    deployment = issued.key.deployment
    receive(key_of(deployment), deployment, io.BytesIO(files()))

    more = gained()
    lock = "writer" if connection.vendor == "sqlite" else "row"
    assert more[f'cloudui_writer_wait_seconds_count{{lock="{lock}"}}'] > 0
    assert more['cloudui_deploys_total{result="succeeded"}'] == 1
    assert more["cloudui_deploy_bytes_total"] > 10


def test_housekeeping_has_an_age_by_task(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    settings.HOUSEKEEPING = ["apikeys.usage.delete_old", "apikeys.usage.nothing"]
    call_command("housekeeping", "--once")
    call_command("housekeeping", "--once")

    now = figures()
    assert 0 <= now['cloudui_housekeeping_age_seconds{task="apikeys.usage.delete_old"}'] < 60
    assert 'cloudui_housekeeping_age_seconds{task="apikeys.usage.nothing"}' not in now
    assert now['cloudui_housekeeping_failures_total{task="apikeys.usage.nothing"}'] == 2
    assert now['cloudui_housekeeping_failures_total{task="apikeys.usage.delete_old"}'] == 0


def test_housekeeping_goes_on_where_nothing_can_be_written(settings, tmp_path, caplog):
    settings.DATA_DIR = tmp_path / "file"
    settings.DATA_DIR.write_text("")
    settings.HOUSEKEEPING = ["apikeys.usage.delete_old"]

    call_command("housekeeping", "--once")

    assert "could not write down" in caplog.text


@pytest.fixture
def forgotten():
    scrape._stored.clear()
    yield
    scrape._stored.clear()


@pytest.mark.django_db(transaction=True)
def test_sessions_are_asked_for_once_in_some_seconds(forgotten):
    client = Client()
    client.force_login(create_user())
    assert figures()["cloudui_sessions"] == 1

    client.force_login(create_user())
    Client().force_login(create_user())

    assert figures()["cloudui_sessions"] == 1
    assert figures()["cloudui_database_up"] == 1


def test_a_database_that_hangs_does_not_hold_the_others(forgotten, monkeypatch):
    end = threading.Event()
    monkeypatch.setattr(scrape, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(scrape._Stored, "_ask", lambda self: end.wait(10))

    now = figures()
    end.set()

    assert now["cloudui_database_up"] == 0
    assert "cloudui_sessions" not in now


@pytest.mark.parametrize(
    ("address", "route", "status"),
    [
        ("/v1/organizations/abcdefgh", "/v1/organizations/<slug:organization>", 401),
        ("/account/login/", "none", 404),
    ],
)
def test_at_the_name_for_programs_the_routes_have_the_same_names(gained, settings, address, route, status):
    settings.API_HOST = "api.astro-localhost.example.com"
    settings.ALLOWED_HOSTS = [settings.API_HOST]
    response = Client(headers={"Host": settings.API_HOST}).get(address)

    assert response.status_code == status
    settings.ALLOWED_HOSTS = ["testserver"]
    assert gained()[f'cloudui_requests_total{{method="GET",route="{route}",status="{status}"}}'] == 1
