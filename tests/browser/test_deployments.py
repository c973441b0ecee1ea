"""Deployments by visible labels: create, find, open, delete; with and without scripts, on a phone, by keyboard."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import expect

from deployments.models import Deployment
from tests.browser.conftest import DESKTOP, PHONE
from tests.factories import create_deployment


def list_path(workspace):
    return reverse("deployments:index", kwargs={"workspace": workspace.pk})


def path_of(name, deployment):
    return reverse(name, kwargs={"workspace": deployment.workspace_id, "deployment": deployment.pk})


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_an_editor_creates_a_deployment_and_deletes_it(open_page, workspace, editor, javascript, size):
    page = open_page(list_path(workspace), by=editor, javascript=javascript, size=size)
    page.get_by_role("main").get_by_role("link", name="Create a Deployment").click()

    page.get_by_label("Name").fill("Nightly loads")
    page.get_by_label("Description").fill("Loads the warehouse.")
    page.get_by_label("Executor").select_option("Kubernetes")
    page.get_by_role("button", name="Create Deployment").click()

    expect(page.get_by_role("heading", name="Nightly loads", level=1)).to_be_visible()
    expect(page.get_by_text("Deployment Nightly loads was created.")).to_be_visible()
    expect(page.get_by_text("Creating", exact=True)).to_be_visible()
    expect(page.get_by_text("the page shows by itself")).to_be_visible(visible=javascript)

    page.get_by_label("More actions").click()
    page.get_by_role("link", name="Delete Deployment").click()
    page.get_by_label("Type Delete to confirm").fill("Delete")
    page.get_by_role("button", name="Yes, Continue").click()

    expect(page).to_have_url(re.compile(re.escape(list_path(workspace)) + "$"))
    expect(page.get_by_text("Deployment Nightly loads was deleted.")).to_be_visible()
    expect(page.get_by_role("heading", name="0 Deployments")).to_be_visible()
    assert not Deployment.objects.exists()


@pytest.mark.parametrize("view", ["cards", "table"])
def test_deleting_from_the_list_takes_the_row_away(open_page, workspace, editor, view):
    create_deployment(workspace=workspace, name="Production")
    create_deployment(workspace=workspace, name="Staging")
    page = open_page(f"{list_path(workspace)}?view={view}", by=editor)

    page.get_by_label("More actions for Staging").click()
    page.get_by_role("link", name="Delete Deployment").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Delete Deployment")).to_be_visible()
    confirm = dialog.get_by_role("button", name="Yes, Continue")
    dialog.get_by_label("Type Delete to confirm").fill("delete")
    expect(confirm).to_be_disabled()
    dialog.get_by_label("Type Delete to confirm").fill("Delete")
    confirm.click()

    expect(dialog).to_be_hidden()
    expect(page.get_by_text("Deployment Staging was deleted.")).to_be_visible()
    expect(page.get_by_role("heading", name="1 Deployment", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Staging")).to_have_count(0)


def test_a_menu_in_the_last_row_of_the_table_is_seen_whole(open_page, workspace, editor):
    create_deployment(workspace=workspace, name="Production")
    page = open_page(f"{list_path(workspace)}?view=table", by=editor)

    page.get_by_label("More actions for Production").click()

    item = page.get_by_role("link", name="Delete Deployment")
    box = item.bounding_box()
    at_its_foot = [box["x"] + box["width"] / 2, box["y"] + box["height"] - 3]
    assert page.evaluate("([x, y]) => document.elementFromPoint(x, y).textContent.trim()", at_its_foot) == (
        "Delete Deployment"
    )


def test_the_search_follows_the_typing_and_the_address_follows_the_search(open_page, workspace, member):
    for name in ("Production", "Staging"):
        create_deployment(workspace=workspace, name=name)
    page = open_page(f"{list_path(workspace)}?view=table", by=member)

    page.get_by_label("Search Deployments").press_sequentially("prod", delay=60)

    expect(page.get_by_text("1 match")).to_be_visible()
    expect(page.locator("#deployments-found")).to_have_text("1 of 2 Deployments found")
    expect(page.get_by_role("link", name="Staging")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"\?q=prod&view=table$"))
    expect(page.get_by_label("Search Deployments")).to_be_focused()
    expect(page.get_by_label("Search Deployments")).to_have_value("prod")

    page.reload()
    expect(page.get_by_role("link", name="Production")).to_be_visible()
    expect(page.get_by_role("link", name="Staging")).to_have_count(0)


def test_looking_another_way_keeps_what_was_typed(open_page, workspace, member):
    for name in ("Production", "Staging"):
        create_deployment(workspace=workspace, name=name)
    page = open_page(list_path(workspace), by=member)
    page.get_by_label("Search Deployments").fill("prod")
    expect(page.get_by_role("link", name="Staging")).to_have_count(0)

    page.get_by_role("link", name="Table").click()

    expect(page.locator("tbody th")).to_have_text(["Production"])
    expect(page.get_by_label("Search Deployments")).to_have_value("prod")


def test_without_scripts_the_search_keeps_the_view_and_the_sort(open_page, workspace, member):
    for name in ("Alpha prod", "Beta prod", "Staging"):
        create_deployment(workspace=workspace, name=name)
    page = open_page(f"{list_path(workspace)}?view=table&sort=-name", by=member, javascript=False)

    page.get_by_label("Search Deployments").fill("prod")
    page.get_by_label("Search Deployments").press("Enter")

    expect(page.locator("tbody th")).to_have_text(["Beta prod", "Alpha prod"])
    expect(page.get_by_role("columnheader", name="Name", exact=True)).to_have_attribute(
        "aria-sort", "descending"
    )


def test_sorting_by_the_head_of_a_column(open_page, workspace, member):
    for name in ("Beta", "Alpha"):
        create_deployment(workspace=workspace, name=name)
    page = open_page(f"{list_path(workspace)}?view=table", by=member)

    page.get_by_role("link", name="Name", exact=True).click()
    expect(page.locator("tbody th")).to_have_text(["Beta", "Alpha"])

    page.get_by_role("link", name="Created").click()
    expect(page.get_by_role("columnheader", name="Created")).to_have_attribute("aria-sort", "descending")
    expect(page.locator("tbody th")).to_have_text(["Alpha", "Beta"])


def test_a_name_that_is_taken_is_said_beside_the_field(open_page, workspace, editor):
    create_deployment(workspace=workspace, name="Production")
    page = open_page(reverse("deployments:create", kwargs={"workspace": workspace.pk}), by=editor)

    page.get_by_label("Name").fill("PRODUCTION")
    page.get_by_label("Cluster").select_option("local")
    page.get_by_role("button", name="Create Deployment").click()

    expect(page.get_by_text("A Deployment with this name already exists in this Workspace.")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("PRODUCTION")


def test_by_keyboard_alone(open_page, workspace, editor):
    create_deployment(workspace=workspace, name="Production")
    page = open_page(list_path(workspace), by=editor)

    page.get_by_label("More actions for Production").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Transfer Deployment")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Type Delete to confirm")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert Deployment.objects.exists()

    page.get_by_role("link", name="Production").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Production", level=1)).to_be_visible()


def test_the_activity_says_who_made_the_deployment(open_page, workspace, editor, member):
    page = open_page(reverse("deployments:create", kwargs={"workspace": workspace.pk}), by=editor)
    page.get_by_label("Name").fill("Nightly loads")
    page.get_by_role("button", name="Create Deployment").click()
    expect(page.get_by_role("heading", name="Nightly loads", level=1)).to_be_visible()

    seen = open_page(path_of("deployments:activity", Deployment.objects.get()), by=member)

    expect(seen.get_by_role("row", name="Eve Editor created the Deployment")).to_be_visible()
    expect(seen.get_by_role("link", name="Activity")).to_have_attribute("aria-current", "page")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_page(open_page, deployment, editor, scheme, size):
    create_deployment(
        workspace=deployment.workspace, name="Nothingbutoneverylongword" * 4, description="w" * 500
    )
    listed = list_path(deployment.workspace)
    page = open_page(listed, by=editor, scheme=scheme, size=size, reduced_motion="reduce")

    for path in (
        listed,
        f"{listed}?view=table",
        f"{listed}?q=nothing-like-it",
        f"{listed}/new",
        path_of("deployments:activity", deployment),
        path_of("deployments:delete", deployment),
    ):
        page.goto(path)
        found = Axe().run(page)
        assert found.violations_count == 0, f"{path}\n{found.generate_report()}"
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(wider) == 0, path
