"""Worker queues by visible labels: create, edit, delete; with and without scripts, on a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import expect

from deployments.models import Deployment, Executor, WorkerQueue
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.steps import row
from tests.factories import create_deployment, create_node_pool, create_queue


@pytest.fixture
def large(deployment):
    return create_node_pool(deployment.cluster, worker_type="large", cpu=4, memory_gib=8, max_workers=5)


def path_of(name, deployment, **more):
    kwargs = {"workspace": deployment.workspace_id, "deployment": deployment.pk, **more}
    return reverse(f"deployments:{name}", kwargs=kwargs)


def fill(page, *, at_most, concurrency="4"):
    page.get_by_label("Worker type").select_option(label="large (4 CPU, 8 GiB), up to 5 workers")
    page.get_by_label("Minimum workers").fill("1")
    page.get_by_label("Maximum workers").fill(at_most)
    page.get_by_label("Concurrency").fill(concurrency)


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_an_editor_makes_changes_and_deletes_a_queue(open_page, watch, deployment, editor, javascript, size):
    watch.expect(422)
    page = open_page(path_of("activity", deployment), by=editor, javascript=javascript, size=size)
    page.get_by_role("link", name="Worker Queues 1").click()
    expect(page.get_by_role("heading", name="1 Worker Queue", exact=True)).to_be_visible()
    expect(row(page, "default").get_by_role("link", name="Delete")).to_have_count(0)

    page.get_by_role("link", name="Worker Queue", exact=True).click()
    page.get_by_role("textbox", name="Name").fill("heavy-tasks")
    fill(page, at_most="6")
    page.get_by_role("button", name="Create Queue").click()
    expect(page.get_by_text("Enter a number from 1 to 5. The most for large is 5.")).to_be_visible()
    expect(page.get_by_role("textbox", name="Name")).to_have_value("heavy-tasks")
    fill(page, at_most="5")
    page.get_by_role("button", name="Create Queue").click()

    expect(page.get_by_text("Worker queue heavy-tasks was created.")).to_be_visible()
    expect(page.get_by_role("heading", name="2 Worker Queues")).to_be_visible()
    expect(page.get_by_role("link", name="Worker Queues 2")).to_have_attribute("aria-current", "page")
    expect(row(page, "heavy-tasks")).to_contain_text("1-5")

    row(page, "heavy-tasks").get_by_role("link", name="Edit").click()
    page.get_by_label("Concurrency").fill("8")
    page.get_by_role("button", name="Update Queue").click()
    expect(page.get_by_text("Worker queue heavy-tasks was updated.")).to_be_visible()
    expect(row(page, "heavy-tasks")).to_contain_text("8")

    row(page, "heavy-tasks").get_by_role("link", name="Delete").click()
    expect(page.get_by_text("Tasks sent to it stay queued for ever.")).to_be_visible()
    page.get_by_label("Type Delete heavy-tasks to confirm").fill("Delete heavy-tasks")
    page.get_by_role("button", name="Yes, Continue").click()
    expect(page.get_by_text("Worker queue heavy-tasks was deleted.")).to_be_visible()
    expect(page.get_by_role("heading", name="1 Worker Queue", exact=True)).to_be_visible()
    assert [queue.name for queue in WorkerQueue.objects.of(deployment)] == ["default"]


def test_a_name_is_checked_while_it_is_typed(open_page, deployment, editor):
    page = open_page(path_of("queue_create", deployment), by=editor)
    name, create = page.get_by_role("textbox", name="Name"), page.get_by_role("button", name="Create Queue")
    expect(name).to_be_focused()

    name.press_sequentially("Heavy 2")
    assert name.evaluate("field => field.validity.patternMismatch")
    create.click()
    expect(page).to_have_url(path_of("queue_create", deployment))
    assert WorkerQueue.objects.count() == 1

    name.fill("heavy")
    assert name.evaluate("field => field.validity.valid")
    create.click()
    expect(page.get_by_text("Worker queue heavy was created.")).to_be_visible()


def test_the_focus_goes_to_the_queue_that_was_made_and_the_name_can_be_copied(open_page, deployment, editor):
    page = open_page(
        path_of("queues", deployment), by=editor, permissions=["clipboard-read", "clipboard-write"]
    )
    page.get_by_role("link", name="Worker Queue", exact=True).click()
    page.get_by_role("textbox", name="Name").fill("heavy")
    page.get_by_role("button", name="Create Queue").click()

    expect(page.locator("#queue-heavy")).to_be_focused()
    row(page, "heavy").get_by_role("button", name="Copy heavy").click()
    assert page.evaluate("navigator.clipboard.readText()") == "heavy"


def test_the_focus_waits_for_the_list_although_the_facts_above_it_are_there_before(
    open_page, deployment, editor
):
    page = open_page(path_of("queues", deployment), by=editor)
    page.get_by_role("link", name="Worker Queue", exact=True).click()
    page.get_by_role("textbox", name="Name").fill("heavy")
    waiting = []

    def hold(route):
        waiting.append(route)

    page.route(f"**{path_of('queues', deployment)}", hold)
    page.get_by_role("button", name="Create Queue").click()
    expect(page.locator("#facts")).to_contain_text("by Eve Editor")
    assert page.locator("#queue-heavy").count() == 0

    for route in waiting:
        route.continue_()

    expect(page.locator("#queue-heavy")).to_be_focused()


def test_an_edit_made_too_late_shows_both(open_page, watch, deployment, editor):
    watch.expect(409)
    queue = create_queue(deployment, name="heavy")
    page = open_page(path_of("queues", deployment), by=editor)
    row(page, "heavy").get_by_role("link", name="Edit").click()
    page.get_by_label("Concurrency").fill("4")
    WorkerQueue.objects.filter(pk=queue.pk).update(concurrency=7, version=2)

    page.get_by_role("button", name="Update Queue").click()
    expect(page.get_by_role("alert")).to_contain_text("with a concurrency of 7")
    expect(page.get_by_label("Concurrency")).to_have_value("4")
    page.get_by_role("button", name="Update Queue").click()
    expect(page.get_by_text("Worker queue heavy was updated.")).to_be_visible()
    assert WorkerQueue.objects.get(name="heavy").concurrency == 4


def test_a_member_looks_only(open_page, deployment, member):
    create_queue(deployment, name="heavy")
    page = open_page(path_of("queues", deployment), by=member)

    expect(page.get_by_role("heading", name="2 Worker Queues")).to_be_visible()
    expect(page.get_by_role("link", name="Edit")).to_have_count(0)
    expect(page.get_by_role("link", name="Worker Queue", exact=True)).to_have_count(0)


def test_kubernetes_has_no_tab_and_the_address_says_why(open_page, workspace, editor):
    deployment = create_deployment(workspace=workspace, executor=Executor.KUBERNETES)
    page = open_page(path_of("queues", deployment), by=editor)

    expect(page.get_by_text("uses the Kubernetes executor")).to_be_visible()
    expect(page.get_by_role("link", name="Worker Queues")).to_have_count(0)


def test_the_head_says_at_once_who_changed_something(open_page, deployment, editor):
    Deployment.objects.update(updated_by_kind="api_key", updated_by_id="K" * 32, updated_by_name="Nightly")
    page = open_page(path_of("queues", deployment), by=editor)
    expect(page.locator("#facts")).to_contain_text("by API Key Nightly")

    page.get_by_role("link", name="Worker Queue", exact=True).click()
    page.get_by_role("textbox", name="Name").fill("heavy")
    page.get_by_role("button", name="Create Queue").click()

    expect(page.locator("#facts")).to_contain_text(f"by {editor}")


def test_on_a_phone_the_open_tab_is_in_sight(open_page, deployment, editor):
    page = open_page(path_of("details", deployment), by=editor, size=PHONE)

    # Scrolled to the end, a fraction of a pixel of the last tab's padding may remain: Chromium scrolls whole pixels.
    tab = page.get_by_role("navigation", name="Deployment").locator("[aria-current]")
    expect(tab).to_be_in_viewport(ratio=0.99)


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_page(open_page, deployment, editor, scheme, size):
    create_queue(deployment, name="x" * 63)
    page = open_page(
        path_of("queues", deployment), by=editor, scheme=scheme, size=size, reduced_motion="reduce"
    )

    for path in (
        path_of("queues", deployment),
        path_of("queue_create", deployment),
        path_of("queue_edit", deployment, queue="x" * 63),
        path_of("queue_delete", deployment, queue="x" * 63),
    ):
        page.goto(path)
        found = Axe().run(page)
        assert found.violations_count == 0, f"{path}\n{found.generate_report()}"
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(wider) == 0, path
