"""Everything works with scripts off: each dialog is a page, and no button is left that would do nothing."""

import pytest
from playwright.sync_api import expect

from apikeys.models import ApiKey
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.steps import SECRET, create_key, key_url, keys_url, row, save_secret
from tests.factories import create_api_key


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["1440x900", "390x844"])
def test_a_key_is_made_saved_edited_and_deleted(size, open_page, sign_in, deployment, admin):
    page = open_page(size=size, javascript=False)
    sign_in(page, admin)
    page.get_by_role("link", name="Data Engineering Workspace").click()
    page.get_by_role("link", name="Production").click()
    page.get_by_role("link", name="API Keys").click()

    create_key(page, "github-actions", "Deploys the main branch")
    assert SECRET.search(page.locator("#reveal-key-secret").inner_text())
    expect(page.locator("#reveal-key-secret")).to_have_css("-webkit-text-security", "none")
    save_secret(page)
    expect(page).to_have_url(keys_url(deployment))
    expect(page.get_by_text("API Key github-actions was created.")).to_be_visible()
    expect(page.get_by_role("heading", name="1 API Key")).to_be_visible()

    row(page, "github-actions").get_by_role("link", name="Edit").click()
    page.get_by_label("Name").fill("circleci")
    page.get_by_role("button", name="Update API Key").click()
    expect(page.get_by_text("API Key circleci was updated.")).to_be_visible()

    row(page, "circleci").get_by_role("link", name="Edit").click()
    page.get_by_role("link", name="Delete API Key").click()
    page.get_by_label("Type Delete to confirm").fill("delete")
    page.get_by_role("button", name="Yes, Continue").click()
    expect(page.get_by_text("Type Delete exactly (capital D).")).to_be_visible()
    expect(page.get_by_label("Type Delete to confirm")).to_have_value("delete")
    page.get_by_label("Type Delete to confirm").fill("Delete")
    page.get_by_role("button", name="Yes, Continue").click()
    expect(page.get_by_text("API Key circleci was deleted.")).to_be_visible()
    expect(page.get_by_role("heading", name="0 API Keys")).to_be_visible()
    assert not ApiKey.objects.exists()


def test_a_key_is_looked_at_rotated_ended_disabled_and_enabled(open_page, deployment, admin):
    create_api_key(deployment, name="CI", by=admin)
    page = open_page(keys_url(deployment), by=admin, javascript=False)

    row(page, "CI").get_by_role("link", name="CI", exact=True).click()
    expect(page.get_by_role("heading", name="Secrets")).to_be_visible()
    page.get_by_role("link", name="Use", exact=True).click()
    expect(page.get_by_text("Nothing has used this API Key.")).to_be_visible()
    page.get_by_role("link", name="Danger zone").click()
    page.get_by_role("link", name="Rotate Secret").click()
    page.get_by_role("button", name="Rotate Secret").click()
    save_secret(page)
    expect(page.get_by_text("API Key CI has a new secret.")).to_be_visible()
    expect(row(page, "CI")).to_contain_text("Rotating")

    row(page, "CI").get_by_role("link", name="CI", exact=True).click()
    page.get_by_role("link", name="End now").click()
    page.get_by_role("button", name="End now").click()
    expect(page.get_by_text("The previous secret of API Key CI was ended.")).to_be_visible()
    expect(row(page, "CI")).to_contain_text("Active")

    page.get_by_role("link", name="Edit CI").click()
    page.get_by_role("link", name="Disable API Key").click()
    page.get_by_role("button", name="Disable API Key").click()
    expect(row(page, "CI")).to_contain_text("Disabled")
    page.get_by_role("link", name="Edit CI").click()
    page.get_by_role("button", name="Enable API Key").click()
    expect(row(page, "CI")).to_contain_text("Active")


def test_no_button_is_shown_that_needs_a_script(open_page, deployment, admin):
    key = create_api_key(deployment, name="CI", by=admin).key

    for path in ("/", keys_url(deployment), key_url("edit", key), key_url("delete", key)):
        page = open_page(path, by=admin, javascript=False)
        for button in page.locator("button[type=button]").all():
            expect(button).to_be_hidden()


def test_a_deep_link_opens_each_dialog_as_a_page(open_page, deployment, admin):
    key = create_api_key(deployment, name="CI", by=admin).key
    page = open_page(f"{keys_url(deployment)}/new", by=admin, javascript=False)

    expect(page.get_by_role("heading", name="New API Key")).to_be_visible()
    page.get_by_role("link", name="Cancel").click()
    expect(page).to_have_url(keys_url(deployment))
    for verb, heading in {
        "edit": "Edit API Key",
        "delete": "Delete API Key",
        "reissue": "Issue new secret",
    }.items():
        page.goto(key_url(verb, key))
        expect(page.get_by_role("heading", name=heading).first).to_be_visible()
        page.get_by_role("link", name="Close").click()
        expect(page).to_have_url(keys_url(deployment))
    page.goto(key_url("open", key))
    expect(page.get_by_text("Nobody confirmed that its secret was saved")).to_be_visible()


def test_an_edit_made_too_late_shows_both_and_keeps_what_was_typed(open_page, deployment, admin):
    key = create_api_key(deployment, name="CI", by=admin).key
    page = open_page(key_url("edit", key), by=admin, javascript=False)
    ApiKey.objects.update(name="theirs", version=2)

    page.get_by_label("Name").fill("mine")
    page.get_by_role("button", name="Update API Key").click()

    expect(page.get_by_role("alert")).to_contain_text("It is now named “theirs”")
    expect(page.get_by_label("Name")).to_have_value("mine")


def test_searching_and_sorting_go_together(open_page, deployment, admin):
    for name in ("nightly beta", "nightly alpha", "gamma"):
        create_api_key(deployment, name=name, by=admin)
    page = open_page(keys_url(deployment), by=admin, javascript=False)

    page.get_by_role("link", name="Name", exact=True).click()
    page.get_by_label("Search API Keys").fill("nightly")
    page.keyboard.press("Enter")

    expect(page.get_by_role("row")).to_contain_text(["Key ID", "nightly alpha", "nightly beta"])
    page.get_by_role("link", name="Name", exact=True).click()
    expect(page.get_by_role("row")).to_contain_text(["Key ID", "nightly beta", "nightly alpha"])
    expect(page.get_by_label("Search API Keys")).to_have_value("nightly")
