"""What happens meanwhile: in another tab, by other people, on the line. Nothing typed is lost, nothing doubled."""

import pytest
from playwright.sync_api import expect

from apikeys.models import ApiKey
from tests.browser.steps import (
    SAVED,
    create_key,
    keys_url,
    opens,
    row,
    save_secret,
    shown_secret,
)
from tests.factories import create_api_key, create_deployment
from workspaces.models import Membership, Role


@pytest.mark.threat("T-R5")
def test_a_double_click_makes_one_key(open_page, deployment, admin):
    page = open_page(keys_url(deployment), by=admin)
    page.get_by_role("link", name="API Key", exact=True).click()
    page.get_by_label("Name").fill("CI")

    page.get_by_role("button", name="Create API Key").dblclick()

    expect(page.get_by_role("button", name=SAVED)).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert ApiKey.objects.count() == 1


def test_two_people_edit_one_key_and_nobody_overwrites_unawares(open_page, deployment, admin):
    create_api_key(deployment, name="CI", description="first", by=admin)
    page = open_page(keys_url(deployment), by=admin)
    other = page.context.new_page()
    other.goto(keys_url(deployment))
    for tab in (page, other):
        tab.get_by_role("link", name="Edit CI").click()
        expect(tab.get_by_label("Name")).to_have_value("CI")
    other.get_by_label("Name").fill("theirs")
    other.get_by_role("button", name="Update API Key").click()
    expect(other.get_by_text("API Key theirs was updated.")).to_be_visible()

    page.get_by_label("Name").fill("mine")
    page.get_by_role("button", name="Update API Key").click()

    expect(page.get_by_role("alert")).to_contain_text("It is now named “theirs”")
    expect(page.get_by_label("Name")).to_have_value("mine")
    assert ApiKey.objects.get().name == "theirs"
    page.get_by_role("button", name="Update API Key").click()
    expect(page.get_by_text("API Key mine was updated.")).to_be_visible()


def test_a_key_deleted_meanwhile_is_told_and_what_was_typed_stays(open_page, watch, deployment, admin):
    watch.expect(404)
    key = create_api_key(deployment, name="CI", by=admin).key
    page = open_page(keys_url(deployment), by=admin)
    page.get_by_role("link", name="Edit CI").click()
    page.get_by_label("Description").fill("nightly")
    ApiKey.objects.filter(pk=key.pk).delete()

    page.get_by_role("button", name="Update API Key").click()

    error = page.get_by_role("dialog").get_by_role("alert")
    expect(error).to_contain_text("An error occurred")
    expect(error).to_contain_text("This does not exist any more")
    expect(page.get_by_label("Description")).to_have_value("nightly")
    page.get_by_role("link", name="Cancel").click()
    expect(row(page, "CI")).not_to_be_attached()


def test_a_role_lost_meanwhile_is_told_and_what_was_typed_stays(open_page, watch, deployment, admin):
    watch.expect(403)
    page = open_page(keys_url(deployment), by=admin)
    page.get_by_role("link", name="API Key", exact=True).click()
    page.get_by_label("Name").fill("CI")
    Membership.objects.filter(user=admin).update(role=Role.MEMBER)

    page.get_by_role("button", name="Create API Key").click()

    error = page.get_by_role("dialog").get_by_role("alert")
    expect(error).to_contain_text("An error occurred")
    expect(error).to_contain_text("Admin")
    expect(page.get_by_label("Name")).to_have_value("CI")
    expect(page.get_by_role("button", name="Create API Key")).to_be_enabled()
    page.get_by_role("button", name="Dismiss").click()
    expect(error).not_to_be_attached()


@pytest.mark.threat("T-R6")
def test_a_line_cut_before_the_answer_costs_nothing(open_page, watch, deployment, admin):
    watch.expect(0)
    page = open_page(keys_url(deployment), by=admin)
    page.get_by_role("link", name="API Key", exact=True).click()
    page.get_by_label("Name").fill("CI")
    page.route("**/api-keys/new", lambda route, _request: (route.fetch(), route.abort()))
    page.get_by_role("button", name="Create API Key").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("Cloud UI could not be reached.")
    expect(page.get_by_label("Name")).to_have_value("CI")
    page.unroute_all()

    page.get_by_role("button", name="Create API Key").click()

    expect(page.get_by_text("The one shown before no longer works.")).to_be_visible()
    assert opens(shown_secret(page), ApiKey.objects.get())


@pytest.mark.threat("T-W10")
def test_a_session_that_ended_leads_to_the_sign_in_page_and_back(open_page, sign_in, deployment, admin):
    page = open_page(keys_url(deployment), by=admin)
    page.get_by_role("link", name="API Key", exact=True).click()
    page.get_by_label("Name").fill("CI")
    page.context.clear_cookies(name="session")

    page.get_by_role("button", name="Create API Key").click()
    expect(page.get_by_role("heading", name="Welcome")).to_be_visible()
    sign_in(page, admin)

    expect(page).to_have_url(keys_url(deployment))
    expect(page.get_by_role("heading", name="0 API Keys")).to_be_visible()


def test_two_deployments_in_two_tabs_do_not_mix(open_page, workspace, deployment, admin):
    staging = create_deployment(workspace=workspace, name="Staging")
    page = open_page(keys_url(deployment), by=admin)
    other = page.context.new_page()
    other.goto(keys_url(staging))

    create_key(page, "for-production")
    create_key(other, "for-staging")
    for tab in (page, other):
        save_secret(tab)

    expect(row(page, "for-production")).to_be_visible()
    expect(row(page, "for-staging")).not_to_be_attached()
    expect(row(other, "for-staging")).to_be_visible()
    expect(row(other, "for-production")).not_to_be_attached()
    assert {key.name: key.deployment_id for key in ApiKey.objects.all()} == {
        "for-production": deployment.pk,
        "for-staging": staging.pk,
    }
