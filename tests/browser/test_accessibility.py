"""axe finds nothing on any page, light and dark, on a wide screen and on a phone; narrow screens hold long names."""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from apikeys.models import ApiKey, ApiKeyUse, Reason, Refusal
from deployments.models import Deployment
from tests.apikeys.tokens.astro_login import authorize_url
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.steps import REVEAL, create_key, key_url, keys_url, save_secret
from tests.factories import create_api_key, create_grant
from workspaces.models import Workspace

AXE = Axe().axe_script
EVERYTHING = {
    "type": "tag",
    "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
CONTRAST = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}

# Once the colours have arrived where they were going.
RUN = """
async (options) => {
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const transitions = document.getAnimations().filter((one) => one instanceof CSSTransition);
  await Promise.all(transitions.map((one) => one.finished.catch(() => null)));
  scrollTo(0, 0); // or something lies under the bar
  return axe.run(options);
}
"""

SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["1440", "390"])


def look(page):
    """What axe holds against the page, light and then dark, for people to read."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE)
    found = []
    # Nothing but the colours differs in the dark.
    for scheme, rules in (("light", EVERYTHING), ("dark", CONTRAST)):
        page.emulate_media(color_scheme=scheme)
        options = {"runOnly": rules, "resultTypes": ["violations"]}
        found += [
            f"{scheme} {page.url} {rule['id']}: {rule['help']}\n  {node['html']}\n  {node['failureSummary']}"
            for rule in page.evaluate(RUN, options)["violations"]
            for node in rule["nodes"]
        ]
    return found


@SIZES
def test_axe_finds_nothing_on_the_pages(size, open_page, watch, workspace, deployment, admin):
    watch.expect(400, 404)
    key = create_api_key(deployment, name="CI", description="nightly", by=admin).key
    ApiKeyUse.objects.create(key=key, day=timezone.now().date(), count=24)
    Refusal.objects.create(key=key, secret_number=1, reason=Reason.DISABLED)
    create_grant(admin, created_from="203.0.113.7")
    entrance = open_page("/", size=size, reduced_motion="reduce")
    found = look(entrance)
    entrance.goto("/account/password/reset/")
    found += look(entrance)
    page = open_page("/", by=admin, size=size, reduced_motion="reduce")
    for path in (
        "/",
        f"/{workspace.pk}/deployments",
        f"/{workspace.pk}/deployments?view=table",
        f"/{workspace.pk}/deployments/new",
        f"/{workspace.pk}/deployments/{deployment.pk}/activity",
        f"/{workspace.pk}/deployments/{deployment.pk}/delete",
        keys_url(deployment),
        f"{keys_url(deployment)}?q=nothing+like+this",
        f"{keys_url(deployment)}/new",
        *(
            key_url(verb, key)
            for verb in ("open", "use", "refusals", "edit", "delete", "reissue", "disable", "rotate")
        ),
        "/token",
        "/account",
        authorize_url(),
        "/authorize",
        "/account/password/change/",
        "/nothing-here",
    ):
        page.goto(path)
        found += look(page)

    assert not found, "\n".join(found)


@SIZES
def test_axe_finds_nothing_in_the_dialogs(size, open_page, deployment, admin):
    page = open_page(keys_url(deployment), by=admin, size=size, reduced_motion="reduce")
    found = look(page)
    page.get_by_role("link", name="API Key", exact=True).click()
    page.get_by_label("Name").fill("bad\u202ename")
    page.get_by_role("button", name="Create API Key").click()
    expect(page.get_by_label("Name")).to_have_attribute("aria-invalid", "true")
    found += look(page)
    page.keyboard.press("Escape")
    create_key(page, "CI")
    reveal = page.get_by_role("dialog", name=REVEAL)
    reveal.get_by_text("Shell", exact=True).click()
    reveal.get_by_role("button", name="Show Key Secret").click()
    reveal.get_by_role("button", name="Copy Key ID").click()
    found += look(page)
    save_secret(page)
    expect(page.get_by_text("API Key CI was created.")).to_be_visible()
    found += look(page)
    page.get_by_role("link", name="Edit CI").click()
    expect(page.get_by_label("Name")).to_be_visible()
    found += look(page)
    page.get_by_role("link", name="Delete API Key").click()
    page.get_by_label("Type Delete to confirm").fill("delete")
    found += look(page)
    page.keyboard.press("Escape")
    page.get_by_label("Color mode", exact=True).click()
    found += look(page)

    assert not found, "\n".join(found)


def test_long_names_do_not_make_a_narrow_page_scroll_sideways(open_page, workspace, deployment, admin):
    longest = {
        model: {
            field.name: "W" * min(field.max_length or 1000, 1000)
            for field in model._meta.fields
            if field.name in {"name", "description", "full_name", "created_by_name", "updated_by_name"}
        }
        for model in (Workspace, Deployment, ApiKey, type(admin))
    }
    key = create_api_key(deployment, name="CI", by=admin).key
    for row in (workspace, deployment, key, admin):
        vars(row).update(longest[type(row)])
        row.save()
    page = open_page("/", by=admin, size={"width": 360, "height": 740})

    wide = {}
    for path in (
        "/",
        f"/{workspace.pk}/deployments",
        f"/{workspace.pk}/deployments?view=table",
        f"/{workspace.pk}/deployments/new",
        f"/{workspace.pk}/deployments/{deployment.pk}/activity",
        f"/{workspace.pk}/deployments/{deployment.pk}/delete",
        keys_url(deployment),
        f"{keys_url(deployment)}?q={'W' * 100}",
        f"{keys_url(deployment)}?q={'V' * 100}",
        *(key_url(verb, key) for verb in ("open", "use", "refusals", "edit", "delete", "reissue")),
    ):
        page.goto(path)
        wide[path] = page.evaluate("document.documentElement.scrollWidth")
    page.goto(keys_url(deployment))
    page.get_by_role("link", name="Edit").last.click()
    page.get_by_role("link", name="Delete API Key").click()
    expect(page.get_by_label("Type Delete to confirm")).to_be_visible()
    wide["dialog"] = page.evaluate("Math.max(dialog.scrollWidth, document.documentElement.scrollWidth)")

    assert not {path: width for path, width in wide.items() if width > 360}, json.dumps(wide, indent=1)


def test_what_can_be_done_with_a_row_is_in_sight_at_every_width(open_page, deployment, admin):
    create_api_key(deployment, name="github-actions", description="Deploys the main branch", by=admin)
    page = open_page(keys_url(deployment), by=admin)

    for width in (360, 800, 1024, 1280, 1440, 2560):
        page.set_viewport_size({"width": width, "height": 1200})
        for name in ("Issue new secret for github-actions", "Edit github-actions"):
            expect(page.get_by_role("link", name=name)).to_be_in_viewport(ratio=1)


def test_nothing_moves_for_people_who_asked_for_that(open_page, deployment, admin):
    page = open_page(keys_url(deployment), by=admin, reduced_motion="reduce")

    page.get_by_role("link", name="API Key", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()

    moving = page.evaluate(
        "document.getAnimations().filter((one) => one.effect.getComputedTiming().duration > 1).length"
    )
    assert moving == 0


def test_forced_colours_keep_edges_and_the_focus_in_sight(open_page, deployment, admin):
    create_api_key(deployment, name="CI", by=admin)
    page = open_page(keys_url(deployment), by=admin, forced_colors="active")

    page.get_by_role("link", name="API Key", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()

    assert dialog.evaluate("element => getComputedStyle(element).borderTopStyle") == "solid"
    for control in (page.get_by_label("Name"), page.get_by_role("button", name="Create API Key")):
        assert control.evaluate("element => getComputedStyle(element).borderTopStyle") == "solid"
    assert page.get_by_label("Name").evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    icon = page.get_by_role("link", name="Close").locator("svg")
    assert icon.evaluate(
        "e => getComputedStyle(e).stroke !== getComputedStyle(e.closest('header')).backgroundColor"
    )
