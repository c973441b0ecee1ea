"""An API key's whole life, by visible labels only: on a wide screen, on a phone, in the dark."""

import re

import pytest
from playwright.sync_api import expect

from apikeys.models import ApiKey
from tests.browser.conftest import CLIPBOARD, DESKTOP, PHONE
from tests.browser.steps import REVEAL, SAVED, SECRET, create_key, keys_url, row, save_secret, shown_secret
from tests.factories import create_api_key, create_deployment
from workspaces.models import Membership, Role


def draw_larger(page, field):
    """Pull at the lower right corner of a field, which gives it a style of its own."""
    box = field.bounding_box()
    page.mouse.move(box["x"] + box["width"] - 4, box["y"] + box["height"] - 4)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 4, box["y"] + box["height"] + 40)
    page.mouse.up()
    expect(field).to_have_attribute("style", re.compile("height"))


def clipboard(page):
    return page.evaluate("navigator.clipboard.readText()")


@pytest.mark.parametrize(
    ("size", "scheme"),
    [
        pytest.param(DESKTOP, "light", id="1440x900"),
        pytest.param(DESKTOP, "dark", id="dark"),
        pytest.param(PHONE, "light", id="390x844"),
    ],
)
def test_a_key_is_made_saved_edited_and_deleted(size, scheme, open_page, sign_in, deployment, admin):
    page = open_page(size=size, scheme=scheme, permissions=CLIPBOARD)
    sign_in(page, admin)
    page.get_by_role("link", name="Data Engineering Workspace").click()
    page.get_by_role("link", name="Production").click()
    page.get_by_role("link", name="API Keys").click()
    expect(page.get_by_role("heading", name="0 API Keys")).to_be_visible()
    expect(page.get_by_text("No API Keys have been added yet.")).to_be_visible()

    create_key(page, "github-actions", "Deploys the main branch")
    reveal = page.get_by_role("dialog", name=REVEAL)
    reveal.get_by_role("button", name="Copy Key ID").click()
    expect(reveal.get_by_role("status").filter(has_text="Copied")).to_have_count(1)
    key = ApiKey.objects.get()
    assert clipboard(page) == key.pk
    reveal.get_by_role("button", name="Copy Key Secret").click()
    expect(reveal.get_by_role("button", name="Copy Key Secret")).to_have_attribute("data-copied", "")
    assert SECRET.fullmatch(clipboard(page))
    assert clipboard(page) == shown_secret(page)
    save_secret(page)

    expect(page.get_by_text("API Key github-actions created.")).to_be_visible()
    expect(page.get_by_role("heading", name="1 API Key")).to_be_visible()
    expect(page.get_by_role("link", name="API Keys 1")).to_be_visible()
    expect(row(page, "github-actions")).to_contain_text(key.pk)
    expect(row(page, "github-actions")).to_contain_text("Deploys the main branch")

    page.get_by_role("link", name="Edit github-actions").click()
    expect(page.get_by_role("button", name="Update API Key")).to_be_disabled()
    page.get_by_label("Name").fill("circleci")
    page.get_by_role("button", name="Update API Key").click()
    expect(page.get_by_text("API Key circleci updated.")).to_be_visible()
    expect(row(page, "circleci")).to_contain_text(key.pk)

    page.get_by_role("link", name="Edit circleci").click()
    page.get_by_role("link", name="Delete API Key").click()
    expect(page.get_by_role("button", name="Yes, Continue")).to_be_disabled()
    page.get_by_label("Type Delete to confirm").fill("Delete")
    page.get_by_role("button", name="Yes, Continue").click()
    expect(page.get_by_text("API Key circleci deleted.")).to_be_visible()
    expect(page.get_by_role("heading", name="0 API Keys")).to_be_visible()
    expect(page.get_by_role("link", name="API Keys 0")).to_be_visible()
    assert not ApiKey.objects.exists()


@pytest.mark.threat("T-R5")
def test_a_double_click_makes_one_key(open_page, deployment, admin):
    page = open_page(keys_url(deployment), by=admin)
    page.get_by_role("link", name="API Key", exact=True).click()
    page.get_by_label("Name").fill("CI")

    page.get_by_role("button", name="Create API Key").dblclick()

    expect(page.get_by_role("button", name=SAVED)).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert ApiKey.objects.count() == 1


def test_a_mistake_stands_beside_its_field_and_what_was_typed_stays(open_page, deployment, admin):
    page = open_page(keys_url(deployment), by=admin)
    page.get_by_role("link", name="API Key", exact=True).click()
    name, description = page.get_by_label("Name"), page.get_by_label("Description")
    name.fill("back\u202ewards")
    description.fill("kept")
    draw_larger(page, description)

    page.get_by_role("button", name="Create API Key").click()

    expect(name).to_have_attribute("aria-invalid", "true")
    expect(name).to_be_focused()
    expect(name).to_have_accessible_description(  # the sentence itself is the business of the forms' tests
        page.locator("#dialog .errorlist").inner_text()
    )
    expect(name).to_have_value("back\u202ewards")
    expect(description).to_have_value("kept")
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        ("Remove", "Type Delete to confirm."),
        ("delete", "Type Delete exactly (capital D)."),
    ],
)
def test_a_wrong_word_deletes_nothing(word, answer, open_page, deployment, admin):
    key = create_api_key(deployment, name="CI", by=admin).key
    page = open_page(keys_url(deployment), by=admin)
    page.get_by_role("link", name="Edit CI").click()
    page.get_by_role("link", name="Delete API Key").click()
    field = page.get_by_label("Type Delete to confirm")
    field.fill(word)
    expect(page.get_by_role("button", name="Yes, Continue")).to_be_disabled()

    # Scripts put the button to sleep; the server decides all the same.
    page.get_by_role("button", name="Yes, Continue").evaluate("button => { button.disabled = false }")
    page.get_by_role("button", name="Yes, Continue").click()

    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(answer)
    expect(field).to_have_value(word)
    assert ApiKey.objects.filter(pk=key.pk).exists()


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
    expect(other.get_by_text("API Key theirs updated.")).to_be_visible()

    page.get_by_label("Name").fill("mine")
    page.get_by_role("button", name="Update API Key").click()

    expect(page.get_by_role("alert")).to_contain_text("It is now named “theirs”")
    expect(page.get_by_label("Name")).to_have_value("mine")
    assert ApiKey.objects.get().name == "theirs"
    page.get_by_role("button", name="Update API Key").click()
    expect(page.get_by_text("API Key mine updated.")).to_be_visible()


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


@pytest.mark.parametrize("who", ["editor", "member"])
def test_who_may_not_change_keys_sees_no_buttons(who, open_page, deployment, admin, request):
    create_api_key(deployment, name="CI", by=admin)
    page = open_page(keys_url(deployment), by=request.getfixturevalue(who))

    expect(row(page, "CI")).to_be_visible()
    expect(page.get_by_role("link", name="API Key", exact=True)).not_to_be_attached()
    expect(page.get_by_role("link", name="Edit")).not_to_be_attached()
    expect(page.get_by_text("Issue new secret")).not_to_be_attached()
    expect(page.get_by_role("columnheader", name="Actions")).not_to_be_attached()


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
