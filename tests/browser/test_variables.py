"""Environment variables by visible labels: add, edit, delete, merge, import; with and without scripts."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import expect

from deployments.models.variable import EnvironmentVariable
from deployments.variables.service import VariableInput, read_value, save_variables
from tests.browser.conftest import DESKTOP, PHONE
from workspaces.principals import principal_for


def path_of(name, deployment):
    return reverse(f"deployments:{name}", args=[deployment.workspace_id, deployment.pk])


def stored():
    return {row.key: (read_value(row), row.is_secret) for row in EnvironmentVariable.objects.all()}


def type_new(page, key, value, *, secret=False):
    page.get_by_label("Key of a new variable").fill(key)
    page.get_by_label("Value of a new variable").fill(value)
    if secret:
        page.get_by_label("Secret? New variable").check()


def save(page):
    page.get_by_role("button", name="Save Variables").click()


@pytest.fixture
def some(deployment, editor):
    return save_variables(
        principal_for(editor),
        deployment,
        [VariableInput("REGION", "eu-central"), VariableInput("TOKEN", "s3cret-value", is_secret=True)],
    )


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_an_editor_adds_changes_and_deletes(open_page, deployment, editor, javascript, size):
    page = open_page(path_of("variables", deployment), by=editor, javascript=javascript, size=size)
    expect(page.get_by_text("No variables have been added yet.")).to_be_visible()
    page.get_by_role("link", name="Edit Variables").click()

    type_new(page, "REGION", "eu-central")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_label("Key", exact=True)).to_have_value("REGION")
    type_new(page, "TOKEN", "s3cret-value", secret=True)
    save(page)

    expect(page.get_by_text("The variables were saved.")).to_be_visible()
    expect(page.get_by_role("heading", name="2 Variables")).to_be_visible()
    expect(page.get_by_role("link", name="Variables 2")).to_have_attribute("aria-current", "page")
    assert stored() == {"REGION": ("eu-central", False), "TOKEN": ("s3cret-value", True)}
    assert "s3cret-value" not in page.content()

    page.get_by_role("link", name="Edit Variables").click()
    page.get_by_label("Value of REGION").fill("one\ntwo")
    page.get_by_label("Delete TOKEN").check()
    save(page)

    expect(page.get_by_role("heading", name="1 Variable", exact=True)).to_be_visible()
    assert stored() == {"REGION": ("one\ntwo", False)}


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])
def test_an_error_stands_beside_its_row_and_the_typed_secret_is_kept(open_page, some, editor, javascript):
    page = open_page(path_of("variables", some), by=editor, javascript=javascript)
    page.get_by_role("link", name="Edit Variables").click()
    page.get_by_label("Value of TOKEN").fill("another-secret")
    type_new(page, "PATH", "/tmp")
    save(page)

    expect(page.get_by_text("PATH is reserved")).to_be_visible()
    expect(page.get_by_label("Value of TOKEN")).to_have_value("")
    assert "another-secret" not in page.content()
    page.get_by_label("Key", exact=True).fill("MY_PATH")
    save(page)

    expect(page.get_by_text("The variables were saved.")).to_be_visible()
    assert stored()["TOKEN"] == ("another-secret", True)
    assert stored()["MY_PATH"] == ("/tmp", False)


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize(("choice", "kept"), [("Mine", "mine"), ("There now", "theirs")])
def test_two_editors_at_once(open_page, some, editor, admin, javascript, choice, kept):
    page = open_page(path_of("variables", some), by=editor, javascript=javascript)
    page.get_by_role("link", name="Edit Variables").click()
    page.get_by_label("Value of REGION").fill("mine")
    save_variables(
        principal_for(admin),
        some,
        [
            VariableInput("REGION", "theirs"),
            VariableInput("TOKEN", None, is_secret=True),
            VariableInput("ADDED", "1"),
        ],
    )
    save(page)

    expect(page.get_by_text("Somebody saved the variables while you were editing them.")).to_be_visible()
    expect(page.get_by_text("Added meanwhile")).to_be_visible()
    expect(page.get_by_text("theirs", exact=True)).to_be_visible()
    page.get_by_label(choice).check()
    save(page)

    expect(page.get_by_role("heading", name="3 Variables")).to_be_visible()
    assert stored()["REGION"] == (kept, False)


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])
def test_a_pasted_file_is_looked_at_before_it_is_saved(open_page, some, editor, javascript):
    page = open_page(path_of("variables", some), by=editor, javascript=javascript)
    page.get_by_role("link", name="Edit Variables").click()
    page.get_by_role("link", name="Import .env").click()
    page.get_by_label("Or paste its content").fill("REGION=us\nTOKEN=new-secret\nNEW='a b'\n")
    page.get_by_role("button", name="Preview").click()

    expect(page.get_by_label("Value of REGION")).to_have_value("us")
    expect(page.get_by_label("Value of NEW")).to_have_value("a b")
    assert stored()["REGION"] == ("eu-central", False)
    save(page)

    expect(page.get_by_role("heading", name="3 Variables")).to_be_visible()
    assert stored() == {"REGION": ("us", False), "TOKEN": ("new-secret", True), "NEW": ("a b", False)}


@pytest.mark.parametrize("link", ["Cancel", "Import .env"])
def test_what_was_typed_is_not_thrown_away_without_asking(open_page, some, editor, link):
    page = open_page(path_of("variables", some), by=editor)
    page.get_by_role("link", name="Edit Variables").click()
    expect(page.get_by_role("button", name="Save Variables")).to_be_disabled()
    type_new(page, "NEW", "1")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_label("Key of a new variable")).to_be_focused()
    asked = []

    def stay(dialog):
        asked.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", stay)

    page.get_by_role("link", name=link).click()

    expect(page.get_by_role("dialog")).to_be_visible()
    assert asked == ["Discard your changes?"]
    expect(page.get_by_label("Value of NEW")).to_have_value("1")


def test_an_export_is_downloaded(open_page, some, member):
    page = open_page(path_of("variables", some), by=member)
    expect(page.get_by_role("link", name="Edit Variables")).to_have_count(0)

    with page.expect_download() as download:
        page.get_by_role("link", name="Export .env").click()

    assert download.value.suggested_filename == f"{some.release_name}.env"
    assert "REGION=eu-central" in download.value.path().read_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_page(open_page, some, editor, scheme, size):
    save_variables(
        principal_for(editor),
        some,
        [
            VariableInput("K" * 255, "v" * 2000),
            VariableInput("TOKEN", None, is_secret=True),
            VariableInput("REGION", "a\nb"),
        ],
    )
    page = open_page(path_of("variables", some), by=editor, scheme=scheme, size=size, reduced_motion="reduce")
    for name in ("variables", "edit_variables", "import_variables"):
        page.goto(path_of(name, some))
        violations = Axe().run(page).response["violations"]
        assert [(found["id"], found["nodes"][0]["html"]) for found in violations] == [], name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    page.goto(path_of("edit_variables", some))
    save_variables(
        principal_for(editor),
        some,
        [VariableInput("TOKEN", None, is_secret=True), VariableInput("REGION", "c")],
    )
    page.get_by_label("Value of REGION").fill("mine")
    save(page)
    expect(page.get_by_text("Somebody saved the variables")).to_be_visible()
    assert Axe().run(page).response["violations"] == []
