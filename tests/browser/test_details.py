"""Details by visible labels: editing, what asks twice, two people at once, alert e-mails, Workspace Settings."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import expect

from deployments.details.service import update_deployment
from deployments.models import Deployment, WorkerQueue
from tests.browser.conftest import DESKTOP, PHONE
from workspaces.models import Workspace
from workspaces.principals import principal_for

SCRIPTS = pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])


@pytest.fixture
def details(deployment):
    return reverse(
        "deployments:details", kwargs={"workspace": deployment.workspace_id, "deployment": deployment.pk}
    )


@pytest.fixture
def settings_path(workspace):
    return reverse("workspaces:details", kwargs={"workspace": workspace.pk})


def edit(page):
    page.get_by_role("link", name="Edit Details").click()
    expect(page.get_by_role("heading", name="Edit Details")).to_be_visible()


def update(page):
    page.get_by_role("button", name="Update").click()


@SCRIPTS
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_an_editor_changes_the_details(open_page, editor, details, watch, javascript, size):
    watch.expect(422)
    page = open_page(details, by=editor, javascript=javascript, size=size)
    edit(page)
    page.get_by_role("textbox", name="Name").fill("Live")
    page.get_by_label("High Availability").check()
    update(page)
    expect(page.get_by_text("High Availability needs at least 2 schedulers.")).to_be_visible()
    expect(page.get_by_role("textbox", name="Name")).to_have_value("Live")

    page.get_by_label("Scheduler count").select_option("2")
    update(page)

    expect(page.get_by_text("The Deployment was updated.")).to_be_visible()
    expect(page.get_by_role("heading", name="Live", level=1)).to_be_visible()
    expect(page).to_have_url(re.compile(f"{details}$"))


@SCRIPTS
def test_kubernetes_asks_twice_before_it_deletes_the_queues(
    open_page, editor, deployment, details, watch, javascript
):
    watch.expect(422)
    pool = deployment.cluster.node_pools.get(is_default=True)
    WorkerQueue.objects.create(deployment=deployment, name="heavy", node_pool=pool)
    page = open_page(details, by=editor, javascript=javascript)
    edit(page)
    expect(
        page.get_by_text("Switching to Kubernetes deletes the worker queues default, heavy.")
    ).to_be_visible()
    page.get_by_label("Executor").select_option("Kubernetes")
    page.get_by_label("Description").fill("typed")
    update(page)

    agree = page.get_by_label("Delete these worker queues")
    expect(agree).not_to_be_checked()
    if javascript:
        expect(agree).to_be_focused()
    assert WorkerQueue.objects.filter(deployment=deployment).count() == 2
    agree.check()
    update(page)

    expect(page.get_by_text("The Deployment was updated.")).to_be_visible()
    expect(page.get_by_role("link", name="Worker Queues")).to_have_count(0)
    expect(page.get_by_text("typed", exact=True)).to_be_visible()
    assert not WorkerQueue.objects.filter(deployment=deployment).exists()


@SCRIPTS
def test_what_another_changed_meanwhile_is_shown_and_kept(
    open_page, editor, admin, deployment, details, watch, javascript
):
    watch.expect(409)
    page = open_page(details, by=editor, javascript=javascript)
    edit(page)
    page.get_by_role("textbox", name="Name").fill("Mine")
    update_deployment(principal_for(admin), deployment, name="Theirs", scheduler_replicas=3)
    update(page)

    expect(page.get_by_text("Somebody changed this Deployment while you were editing it.")).to_be_visible()
    expect(page.get_by_text("Scheduler count: 1 → 3, by Ada Admin")).to_be_visible()
    expect(page.get_by_role("textbox", name="Name")).to_have_value("Mine")
    update(page)

    expect(page.get_by_role("heading", name="Mine", level=1)).to_be_visible()
    assert Deployment.objects.get(pk=deployment.pk).scheduler_replicas == 3


@SCRIPTS
def test_alert_emails_are_added_and_deleted(open_page, editor, deployment, details, watch, javascript):
    watch.expect(422)
    page = open_page(details, by=editor, javascript=javascript)
    page.get_by_role("link", name="Edit Emails").click()
    field, add = page.get_by_role("textbox", name="Email"), page.get_by_role("button", name="Add")
    for address in ("a@example.com", "b@example.com"):
        field.fill(address)
        add.click()
        expect(page.get_by_text(f"{address} was added.")).to_be_visible()
    field.fill("A@example.com")
    add.click()
    expect(page.get_by_text("This address is in the list already.")).to_be_visible()
    expect(field).to_have_value("A@example.com")

    page.get_by_role("link", name="Delete a@example.com").click()
    page.get_by_role("button", name="Yes, Continue").click()
    expect(page.get_by_text("a@example.com was deleted.")).to_be_visible()
    expect(page.get_by_role("link", name="Delete a@example.com")).to_have_count(0)
    page.get_by_role("link", name="Close").last.click()

    expect(page.locator("#alert-emails li")).to_have_text(["b@example.com"])
    if javascript:
        expect(page.get_by_role("link", name="Edit Emails")).to_be_focused()
    assert Deployment.objects.get(pk=deployment.pk).alert_emails == ["b@example.com"]


@SCRIPTS
def test_an_admin_changes_and_deletes_the_workspace(open_page, admin, workspace, settings_path, javascript):
    page = open_page(f"/{workspace.pk}/deployments", by=admin, javascript=javascript)
    page.get_by_role("link", name="Workspace Settings").click()
    edit(page)
    page.get_by_role("textbox", name="Name").fill("Data")
    page.get_by_label("CI/CD Enforcement Default").check()
    update(page)
    expect(page.get_by_text("The Workspace was updated.")).to_be_visible()
    expect(page).to_have_url(re.compile(f"{settings_path}$"))
    expect(page.get_by_text("Only API keys deploy code to new Deployments.")).to_be_visible()

    page.get_by_label("More actions").click()
    page.get_by_role("link", name="Delete Workspace").click()
    page.get_by_label("Type delete to confirm").fill("delete")
    page.get_by_role("button", name="Yes, Continue").click()

    expect(page.get_by_role("heading", name="Your Workspaces")).to_be_visible()
    expect(page.get_by_text("Workspace Data was deleted.")).to_be_visible()
    assert not Workspace.objects.exists()


@pytest.mark.parametrize(
    ("size", "scheme"), [(DESKTOP, "light"), (DESKTOP, "dark"), (PHONE, "light")], ids=["1440", "dark", "390"]
)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    open_page, watch, admin, details, settings_path, size, scheme
):
    watch.expect(422)
    Deployment.objects.update(alert_emails=[f"{'a' * 60}@{'b' * 60}.{'c' * 60}.example.com"])
    page = open_page(details, by=admin, size=size, scheme=scheme, reduced_motion="reduce")

    def look():
        found = Axe().run(page)
        assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(wider) == 0, page.url

    look()
    edit(page)
    page.get_by_label("Executor").select_option("Kubernetes")
    update(page)
    expect(page.get_by_label("Delete this worker queue")).to_be_visible()
    look()
    for path in (f"{details}/edit", f"{details}/alert-emails", settings_path, f"{settings_path}/edit"):
        page.goto(path)
        look()
