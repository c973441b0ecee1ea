"""The Airflow behind a Deployment by visible labels: what it does, pausing and triggering, its logs, waking it up."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from deployments.models import Airflow, Deployment, Ground, Status
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.steps import row
from tests.browser.test_accessibility import look
from tests.browser.test_queues import path_of
from tests.deployments.airflow.connected import connected
from tests.fake_airflow import FakeAirflow, run, running, task

BOTH = pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])


@pytest.fixture
def fake(deployment):
    """An Airflow with two DAGs, of which one fails now and then."""
    with running(FakeAirflow("3.3.2")) as airflow:
        airflow.add_dag("load_orders", timetable_description="Every hour", description="Orders of the shop")
        airflow.add_dag("report", is_paused=True)
        for hour in range(20):
            started = (timezone.now() - timedelta(hours=hour, minutes=5)).isoformat()
            state = "failed" if hour % 6 == 2 else "success"
            airflow.runs.append(run("load_orders", f"r{hour}", state, started))
            for number in range(1 + hour % 5):
                airflow.tasks.append(task("load_orders", f"r{hour}", f"t{number}", state, started))
        airflow.logs["/dags/load_orders/dagRuns/r0/taskInstances/t0/logs/1"] = [
            {"event": "Loading 24 orders", "level": "info", "timestamp": "2026-12-01T19:04:08Z"},
            {"event": "The warehouse is slow", "level": "warning", "timestamp": "2026-12-01T19:04:09Z"},
        ]
        airflow.import_errors.append({"filename": "old.py", "stack_trace": "ImportError: no module x"})
        connected(deployment, airflow)
        yield airflow


@BOTH
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_an_editor_looks_pauses_triggers_and_reads_a_log(
    open_page, deployment, editor, fake, javascript, size
):
    page = open_page(path_of("open", deployment), by=editor, javascript=javascript, size=size)
    expect(page.get_by_text("2 DAGs: 3 of 20 runs failed")).to_be_visible()
    expect(page.get_by_role("img", name="Task runs: 60 in 20 of 24 hours")).to_be_visible()
    page.get_by_role("link", name="Last 7 days").click()
    expect(page.get_by_role("img", name="DAG runs: 20 in 20 of 168 hours")).to_be_visible()

    page.get_by_role("link", name="DAGs", exact=True).click()
    page.get_by_role("searchbox", name="Search DAGs").fill("order")
    if not javascript:
        page.get_by_role("searchbox", name="Search DAGs").press("Enter")
    expect(page.get_by_text("1 match “order”")).to_be_visible()
    expect(row(page, "report")).to_have_count(0)
    row(page, "load_orders").get_by_role("button", name="Pause").click()
    expect(page.get_by_text("load_orders is paused.")).to_be_visible()
    expect(row(page, "load_orders").get_by_role("button", name="Unpause")).to_be_visible()
    row(page, "load_orders").get_by_role("link", name="Trigger").click()
    page.get_by_role("button", name="Trigger").click()
    expect(page.get_by_text("load_orders was triggered.")).to_be_visible()
    assert fake.runs[-1]["state"] == "queued"

    page.get_by_role("link", name="Logs", exact=True).click()
    row(page, "t0").first.get_by_role("link", name="Log").click()
    expect(page.get_by_text("Loading 24 orders")).to_be_visible()
    page.get_by_label("Level").select_option("Warning")
    if not javascript:
        page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("Loading 24 orders")).to_have_count(0)
    expect(page.get_by_text("The warehouse is slow")).to_be_visible()


def test_a_search_works_while_it_is_typed(open_page, deployment, member, fake):
    page = open_page(path_of("dags", deployment), by=member)
    expect(row(page, "report")).to_be_visible()
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)

    page.get_by_role("searchbox", name="Search DAGs").press_sequentially("load")

    expect(row(page, "report")).to_have_count(0)
    expect(page).to_have_url(path_of("dags", deployment) + "?q=load")


@BOTH
def test_a_deployment_hibernates_and_wakes_up(open_page, deployment, editor, javascript):
    Airflow.objects.create(deployment=deployment, ground=Ground.LOCAL)
    Deployment.objects.update(status=Status.HEALTHY)
    page = open_page(path_of("details", deployment), by=editor, javascript=javascript)

    page.locator("summary[aria-label='More actions']").click()
    page.get_by_role("link", name="Hibernate").click()
    page.get_by_role("button", name="Hibernate").click()
    expect(page.get_by_text("Production goes to sleep.")).to_be_visible()
    expect(page.get_by_text("Airflow is being stopped.")).to_be_visible()
    Deployment.objects.update(status=Status.HIBERNATING)
    page.goto(path_of("analytics", deployment))
    expect(page.get_by_text("This Deployment hibernates.")).to_be_visible()
    page.get_by_role("link", name="Wake it up").click()
    page.get_by_role("button", name="Wake up").click()

    expect(page.get_by_text("Production wakes up.")).to_be_visible()
    expect(page.get_by_text("Airflow is being started.").first).to_be_visible()
    assert Airflow.objects.get().is_awake


def test_what_starts_shows_by_itself_when_it_is_there(open_page, deployment, member, fake):
    Airflow.objects.update(ground=Ground.LOCAL)
    Deployment.objects.update(status=Status.CREATING)
    page = open_page(path_of("analytics", deployment), by=member)
    expect(page.locator(".facts .badge")).to_have_text("Creating")

    Deployment.objects.update(status=Status.HEALTHY)

    expect(page.locator(".facts .badge")).to_have_text("Healthy")
    expect(page.get_by_text("2 DAGs: 3 of 20 runs failed")).to_be_visible()


def test_import_errors_appear_beside_the_deploys(open_page, deployment, member, fake):
    page = open_page(path_of("deploys", deployment), by=member)

    expect(page.get_by_text("1 file of the current DAGs has an error.")).to_be_visible()
    page.get_by_text("old.py").click()
    expect(page.get_by_text("ImportError: no module x").last).to_be_visible()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["1440", "390"])
def test_axe_finds_nothing(size, open_page, deployment, editor, fake):
    page = open_page(path_of("analytics", deployment), by=editor, size=size)
    problems = look(page)
    log = "?dag=load_orders&run=r0&task=t0&attempt=1"
    for path in ("dags", "logs", f"task_log{log}", "hibernate", "restart", "trigger_dag?dag=report"):
        name, _, query = path.partition("?")
        page.goto(f"{path_of(name, deployment)}?{query}")
        problems += look(page)
    Airflow.objects.update(base_url="http://127.0.0.1:1")
    page.goto(path_of("analytics", deployment))
    problems += look(page)

    assert not problems, "\n\n".join(problems)
