"""The one look at a secret: nothing takes it away too early, nothing keeps it afterwards, it can always be copied."""

import pytest
from playwright.sync_api import Error, expect

from apikeys.models import ApiKey
from tests.browser.conftest import CLIPBOARD, PHONE
from tests.browser.steps import (
    REVEAL,
    SAVED,
    create_key,
    everything_kept,
    keys_url,
    opens,
    row,
    save_secret,
    shown_secret,
)

NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', {value: undefined});"
# Before any script of the page: whether it came from memory, and with what.
NOTE_PERSISTED = """
addEventListener("pageshow", ({ persisted }) => {
  sessionStorage.persisted = persisted || sessionStorage.persisted === "true";
  if (persisted) sessionStorage.kept = document.documentElement.outerHTML;
});
"""
DENIED = "navigator.clipboard.writeText = async () => { throw new DOMException('denied', 'NotAllowedError') }; null;"
NO_COPYING = "document.execCommand = () => false;"


@pytest.mark.threat("T-R7")
@pytest.mark.threat("T-R11")
def test_no_slip_takes_the_secret_away(open_page, deployment, admin):
    page = open_page(keys_url(deployment), by=admin)
    create_key(page, "CI")
    secret = shown_secret(page)

    for _ in range(3):
        page.keyboard.press("Escape")
    page.mouse.click(5, 450)
    for _ in range(30):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "document.activeElement === document.body || reveal.contains(document.activeElement)"
        )

    expect(page.get_by_role("dialog", name=REVEAL)).to_be_visible()
    assert shown_secret(page) == secret
    assert page.get_by_role("dialog", name=REVEAL).get_by_role("link").count() == 0  # nothing else leads out


@pytest.mark.threat("T-R7")
def test_leaving_with_an_unsaved_secret_asks_first(open_page, deployment, admin):
    page = open_page(keys_url(deployment), by=admin)
    create_key(page, "CI")
    asked: list[str] = []

    def accept(dialog):
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", accept)

    page.reload()

    assert asked == ["beforeunload"]
    expect(page.get_by_role("dialog")).not_to_be_attached()
    expect(row(page, "CI")).to_contain_text("Not confirmed")
    row(page, "CI").get_by_role("link", name="Issue new secret").click()
    page.get_by_role("button", name="Issue new secret").click()
    expect(page.get_by_text("The one shown before no longer works.")).to_be_visible()
    save_secret(page)
    expect(row(page, "CI")).not_to_contain_text("Not confirmed")
    assert asked == ["beforeunload"]


@pytest.mark.threat("T-R1")
@pytest.mark.threat("T-R2")
@pytest.mark.threat("T-R8")
@pytest.mark.threat("T-R10")
def test_once_saved_the_secret_is_nowhere(open_page, watch, deployment, admin):
    page = open_page(keys_url(deployment), by=admin)
    create_key(page, "CI")
    secret = shown_secret(page)
    page.get_by_role("button", name="Show Key Secret").click()
    for snippet in page.get_by_role("dialog").locator("summary").all():
        snippet.click()
    typed = page.evaluate("[...document.querySelectorAll('input, textarea')].map(field => field.value)")
    assert secret not in " ".join(typed)

    save_secret(page)
    expect(row(page, "CI")).to_be_focused()
    kept = [everything_kept(page)]
    page.get_by_role("link", name="Activity").click()
    kept.append(everything_kept(page))
    page.get_by_role("link", name="Deployments").first.click()
    kept.append(everything_kept(page))
    for go in (page.go_back, page.go_back, page.go_forward, page.reload):
        go()
        kept.append(everything_kept(page))

    assert not [place for place in kept if secret in place]
    assert not [address for address in watch.addresses() if secret in address]
    assert "htmx-history-cache" not in "".join(kept)


@pytest.mark.threat("T-R2")
@pytest.mark.parametrize("keeps", [False, True], ids=["no-store kept out", "everything kept"])
def test_back_from_the_browsers_memory_brings_no_secret(keeps, open_page, deployment, admin):
    """Chromium keeps no page that a script loaded `no-store` into; other browsers do."""
    page = open_page(by=admin)
    page.on("dialog", lambda dialog: dialog.accept())
    page.add_init_script(NOTE_PERSISTED)
    if keeps:
        page.route("**/*", _without_cache_control)
    page.goto(keys_url(deployment))
    create_key(page, "CI")
    secret = shown_secret(page)

    page.goto("/")
    page.evaluate("history.back()")

    expect(row(page, "CI")).to_be_visible()
    expect(page.get_by_role("dialog")).not_to_be_attached()
    assert page.evaluate("sessionStorage.persisted") == ("true" if keeps else "false")
    assert secret not in page.evaluate("sessionStorage.kept ?? ''")
    assert secret not in everything_kept(page)


def test_the_ready_pieces_are_copied_whole_and_only_a_file_gets_the_secret(
    open_page, deployment, admin, settings
):
    settings.ASTRO_DOMAIN = "cloudui-localhost.example.com"
    page = open_page(keys_url(deployment), by=admin, size=PHONE, permissions=CLIPBOARD)
    create_key(page, "CI")
    key, secret = ApiKey.objects.get(), shown_secret(page)
    reveal = page.get_by_role("dialog", name=REVEAL)

    titles = reveal.locator("details.snippet > summary").all_inner_texts()
    assert titles == [
        "astro CLI", "Shell", ".env file", "GitHub Actions", "CircleCI", "curl: get an access token and use it",
    ]  # fmt: skip
    for title in titles:
        reveal.get_by_text(title, exact=True).click()
        reveal.get_by_role("button", name=f"Copy {title}").click()
        expect(reveal.get_by_role("button", name=f"Copy {title}")).to_have_attribute("data-copied", "")
        copied = page.evaluate("navigator.clipboard.readText()")
        assert key.pk in copied
        assert (secret in copied) == (title == ".env file")


@pytest.mark.threat("T-R9")
@pytest.mark.parametrize("spoil", [NO_CLIPBOARD, DENIED], ids=["undefined", "denied"])
def test_without_the_clipboard_the_older_way_copies(spoil, open_page, deployment, admin):
    page = open_page(keys_url(deployment), by=admin, permissions=CLIPBOARD)
    page.evaluate(spoil)
    create_key(page, "CI")
    secret = shown_secret(page)

    copy = page.get_by_role("button", name="Copy Key Secret")
    copy.click()

    expect(copy).to_have_attribute("data-copied", "")
    expect(page.locator("#reveal-key-secret")).to_have_attribute("data-concealed", "")
    other = page.context.new_page()
    other.goto("/")
    assert other.evaluate("navigator.clipboard.readText()") == secret


@pytest.mark.threat("T-R9")
def test_where_nothing_may_be_copied_the_secret_is_selected_and_the_keys_are_named(
    open_page, deployment, admin
):
    page = open_page(keys_url(deployment), by=admin)
    page.evaluate(NO_CLIPBOARD + NO_COPYING)
    create_key(page, "CI")

    page.get_by_role("button", name="Copy Key Secret").click()

    expect(page.get_by_role("status").filter(has_text="Ctrl+C")).to_be_visible()
    expect(page.get_by_role("button", name="Copy Key Secret")).not_to_have_attribute("data-copied", "")
    assert page.evaluate("String(getSelection())") == shown_secret(page)
    expect(page.get_by_role("button", name="Show Key Secret")).to_have_attribute("aria-pressed", "true")


@pytest.mark.threat("T-R11")
def test_the_secret_stands_behind_dots_until_it_is_asked_for(open_page, deployment, admin):
    page = open_page(keys_url(deployment), by=admin)
    create_key(page, "CI")
    value, show = page.locator("#reveal-key-secret"), page.get_by_role("button", name="Show Key Secret")

    expect(value).to_have_css("-webkit-text-security", "disc")
    show.click()
    expect(value).to_have_css("-webkit-text-security", "none")
    show.click()
    expect(value).to_have_css("-webkit-text-security", "disc")


def test_a_secret_replaced_in_another_tab_is_not_confirmed(open_page, deployment, admin):
    page = open_page(keys_url(deployment), by=admin)
    create_key(page, "CI")
    other = page.context.new_page()
    other.goto(keys_url(deployment))
    row(other, "CI").get_by_role("link", name="Issue new secret").click()
    other.get_by_role("button", name="Issue new secret").click()
    expect(other.get_by_role("button", name=SAVED)).to_be_visible()

    page.get_by_role("button", name=SAVED).click()

    dialog = page.get_by_role("dialog", name="This secret was replaced")
    expect(dialog).to_contain_text("Nothing was confirmed.")
    assert not ApiKey.objects.get().is_confirmed
    dialog.get_by_role("link", name="Back to API Keys").click()
    expect(row(page, "CI")).to_contain_text("Not confirmed")
    save_secret(other)
    expect(row(other, "CI")).not_to_contain_text("Not confirmed")


@pytest.mark.threat("T-R4")
def test_a_page_sent_again_during_the_reveal_shows_a_new_secret_of_the_same_key(open_page, deployment, admin):
    page = open_page(keys_url(deployment), by=admin, javascript=False)
    create_key(page, "CI")
    first = shown_secret(page)

    page.reload()

    expect(page.get_by_text("The one shown before no longer works.")).to_be_visible()
    second, key = shown_secret(page), ApiKey.objects.get()
    assert second != first
    assert opens(second, key)
    assert not opens(first, key)


@pytest.mark.threat("T-R2")
@pytest.mark.threat("T-R4")
def test_without_scripts_back_does_not_bring_the_secret_back(open_page, deployment, admin):
    page = open_page(keys_url(deployment), by=admin, javascript=False)
    create_key(page, "CI")
    secret = shown_secret(page)
    save_secret(page)
    expect(row(page, "CI")).to_be_visible()

    with pytest.raises(Error, match="ERR_CACHE_MISS"):  # Chromium asks whether to send the form again
        page.go_back()

    expect(page.locator("body")).not_to_contain_text(secret)
    assert ApiKey.objects.count() == 1


def _without_cache_control(route):
    answer = route.fetch(max_redirects=0)
    headers = {name: value for name, value in answer.headers.items() if name != "cache-control"}
    route.fulfill(response=answer, headers=headers)
