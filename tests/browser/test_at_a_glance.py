"""What a person sees first: the Overview, the facts above a Deployment's tabs, the page of the REST interface."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import expect

from deployments.models import Status
from tests.browser.conftest import CLIPBOARD, DESKTOP, PHONE
from tests.browser.steps import keys_url
from tests.factories import create_api_key, create_deploy

SCRIPTS = pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])


def is_as_wide_as_the_page(page):
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.fixture
def trouble(deployment, admin):
    """A Deployment with something of each kind to look at."""
    deployment.status = Status.UNHEALTHY
    deployment.save(update_fields=["status"])
    create_deploy(deployment, status="FAILED", reason="The archive is damaged, or is no tar archive.")
    return create_api_key(deployment, name="pipeline", by=admin).key


@SCRIPTS
@SIZES
def test_the_overview_leads_to_what_needs_attention(open_page, trouble, admin, javascript, size):
    page = open_page("/", by=admin, javascript=javascript, size=size)
    needs = page.get_by_role("region", name="Needs attention")
    expect(needs.get_by_role("listitem")).to_have_count(3)
    expect(needs).to_contain_text("The archive is damaged")

    needs.get_by_role("listitem").filter(has_text="Not confirmed").get_by_role("link").click()

    expect(page.get_by_role("heading", name="API Key", exact=True)).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@SIZES
def test_axe_finds_nothing_on_the_overview(open_page, trouble, admin, scheme, size):
    page = open_page("/", by=admin, scheme=scheme, size=size, reduced_motion="reduce")
    expect(page.get_by_role("heading", name="Needs attention")).to_be_visible()

    assert Axe().run(page).response["violations"] == []
    assert is_as_wide_as_the_page(page)


@SCRIPTS
def test_on_a_phone_the_facts_wait_behind_more(open_page, deployment, member, javascript):
    page = open_page(keys_url(deployment), by=member, javascript=javascript, size=PHONE)
    facts = page.locator("#facts")
    expect(facts.get_by_text("Not connected")).to_be_visible()
    expect(facts.get_by_text(deployment.pk)).to_be_visible()
    expect(facts.get_by_text(deployment.release_name)).not_to_be_visible()

    more = page.get_by_role("checkbox", name="More")
    more.focus()
    page.keyboard.press("Space")
    expect(facts.get_by_text(deployment.release_name)).to_be_visible()
    assert is_as_wide_as_the_page(page)
    page.keyboard.press("Space")
    expect(facts.get_by_text(deployment.release_name)).not_to_be_visible()


@pytest.mark.parametrize("width", [768, 1024, 1200, 1440, 1680, 2560])
def test_no_fact_stands_in_a_row_alone(open_page, deployment, member, width):
    page = open_page(keys_url(deployment), by=member, size={"width": width, "height": 800})
    expect(page.get_by_role("checkbox", name="More")).not_to_be_visible()

    tops = page.locator("#facts .fact").evaluate_all(
        "facts => facts.map((fact) => fact.getBoundingClientRect().top)"
    )

    assert len(tops) > 4
    assert all(tops.count(top) > 1 for top in tops)


def test_the_bar_leads_to_the_page_of_the_rest_interface_where_each_line_is_copied(open_page, member):
    page = open_page("/", by=member, permissions=CLIPBOARD)
    page.get_by_role("link", name="Docs").click()
    expect(page.get_by_role("heading", name="REST API")).to_be_visible()

    page.get_by_role("navigation", name="Operations").get_by_role("link", name="Read a Deployment").click()
    shown = page.get_by_role("article", name="Read a Deployment")
    expect(shown).to_be_in_viewport()
    shown.get_by_role("button", name="Copy the line for Read a Deployment").click()

    expect(shown.get_by_text("Copied", exact=True).first).to_be_attached()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith('curl -sS "$CLOUDUI/v1/deployments/$DEPLOYMENT"')


@pytest.mark.parametrize("scheme", ["light", "dark"])
@SIZES
def test_axe_finds_nothing_on_the_page_of_the_rest_interface(open_page, scheme, size):
    page = open_page(reverse("rest:docs"), scheme=scheme, size=size, reduced_motion="reduce")
    expect(page.get_by_role("heading", name="REST API")).to_be_visible()

    assert Axe().run(page).response["violations"] == []
    assert is_as_wide_as_the_page(page)


def test_tabs_that_are_cut_off_say_so_on_a_phone(open_page, deployment, member):
    page = open_page(keys_url(deployment), by=member, size=PHONE)

    shades = page.locator(".tabs").evaluate("tabs => getComputedStyle(tabs).backgroundAttachment")

    assert shades == "local, local, scroll, scroll"
    assert page.locator(".tabs").evaluate("tabs => tabs.scrollWidth > tabs.clientWidth")
