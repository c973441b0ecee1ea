"""A key's own page: a panel beside the list where scripts run, pages with addresses where they do not."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from apikeys import key_secrets
from apikeys.models import ApiKey, ApiKeyUse, Reason, Refusal
from tests.browser.conftest import DESKTOP
from tests.browser.steps import key_url, keys_url, row
from tests.factories import create_api_key
from workspaces.principals import principal_for

LAPTOP = {"width": 1366, "height": 768}


@pytest.fixture
def key(deployment, admin):
    key = create_api_key(deployment, name="CI", description="Deploys", by=admin).key
    ApiKeyUse.objects.create(key=key, day=timezone.now().date(), count=24)
    Refusal.objects.create(key=key, secret_number=1, reason=Reason.DISABLED, address="203.0.113.7")
    return key


@pytest.mark.parametrize("javascript", [True, False], ids=["panel", "pages"])
def test_each_part_of_a_key_is_a_tab_away(javascript, open_page, deployment, admin, key):
    page = open_page(keys_url(deployment), by=admin, javascript=javascript)

    row(page, "CI").get_by_role("link", name="CI", exact=True).click()
    expect(page.get_by_text("Nobody confirmed that its secret was saved")).to_be_visible()
    parts = page.get_by_role("navigation", name="API Key", exact=True)
    parts.get_by_role("link", name="Use").click()
    expect(page.get_by_role("heading", name="About 24 uses in the last 30 days")).to_be_visible()
    expect(page.get_by_role("list", name="Uses of each day")).to_contain_text("24")
    page.get_by_role("link", name="90 days", exact=True).click()
    expect(page.get_by_role("heading", name="About 24 uses in the last 90 days")).to_be_visible()
    parts.get_by_role("link", name="Refusals").click()
    expect(page.get_by_text("203.0.113.7")).to_be_visible()
    parts.get_by_role("link", name="Settings").click()
    expect(page.get_by_label("Name")).to_have_value("CI")
    parts.get_by_role("link", name="Danger zone").click()
    expect(page.get_by_role("link", name="Delete API Key")).to_be_in_viewport(ratio=1)
    page.get_by_role("link", name="Close").click()

    expect(page).to_have_url(keys_url(deployment))
    expect(page.get_by_role("dialog")).not_to_be_attached()


@pytest.mark.parametrize(
    ("javascript", "size"),
    [(True, DESKTOP), (True, LAPTOP), (False, DESKTOP)],
    ids=["panel 1440x900", "panel 1366x768", "page 1440x900"],
)
def test_after_edit_delete_is_in_sight(javascript, size, open_page, deployment, admin, key):
    page = open_page(keys_url(deployment), by=admin, javascript=javascript, size=size)

    page.get_by_role("link", name="Edit CI").click()

    expect(page.get_by_role("link", name="Delete API Key")).to_be_in_viewport(ratio=1)


def test_the_arrow_leads_back_from_an_action_and_a_tab_keeps_the_focus(open_page, deployment, admin, key):
    page = open_page(keys_url(deployment), by=admin)
    page.get_by_role("link", name="Edit CI").click()
    page.get_by_role("link", name="Delete API Key").click()
    expect(page.get_by_label("Type Delete to confirm")).to_be_focused()

    page.get_by_role("link", name="Back").press("Enter")
    expect(page.get_by_label("Name")).to_be_focused()
    use = page.get_by_role("dialog").get_by_role("link", name="Use")
    use.press("Enter")
    expect(use).to_be_focused()
    expect(use).to_have_attribute("aria-current", "page")
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Edit CI")).to_be_focused()


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("open", "Nobody confirmed that its secret was saved"),
        ("use", "About 24 uses in the last 30 days"),
        ("refusals", "203.0.113.7"),
        ("edit", "API Key deletion cannot be undone."),
    ],
)
def test_a_deep_link_opens_a_part_as_a_page(part, words, open_page, deployment, admin, key):
    page = open_page(key_url(part, key), by=admin)

    expect(page.get_by_text(words)).to_be_visible()
    page.get_by_role("navigation", name="API Key", exact=True).get_by_role("link", name="Overview").click()
    expect(page).to_have_url(key_url("open", key))


def test_a_rotation_is_ended_from_where_rotate_is_missing(open_page, deployment, admin, key):
    key_secrets.rotate_secret(principal_for(admin), key, overlap=timedelta(days=7))
    page = open_page(keys_url(deployment), by=admin)
    page.get_by_role("link", name="Edit CI").click()
    expect(page.get_by_text("A rotation is under way")).to_be_visible()
    expect(page.get_by_role("link", name="Rotate Secret")).not_to_be_attached()

    page.get_by_role("link", name="end it now").click()
    page.get_by_role("link", name="End now").click()
    page.get_by_role("button", name="End now").click()

    expect(page.get_by_text("The previous secret of API Key CI was ended.")).to_be_visible()
    assert ApiKey.objects.get().secrets.live().count() == 1


def test_a_member_sees_the_overview_beside_the_list(open_page, deployment, admin, member, key):
    page = open_page(keys_url(deployment), by=member)

    row(page, "CI").get_by_role("link", name="CI", exact=True).click()

    panel = page.get_by_role("dialog")
    expect(panel.get_by_text("About 24 uses")).to_be_visible()
    expect(panel.get_by_role("link")).to_have_count(1)  # Close
