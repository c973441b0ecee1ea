"""The Overview, the switcher, creating a Workspace, and a person's colours."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE
from tests.factories import create_owner, create_user, create_workspace
from workspaces.models import User, Workspace


@pytest.fixture
def owner(live_server):
    return create_owner(email="olga@example.com", full_name="Olga Owner")


def rows(page):
    return page.get_by_role("region", name="Your Workspaces").get_by_role("rowheader")


def test_an_owner_creates_a_workspace_in_a_dialog_and_the_list_shows_it(open_page, owner, workspace):
    page = open_page("/", by=owner)
    page.get_by_role("link", name="Add Workspace").click()
    dialog = page.get_by_role("dialog", name="Create a Workspace")
    expect(dialog.get_by_label("Name")).to_be_focused()
    dialog.get_by_label("Name").fill("Analytics")
    dialog.get_by_label("Description").fill("Reports for everybody.")
    dialog.get_by_role("button", name="Create Workspace").click()

    expect(dialog).not_to_be_attached()
    expect(page.get_by_text("Workspace Analytics was created.")).to_be_visible()
    expect(rows(page)).to_have_text(["Analytics", "Data Engineering Workspace"])


def test_a_name_that_exists_is_told_beside_the_field_and_nothing_typed_is_lost(open_page, owner, workspace):
    page = open_page("/", by=owner)
    page.get_by_role("link", name="Add Workspace").click()
    page.get_by_label("Name").fill("data engineering workspace")
    page.get_by_label("Description").fill("Kept.")
    page.get_by_role("button", name="Create Workspace").click()

    expect(page.get_by_text("A Workspace with this name already exists.")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("data engineering workspace")
    expect(page.get_by_label("Description")).to_have_value("Kept.")


@pytest.mark.parametrize("size", [PHONE, {"width": 360, "height": 640}], ids=["390", "360"])
def test_without_scripts_on_a_phone_the_form_is_a_page(open_page, owner, size):
    page = open_page("/", by=owner, size=size, javascript=False)
    page.get_by_role("link", name="Add Workspace").click()
    expect(page).to_have_url(re.compile("/workspaces/new$"))
    page.get_by_label("Name").fill("Analytics")
    page.get_by_role("button", name="Create Workspace").click()

    workspace = Workspace.objects.get()
    expect(page).to_have_url(re.compile(f"/{workspace.pk}/deployments$"))
    expect(page.get_by_text("Workspace Analytics was created.")).to_be_visible()


def test_a_newcomer_reads_that_there_is_nothing_yet(open_page, live_server):
    page = open_page("/", by=create_user())

    expect(page.get_by_text("No Workspaces", exact=True)).to_be_visible()
    expect(
        page.locator("#workspace-list").get_by_text("You do not belong to any Workspaces.")
    ).to_be_visible()
    expect(page.get_by_role("link", name="Create a workspace")).not_to_be_attached()


def test_the_switcher_lists_workspaces_alphabetically_with_the_open_one_ticked(open_page, owner, workspace):
    for name in ("marketing", "Analytics"):
        create_workspace(name=name)
    page = open_page(f"/{workspace.pk}/deployments", by=owner)
    page.get_by_label(re.compile("^Switch Workspace")).click()

    entries = page.get_by_role("list", name="Your Workspaces").get_by_role("link")
    expect(entries).to_have_text(["Analytics", "Data Engineering Workspace", "marketing"])
    expect(entries.nth(1)).to_have_attribute("aria-current", "true")
    entries.nth(2).click()

    expect(page.get_by_label("Switch Workspace: My Organization, marketing")).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False], ids=["with scripts", "without"])
def test_the_chosen_colours_stay_with_the_person(open_page, member, javascript):
    page = open_page("/?after=x", by=member, javascript=javascript)
    page.get_by_label("Color mode").click()
    page.get_by_role("button", name="Dark").click()

    expect(page.locator("html")).to_have_attribute("data-color-mode", "dark")
    expect(page).to_have_url(re.compile(re.escape("/?after=x") + "$"))
    assert User.objects.get(pk=member.pk).color_mode == "dark"
    elsewhere = open_page("/", by=member)
    expect(elsewhere.locator("html")).to_have_attribute("data-color-mode", "dark")
