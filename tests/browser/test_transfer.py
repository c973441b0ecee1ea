"""Transfer Deployment by visible labels: from its page and from the list, with and without scripts."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import expect

from deployments.models import Deployment
from tests.browser.conftest import DESKTOP, PHONE
from tests.factories import create_deployment, create_owner, create_workspace
from workspaces.models import Membership, Role


@pytest.fixture
def target(editor):
    target = create_workspace(name="Analytics")
    Membership.objects.create(workspace=target, user=editor, role=Role.EDITOR)
    return target


def path_of(name, deployment):
    kwargs = {"workspace": deployment.workspace_id, "deployment": deployment.pk}
    return reverse(f"deployments:{name}", kwargs=kwargs)


def list_path(workspace):
    return reverse("deployments:index", kwargs={"workspace": workspace.pk})


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_an_editor_of_both_moves_it(open_page, deployment, editor, target, javascript, size):
    page = open_page(path_of("activity", deployment), by=editor, javascript=javascript, size=size)
    page.get_by_label("More actions").click()
    page.get_by_role("link", name="Transfer Deployment").click()
    expect(page.get_by_role("heading", name="Transfer Deployment")).to_be_visible()

    page.get_by_role("combobox", name="Workspace").select_option("Analytics")
    page.get_by_role("button", name="Transfer Deployment").click()

    expect(page).to_have_url(re.compile(f"/{target.pk}/deployments/{deployment.pk}/"))
    expect(page.get_by_text("Deployment Production was moved to Analytics.")).to_be_visible()
    expect(page.get_by_role("heading", name="Production", level=1)).to_be_visible()
    page.get_by_role("link", name="Activity").click()
    expect(page.get_by_text("moved the Deployment to this Workspace")).to_be_visible()
    assert Deployment.objects.get().workspace == target


@pytest.mark.usefixtures("target")
def test_from_the_list_the_card_goes_away(open_page, workspace, deployment, editor):
    page = open_page(list_path(workspace), by=editor)
    page.get_by_label("More actions for Production").click()
    page.get_by_role("link", name="Transfer Deployment").click()
    dialog = page.get_by_role("dialog")
    submit = dialog.get_by_role("button", name="Transfer Deployment")
    expect(submit).to_be_disabled()
    dialog.get_by_role("combobox", name="Workspace").select_option("Analytics")
    submit.click()

    expect(dialog).to_be_hidden()
    expect(page.get_by_text("Deployment Production was moved to Analytics.")).to_be_visible()
    expect(page.get_by_role("heading", name="0 Deployments")).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])
def test_a_name_that_is_taken_there_is_said(open_page, watch, deployment, editor, target, javascript):
    watch.expect(422)
    create_deployment(workspace=target, name="Production")
    page = open_page(path_of("transfer", deployment), by=editor, javascript=javascript)

    page.get_by_role("combobox", name="Workspace").select_option("Analytics")
    page.get_by_role("button", name="Transfer Deployment").click()

    expect(page.get_by_text("A Deployment named Production already exists in Analytics.")).to_be_visible()
    expect(page.get_by_role("combobox", name="Workspace")).to_have_value(target.pk)


def test_a_member_is_not_offered_it(open_page, deployment, member):
    page = open_page(path_of("activity", deployment), by=member)

    expect(page.get_by_label("More actions")).to_have_count(0)


@pytest.mark.parametrize("person", ["admin", "owner"])
def test_an_admin_without_another_workspace_is_told_and_an_owner_has_them_all(
    request, open_page, deployment, person
):
    create_workspace(name="Analytics")
    by = create_owner() if person == "owner" else request.getfixturevalue("admin")
    page = open_page(path_of("transfer", deployment), by=by)

    if person == "owner":
        expect(page.get_by_role("option", name="Analytics")).to_have_count(1)
    else:
        expect(page.get_by_text("There is no Workspace to move it to.")).to_be_visible()


@pytest.mark.usefixtures("target")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_page(open_page, deployment, editor, scheme, size):
    page = open_page(
        path_of("transfer", deployment), by=editor, scheme=scheme, size=size, reduced_motion="reduce"
    )

    found = Axe().run(page)

    assert found.violations_count == 0, found.generate_report()
    wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wider) == 0
