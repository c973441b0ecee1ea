"""An API key's whole life, by visible labels only: on a wide screen, on a phone, in the dark."""

import re

import pytest
from playwright.sync_api import expect

from apikeys.models import ApiKey
from tests.browser.conftest import CLIPBOARD, DESKTOP, PHONE
from tests.browser.steps import (
    REVEAL,
    SECRET,
    create_key,
    key_url,
    keys_url,
    opens,
    row,
    save_secret,
    shown_secret,
)
from tests.factories import create_api_key


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
    expect(page.get_by_text("This Deployment has no API Keys.")).to_be_visible()

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

    expect(page.get_by_text("API Key github-actions was created.")).to_be_visible()
    expect(page.get_by_role("heading", name="1 API Key")).to_be_visible()
    expect(page.get_by_role("link", name="API Keys 1")).to_be_visible()
    expect(row(page, "github-actions")).to_contain_text(key.pk)
    expect(row(page, "github-actions")).to_contain_text("Deploys the main branch")

    page.get_by_role("link", name="Edit github-actions").click()
    expect(page.get_by_role("button", name="Update API Key")).to_be_disabled()
    page.get_by_label("Name").fill("circleci")
    page.get_by_role("button", name="Update API Key").click()
    expect(page.get_by_text("API Key circleci was updated.")).to_be_visible()
    expect(row(page, "circleci")).to_contain_text(key.pk)

    page.get_by_role("link", name="Edit circleci").click()
    page.get_by_role("link", name="Delete API Key").click()
    expect(page.get_by_role("button", name="Yes, Continue")).to_be_disabled()
    page.get_by_label("Type Delete to confirm").fill("Delete")
    page.get_by_role("button", name="Yes, Continue").click()
    expect(page.get_by_text("API Key circleci was deleted.")).to_be_visible()
    expect(page.get_by_role("heading", name="0 API Keys")).to_be_visible()
    expect(page.get_by_role("link", name="API Keys 0")).to_be_visible()
    assert not ApiKey.objects.exists()


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


def test_typing_the_word_in_another_case_says_what_is_missing(open_page, deployment, admin):
    create_api_key(deployment, name="CI", by=admin)
    page = open_page(keys_url(deployment), by=admin)
    page.get_by_role("link", name="Edit CI").click()
    page.get_by_role("link", name="Delete API Key").click()
    hint = page.get_by_role("status").filter(has_text="Type Delete exactly (capital D).")
    expect(page.get_by_label("Type Delete to confirm")).to_be_focused()

    page.keyboard.type("delet")
    expect(hint).to_have_count(1)
    expect(hint.locator("span")).to_be_hidden()
    page.keyboard.type("e")
    expect(hint.locator("span")).to_be_visible()
    expect(page.get_by_role("button", name="Yes, Continue")).to_be_disabled()
    page.get_by_label("Type Delete to confirm").fill("Delete")
    expect(hint.locator("span")).to_be_hidden()
    expect(page.get_by_role("button", name="Yes, Continue")).to_be_enabled()


@pytest.mark.threat("T-W5")
@pytest.mark.parametrize(
    "name",
    [
        '"><img src=/boo onerror=alert(1)><script>alert(2)</script>',
        """<a hx-get=/boo hx-trigger=load>'"{{7*7}}{% now %}</a></template>""",
        "🗝️ schlüssel — ключ — 鍵",
    ],
    ids=["markup", "htmx", "the world"],
)
def test_a_name_is_text_wherever_it_is_shown(name, open_page, watch, deployment, admin):
    page = open_page(keys_url(deployment), by=admin)

    create_key(page, name, name)
    save_secret(page)

    expect(page.locator("#toasts")).to_contain_text(f"API Key {name} was created.")
    expect(row(page, name).get_by_role("rowheader").get_by_role("link")).to_have_text(name)
    expect(row(page, name).get_by_role("rowheader").locator("span")).to_have_text(name)
    # The list has been made anew; a link of the one before would be gone under the click.
    expect(row(page, name)).to_be_focused()
    page.get_by_role("link", name="Edit").last.click()
    expect(page.get_by_label("Name")).to_have_value(name)
    page.get_by_role("link", name="Delete API Key").click()
    expect(page.get_by_role("dialog")).to_contain_text(name)
    assert not [address for address in watch.addresses() if "/boo" in address]


def test_a_deep_link_opens_a_page_that_leads_on_as_pages(open_page, deployment, admin):
    page = open_page(f"{keys_url(deployment)}/new", by=admin)
    page.get_by_label("Name").fill("back\u202ewards")
    page.get_by_role("button", name="Create API Key").click()
    expect(page.get_by_label("Name")).to_have_count(1)
    expect(page.get_by_label("Name")).to_have_attribute("aria-invalid", "true")

    page.get_by_label("Name").fill("CI")
    page.get_by_role("button", name="Create API Key").click()
    expect(page.get_by_role("heading", name=REVEAL)).to_be_visible()
    assert opens(shown_secret(page), ApiKey.objects.get())
    save_secret(page)

    expect(page).to_have_url(keys_url(deployment))
    expect(page.get_by_text("API Key CI was created.")).to_be_visible()
    page.goto(key_url("edit", ApiKey.objects.get()))
    page.get_by_role("link", name="Delete API Key").click()
    expect(page).to_have_url(key_url("delete", ApiKey.objects.get()))


@pytest.mark.parametrize("who", ["editor", "member"])
def test_who_may_not_change_keys_sees_no_buttons(who, open_page, deployment, admin, request):
    create_api_key(deployment, name="CI", by=admin)
    page = open_page(keys_url(deployment), by=request.getfixturevalue(who))

    expect(row(page, "CI")).to_be_visible()
    expect(page.get_by_role("link", name="API Key", exact=True)).not_to_be_attached()
    expect(page.get_by_role("link", name="Edit")).not_to_be_attached()
    expect(page.get_by_text("Issue new secret")).not_to_be_attached()
    expect(page.get_by_role("columnheader", name="Actions")).not_to_be_attached()
