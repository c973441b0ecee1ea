"""The list of API keys: searching, sorting and paging keep the place, the focus and the address."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Route, expect

from apikeys.models import ApiKey
from tests.browser.conftest import PHONE
from tests.browser.steps import create_key, keys_url, row, save_secret
from tests.factories import create_api_key


@pytest.fixture
def many(deployment, admin):
    """Sixty keys, three pages of them: nightly 00 is the oldest, and every tenth is called so, the others key 01 to 59."""
    ApiKey.objects.bulk_create(
        ApiKey(
            deployment=deployment,
            name=f"{'key' if number % 10 else 'nightly'} {number:02}",
            creation_nonce=f"{number:032}",
            created_by_name=admin.full_name,
        )
        for number in range(60)
    )
    type(deployment).objects.update(api_key_count=60)


def names(page):
    return page.get_by_role("rowheader").get_by_role("link")


def test_typing_finds_keys_and_keeps_the_focus(open_page, deployment, admin, many):
    page = open_page(keys_url(deployment), by=admin)
    search = page.get_by_label("Search API Keys")

    search.click()
    page.keyboard.type("nigh", delay=20)
    expect(names(page)).to_have_count(6)
    page.keyboard.type("tly", delay=150)

    expect(page.get_by_role("status").filter(has_text="6 matches “nightly”")).to_be_visible()
    expect(search).to_be_focused()
    expect(search).to_have_value("nightly")
    expect(page).to_have_url(f"{keys_url(deployment)}?q=nightly")
    page.reload()
    expect(search).to_have_value("nightly")
    expect(names(page)).to_have_count(6)


def test_what_is_typed_while_an_answer_is_on_the_way_is_not_lost(open_page, deployment, admin, many):
    page = open_page(keys_url(deployment), by=admin)
    search = page.get_by_label("Search API Keys")
    waiting: list[Route] = []
    page.route("**/api-keys?q=key*", lambda route, _request: waiting.append(route))
    search.click()
    with page.expect_request("**/api-keys?q=key"):
        page.keyboard.type("key", delay=20)

    page.keyboard.type(" 4", delay=0)
    waiting[0].continue_()
    page.unroute_all()

    expect(names(page)).to_have_count(9)
    expect(search).to_have_value("key 4")
    expect(search).to_be_focused()


def test_a_search_and_a_refresh_do_not_cross(open_page, deployment, admin, many):
    page = open_page(keys_url(deployment), by=admin)
    waiting = []
    page.route("**/api-keys?q=", lambda route, _request: waiting.append(route), times=1)
    with page.expect_request("**/api-keys?q="):  # what the list asks for when a key changed
        page.evaluate("document.body.dispatchEvent(new Event('apikeys:changed'))")
    page.evaluate(
        "window.searched = new Promise((done) => document.addEventListener('htmx:trigger', done)); null"
    )
    page.get_by_label("Search API Keys").press_sequentially("nightly")
    page.evaluate("window.searched.then(() => null)")

    waiting[0].continue_()

    expect(names(page)).to_have_count(6)
    expect(page.get_by_label("Search API Keys")).to_have_value("nightly")


def test_of_two_changes_in_a_row_the_second_is_seen(open_page, deployment, admin, many):
    page = open_page(keys_url(deployment), by=admin)
    changed = "document.body.dispatchEvent(new Event('apikeys:changed'))"

    def change_meanwhile(route, _request):
        before_the_change = route.fetch()
        ApiKey.objects.filter(name="key 59").update(description="changed twice")
        page.evaluate(changed)
        route.fulfill(response=before_the_change)

    page.route("**/api-keys?q=", change_meanwhile, times=1)
    ApiKey.objects.filter(name="key 59").update(description="changed once")
    page.evaluate(changed)

    # Not "second": that stands in "3 seconds ago" as well.
    expect(row(page, "key 59")).to_contain_text("changed twice")


def test_a_chip_shows_its_keys_keeps_the_focus_and_goes_off_again(open_page, deployment, admin, many):
    ApiKey.objects.filter(name="key 07").update(last_used_at=timezone.now() - timedelta(days=100))
    page = open_page(keys_url(deployment), by=admin)
    chip = page.get_by_role("link", name="Unused for 90 days")

    chip.press("Enter")
    expect(names(page)).to_have_text(["key 07"])
    expect(chip).to_have_attribute("aria-current", "true")
    expect(chip).to_be_focused()
    expect(page).to_have_url(f"{keys_url(deployment)}?show=unused")
    page.get_by_label("Search API Keys").fill("nightly")
    expect(page.get_by_text("No API Key has a name or an ID that begins with this.")).to_be_visible()
    page.get_by_label("Search API Keys").fill("")
    expect(names(page)).to_have_text(["key 07"])
    chip.press("Enter")

    expect(names(page)).to_have_count(25)
    expect(chip).not_to_have_attribute("aria-current", "true")
    expect(page).to_have_url(keys_url(deployment))


def test_a_phone_sorts_by_a_menu(open_page, deployment, admin, many):
    ApiKey.objects.filter(name="key 07").update(last_used_at=timezone.now())
    page = open_page(keys_url(deployment), by=admin, size=PHONE)

    page.get_by_text("Created, newest first").first.click()
    page.get_by_role("link", name="Last used, latest first").click()

    expect(names(page).first).to_have_text("key 07")


def test_the_whole_id_is_seen_where_it_is_shortened(open_page, deployment, admin):
    key = create_api_key(deployment, name="CI", by=admin).key
    page = open_page(keys_url(deployment), by=admin)
    whole = page.get_by_text(key.pk, exact=True)

    expect(whole).to_have_css("clip-path", "inset(50%)")
    page.get_by_role("button", name="Copy Key ID").focus()
    expect(whole).to_have_css("clip-path", "none")
    expect(whole).to_be_in_viewport(ratio=1)


def test_a_change_on_the_second_page_stays_there(open_page, deployment, admin, many):
    page = open_page(keys_url(deployment), by=admin)
    page.get_by_role("link", name="Next").click()
    expect(names(page).first).to_have_text("key 34")

    page.get_by_role("link", name="Edit key 34").click()
    page.get_by_label("Name").fill("key thirty-four")
    page.get_by_role("button", name="Update API Key").click()

    expect(row(page, "key thirty-four")).to_be_focused()
    expect(names(page).first).to_have_text("key thirty-four")
    expect(page.get_by_text("26\N{EN DASH}50 of 60")).to_be_visible()


def test_a_search_without_a_match_says_so_and_leads_back(open_page, deployment, admin, many):
    page = open_page(keys_url(deployment), by=admin)

    page.get_by_label("Search API Keys").fill("no such key")

    expect(page.get_by_text("No API Key has a name or an ID that begins with this.")).to_be_visible()
    page.get_by_role("link", name="Show all API Keys").click()
    expect(names(page)).to_have_count(25)
    expect(page.get_by_label("Search API Keys")).to_have_value("")


def test_sorting_turns_round_keeps_the_focus_and_the_search(open_page, deployment, admin, many):
    page = open_page(keys_url(deployment), by=admin)
    page.get_by_label("Search API Keys").fill("nightly")
    expect(names(page)).to_have_text([f"nightly {number:02}" for number in range(50, -1, -10)])

    page.get_by_role("link", name="Name", exact=True).press("Enter")
    expect(names(page)).to_have_text([f"nightly {number:02}" for number in range(0, 60, 10)])
    expect(page.get_by_role("columnheader", name="Name")).to_have_attribute("aria-sort", "ascending")
    expect(page.get_by_role("link", name="Name", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(names(page)).to_have_text([f"nightly {number:02}" for number in range(50, -1, -10)])
    expect(page.get_by_role("columnheader", name="Name")).to_have_attribute("aria-sort", "descending")
    page.get_by_label("Search API Keys").fill("key 1")
    expect(names(page)).to_have_text([f"key 1{number}" for number in range(9, 0, -1)])


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])
def test_paging_goes_there_and_back(javascript, open_page, deployment, admin, many):
    page = open_page(keys_url(deployment), by=admin, javascript=javascript)
    expect(names(page).first).to_have_text("key 59")

    page.get_by_role("link", name="Next").click()
    expect(names(page).first).to_have_text("key 34")
    expect(page.get_by_text("26\N{EN DASH}50 of 60")).to_be_visible()
    page.get_by_role("link", name="Next").click()
    expect(names(page)).to_have_count(10)
    expect(page.get_by_text("51\N{EN DASH}60 of 60")).to_be_visible()
    expect(page.get_by_role("link", name="Next")).not_to_be_attached()
    page.get_by_role("link", name="Previous").click()
    expect(names(page).first).to_have_text("key 34")
    for shown in ("key 09", "key 34", "key 59"):
        page.go_back()
        expect(names(page).first).to_have_text(shown)
        # htmx loads the page anew on Back; the next Back must find its scripts listening.
        page.wait_for_load_state("load")


def test_a_keyboard_goes_on_in_the_list_after_paging(open_page, deployment, admin, many):
    page = open_page(keys_url(deployment), by=admin)

    page.get_by_role("link", name="Next").press("Enter")

    expect(names(page).first).to_have_text("key 34")
    expect(page.get_by_role("heading", name="60 API Keys")).to_be_focused()


def test_the_search_holds_while_a_key_changes(open_page, deployment, admin, many):
    page = open_page(f"{keys_url(deployment)}?q=nightly&sort=name", by=admin)

    page.get_by_role("link", name="Edit nightly 30").click()
    page.get_by_label("Name").fill("nightly thirty")
    page.get_by_role("button", name="Update API Key").click()

    expect(row(page, "nightly thirty")).to_be_focused()
    expect(names(page)).to_have_count(6)
    expect(names(page).first).to_have_text("nightly 00")
    expect(page.get_by_label("Search API Keys")).to_have_value("nightly")


def test_a_row_that_comes_up_later_does_not_take_the_focus(open_page, deployment, admin, many):
    page = open_page(f"{keys_url(deployment)}?q=nightly", by=admin)
    create_key(page, "elsewhere")
    save_secret(page)
    expect(page.get_by_role("heading", name="61 API Keys")).to_be_visible()
    expect(row(page, "elsewhere")).not_to_be_attached()

    page.get_by_label("Search API Keys").fill("elsewhere")

    expect(row(page, "elsewhere")).to_be_visible()
    expect(page.get_by_label("Search API Keys")).to_be_focused()


def test_the_badge_and_the_heading_change_in_other_tabs_on_the_next_load(open_page, deployment, admin):
    page = open_page(keys_url(deployment), by=admin)
    other = page.context.new_page()
    other.goto(keys_url(deployment))
    create_key(page, "CI")
    save_secret(page)
    expect(page.get_by_role("link", name="API Keys 1")).to_be_visible()

    other.reload()

    expect(other.get_by_role("link", name="API Keys 1")).to_be_visible()
    expect(other.get_by_role("heading", name="1 API Key")).to_be_visible()
