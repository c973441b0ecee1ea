"""By keyboard only: everything can be reached, where one is can be seen, and closing leads back."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from apikeys.models import ApiKey
from tests.browser.conftest import CLIPBOARD
from tests.browser.steps import REVEAL, SAVED, SECRET, keys_url, row
from tests.factories import PASSWORD, create_api_key, create_deployment

MOST_STOPS = 60

# What the focused element looks like, and whether something lies over it.
FOCUS = """
() => {
  const element = document.activeElement;
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  const over = document.elementFromPoint(
    Math.min(Math.max(box.x + box.width / 2, 0), innerWidth - 1),
    Math.min(Math.max(box.y + Math.min(box.height / 2, 20), 0), innerHeight - 1),
  );
  return {
    what: element.outerHTML.slice(0, 120),
    isBody: element === document.body,
    hasRing: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    isCovered: !(element.contains(over) || over?.contains(element)),
  };
}
"""


def tab_to(page: Page, wanted):
    """Press Tab until `wanted` has the focus; every stop on the way must be visible as one."""
    for _ in range(MOST_STOPS):
        if wanted.count() == 1 and wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUS)
        assert stop["isBody"] or (stop["hasRing"] and not stop["isCovered"]), stop
    raise AssertionError(f"{MOST_STOPS} stops, and none is {wanted}")


def sign_in_by_keyboard(page, person):
    tab_to(page, page.get_by_label("Email"))
    page.keyboard.type(person.email)
    tab_to(page, page.get_by_label("Password", exact=True))
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")


def test_a_key_is_made_saved_edited_and_deleted(open_page, deployment, admin):
    page = open_page(permissions=CLIPBOARD)
    sign_in_by_keyboard(page, admin)
    expect(page.get_by_role("heading", name="Your Workspaces")).to_be_visible()
    tab_to(page, page.get_by_role("link", name="Data Engineering Workspace"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Deployments", exact=True)).to_be_visible()
    tab_to(page, page.get_by_role("link", name="Production"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="0 API Keys")).to_be_visible()

    tab_to(page, page.get_by_role("link", name="API Key", exact=True))
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type("github-actions")
    tab_to(page, page.get_by_label("Description"))
    page.keyboard.type("Deploys")
    tab_to(page, page.get_by_role("button", name="Create API Key"))
    page.keyboard.press("Space")

    reveal = page.get_by_role("dialog", name=REVEAL)
    expect(reveal).to_be_visible()
    tab_to(page, reveal.get_by_role("button", name="Show Key Secret"))
    page.keyboard.press("Space")
    expect(page.locator("#reveal-key-secret")).not_to_have_attribute("data-concealed", "")
    tab_to(page, reveal.get_by_role("button", name="Copy Key Secret"))
    page.keyboard.press("Enter")
    expect(reveal.get_by_role("button", name="Copy Key Secret")).to_have_attribute("data-copied", "")
    assert SECRET.fullmatch(page.evaluate("navigator.clipboard.readText()"))
    tab_to(page, reveal.get_by_role("button", name=SAVED))
    page.keyboard.press("Enter")
    expect(row(page, "github-actions")).to_be_focused()

    tab_to(page, page.get_by_role("link", name="Edit github-actions"))
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("circleci")
    page.keyboard.press("Enter")
    expect(row(page, "circleci")).to_be_focused()

    tab_to(page, page.get_by_role("link", name="Edit circleci"))
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name")).to_be_focused()
    tab_to(page, page.get_by_role("link", name="Delete API Key"))
    page.keyboard.press("Enter")
    expect(page.get_by_label("Type Delete to confirm")).to_be_focused()
    page.keyboard.type("Delete")
    tab_to(page, page.get_by_role("button", name="Yes, Continue"))
    page.keyboard.press("Space")
    expect(page.get_by_role("heading", name="0 API Keys")).to_be_focused()
    assert not ApiKey.objects.exists()


def press(page, name, role="link"):
    tab_to(page, page.get_by_role(role, name=name, exact=True))
    page.keyboard.press("Enter")


def test_a_key_is_looked_at_rotated_ended_disabled_and_enabled(open_page, deployment, admin):
    create_api_key(deployment, name="CI", by=admin)
    page = open_page(keys_url(deployment), by=admin)
    panel = page.get_by_role("dialog")

    press(page, "CI")
    for part, heading in {"Use": "Addresses and clients", "Overview": "Secrets"}.items():
        press(page, part)
        expect(panel.get_by_role("heading", name=heading)).to_be_visible()
    press(page, "Settings")
    expect(page.get_by_label("Name")).to_be_focused()
    press(page, "Rotate Secret")
    expect(page.get_by_role("radio", name="In 24 hours")).to_be_visible()
    press(page, "Rotate Secret", "button")
    expect(page.get_by_role("dialog", name=REVEAL)).to_be_visible()
    press(page, SAVED, "button")
    expect(row(page, "CI")).to_be_focused()
    expect(row(page, "CI")).to_contain_text("Rotating")

    press(page, "CI")
    press(page, "End now")
    expect(panel.get_by_role("heading", name="End previous secret")).to_be_visible()
    press(page, "End now", "button")
    expect(row(page, "CI")).to_be_focused()
    expect(row(page, "CI")).to_contain_text("Active")

    for verb, status in (("Disable API Key", "Disabled"), ("Enable API Key", "Active")):
        press(page, "Edit CI")
        expect(page.get_by_label("Name")).to_be_focused()
        press(page, verb, "link" if status == "Disabled" else "button")
        if status == "Disabled":
            expect(panel.get_by_text("is refused from its next request on")).to_be_visible()
            press(page, verb, "button")
        expect(row(page, "CI")).to_be_focused()
        expect(row(page, "CI")).to_contain_text(status)


# Enter on the field the moment it has the focus: no person is that fast, a password manager or a busy machine is.
SEND_AT_ONCE = """
() => document.addEventListener("focusin", ({ target }) => setTimeout(() => {
  if (target.name !== "name") return;
  target.value = "circleci";
  target.form.requestSubmit();
}))
"""


def test_a_dialog_that_has_the_focus_can_be_sent(open_page, deployment, admin):
    create_api_key(deployment, name="CI", by=admin)
    page = open_page(keys_url(deployment), by=admin)
    page.evaluate(SEND_AT_ONCE)

    with page.expect_response(lambda response: response.request.method == "POST") as answer:
        page.get_by_role("link", name="Edit CI").press("Enter")

    assert answer.value.request.headers.get("hx-request") == "true"
    expect(row(page, "circleci")).to_be_focused()
    assert ApiKey.objects.get().name == "circleci"


def test_closing_a_dialog_leads_back_to_what_opened_it(open_page, deployment, admin):
    create_api_key(deployment, name="CI", by=admin)
    page = open_page(keys_url(deployment), by=admin)
    new, edit = page.get_by_role("link", name="API Key", exact=True), page.get_by_role("link", name="Edit CI")

    for opener in (new, edit):
        opener.press("Enter")
        expect(page.get_by_role("dialog")).to_be_visible()
        page.keyboard.press("Escape")
        expect(opener).to_be_focused()
        opener.press("Enter")
        expect(page.get_by_role("dialog")).to_be_visible()
        tab_to(page, page.get_by_role("dialog").get_by_role("link", name="Cancel"))
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog")).not_to_be_attached()
        expect(opener).to_be_focused()
        opener.press("Enter")
        expect(page.get_by_role("dialog")).to_be_visible()
        page.mouse.click(5, 450)
        expect(page.get_by_role("dialog")).not_to_be_attached()
        expect(opener).to_be_focused()
    assert ApiKey.objects.count() == 1


def test_every_stop_of_a_page_can_be_seen_and_the_first_skips_to_the_content(open_page, deployment, admin):
    create_api_key(deployment, name="CI", by=admin)
    page = open_page(keys_url(deployment), by=admin)

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to content")).to_be_in_viewport()
    tab_to(page, page.get_by_role("link", name="Edit CI"))
    page.get_by_role("link", name="Skip to content").press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.getElementById('main').contains(document.activeElement)")


def test_a_menu_opens_and_closes_and_gives_the_focus_back(open_page, deployment, admin):
    page = open_page(keys_url(deployment), by=admin)
    menu = page.get_by_label("Color mode", exact=True)

    menu.press("Enter")
    expect(page.get_by_role("button", name="Dark")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")

    expect(page.get_by_role("button", name="Dark")).to_be_hidden()
    expect(menu).to_be_focused()


@pytest.mark.parametrize("place", ["padding", "words"])
def test_a_click_inside_a_menu_beside_its_choices_leaves_it_open(open_page, workspace, admin, place):
    page = open_page(reverse("workspaces:details", args=[workspace.pk]), by=admin)
    create_deployment(workspace=workspace)
    page.reload()
    page.get_by_label("More actions").click()
    words = page.get_by_text("Not while it has Deployments.")

    if place == "words":
        words.click()
    else:
        page.locator("main .menu__panel").click(position={"x": 3, "y": 3})

    expect(words).to_be_visible()
    page.keyboard.press("Escape")
    expect(words).to_be_hidden()
    page.get_by_label("More actions").click()
    page.locator("main").click(position={"x": 300, "y": 700})
    expect(words).to_be_hidden()
