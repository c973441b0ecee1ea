"""Many Workspaces and many variables, by visible labels; with and without scripts."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import expect

from deployments.variables.service import VariableInput, read_value, save_variables
from tests.browser.conftest import DESKTOP, PHONE
from workspaces.models import Membership, Role, Workspace
from workspaces.principals import principal_for

SCRIPTS = pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])


@pytest.fixture
def many_workspaces(editor):
    """Forty more Workspaces of the Editor."""
    workspaces = Workspace.objects.bulk_create(Workspace(name=f"Many {number:02}") for number in range(40))
    Membership.objects.bulk_create(
        Membership(workspace=workspace, user=editor, role=Role.EDITOR) for workspace in workspaces
    )
    return workspaces


@SCRIPTS
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_workspace_is_searched_for_in_the_switcher(
    open_page, many_workspaces, workspace, editor, javascript, size
):
    page = open_page(f"/{workspace.pk}/deployments", by=editor, javascript=javascript, size=size)
    page.get_by_label(re.compile("^Switch Workspace")).click()
    expect(page.get_by_role("list", name="Your Workspaces").get_by_role("link")).to_have_count(10)
    box = page.get_by_role("searchbox", name="Search Workspaces")

    box.fill("many 3")
    if javascript:
        entries = page.get_by_role("list", name="Your Workspaces").get_by_role("link")
        expect(entries.first).to_have_text("Many 30")
        expect(page).to_have_url(re.compile("/deployments$"))
        entries.nth(7).click()
    else:
        box.press("Enter")
        page.get_by_role("link", name="Many 37", exact=True).click()

    expect(page.get_by_label("Switch Workspace: My Organization, Many 37")).to_be_visible()


@SCRIPTS
def test_the_workspace_to_transfer_to_is_searched_for(
    open_page, many_workspaces, deployment, editor, javascript
):
    path = reverse("deployments:details", args=[deployment.workspace_id, deployment.pk])
    page = open_page(path, by=editor, javascript=javascript)
    page.get_by_label("More actions").click()
    page.get_by_role("link", name="Transfer Deployment").click()
    expect(page.get_by_text("There are more. Search for the one that is not here.")).to_be_visible()

    box = page.get_by_role("main" if not javascript else "dialog").get_by_role(
        "searchbox", name="Search Workspaces"
    )
    box.fill("many 39")
    if not javascript:
        box.press("Enter")
    expect(page.get_by_role("combobox", name="Workspace").locator("option")).to_have_text(
        ["Select Workspace", "Many 39"]
    )
    page.get_by_role("combobox", name="Workspace").select_option("Many 39")
    page.get_by_role("button", name="Transfer Deployment").click()

    expect(page.get_by_text("was moved to Many 39.")).to_be_visible()


@SCRIPTS
def test_variables_of_another_page_are_found_and_edited(open_page, deployment, editor, javascript):
    variables = [VariableInput(f"KEY_{number:03}", f"value {number}") for number in range(60)]
    save_variables(principal_for(editor), deployment, variables)
    path = reverse("deployments:variables", args=[deployment.workspace_id, deployment.pk])
    page = open_page(path, by=editor, javascript=javascript)
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_text("KEY_025", exact=True)).to_be_visible()

    page.get_by_role("link", name="Edit Variables").click()
    expect(page.get_by_text("These are not all of the 60 variables")).to_be_visible()
    page.get_by_label("Value of KEY_030").fill("typed")
    page.get_by_role("button", name="Save Variables").click()
    expect(page.get_by_text("The variables were saved.")).to_be_visible()
    if javascript:
        expect(page.get_by_text("KEY_025", exact=True)).to_be_visible()

    box = page.get_by_role("searchbox", name="Search keys")
    box.fill("key_05")
    if not javascript:
        box.press("Enter")
    expect(page.get_by_text("10 matches")).to_be_visible()
    page.get_by_role("link", name="Edit Variables").click()
    page.get_by_label("Delete KEY_059").check()
    page.get_by_role("button", name="Save Variables").click()

    expect(page.get_by_role("heading", name="59 Variables")).to_be_visible()
    rows = {row.key: read_value(row) for row in deployment.variables.all()}
    assert (len(rows), rows["KEY_030"], rows["KEY_031"]) == (59, "typed", "value 31")


def test_nothing_is_wrong_for_assistive_technology(open_page, many_workspaces, workspace, editor):
    page = open_page("/", by=editor)
    page.get_by_label(re.compile("^Switch Workspace")).click()
    expect(page.get_by_role("list", name="Your Workspaces")).to_be_visible()

    found = Axe().run(page)
    assert found.response["violations"] == [], found.generate_report()
