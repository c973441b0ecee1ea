"""The Deployment file in the browser: downloaded, corrected, previewed and applied, with and without scripts."""

import json
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from deployments.details.alert_emails import set_alert_emails
from deployments.models import Deployment, EnvironmentVariable
from deployments.queues.service import QueueInput, replace_queues
from deployments.variables.service import VariableInput, read_value, save_variables
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.steps import everything_kept
from tests.browser.test_accessibility import look
from workspaces.principals import principal_for

MISTAKEN = """\
environment_variables:
  - key: LOG_LEVEL
    value: debug
  - key: PASSWORD
    is_secret: true
    value: hunter2
configuration:
  nmae: Live
worker_queues:
  - {name: default, worker_type: small}
"""
CORRECT = MISTAKEN.replace("nmae", "name")
WAYS = pytest.mark.parametrize(
    ("size", "javascript"),
    [(DESKTOP, True), (PHONE, True), (PHONE, False)],
    ids=["wide", "phone", "no-script"],
)


@pytest.fixture
def filled(deployment, editor):
    """A Deployment with something to delete in every section."""
    principal = principal_for(editor)
    save_variables(
        principal,
        deployment,
        [
            VariableInput("LOG_LEVEL", "info"),
            VariableInput("OLD", "1"),
            VariableInput("TOKEN", "stored-secret", is_secret=True),
        ],
    )
    replace_queues(
        principal,
        deployment,
        [QueueInput("default", "small", 0, 10, 16), QueueInput("heavy", "small", 1, 2, 4)],
    )
    set_alert_emails(principal, deployment, ["team@example.com"])
    return deployment


def details_url(deployment):
    return reverse("deployments:details", args=[deployment.workspace_id, deployment.pk])


@WAYS
def test_a_mistake_is_corrected_and_the_file_applied(size, javascript, open_page, watch, filled, editor):
    watch.expect(422)
    page = open_page(details_url(filled), by=editor, size=size, javascript=javascript)

    page.get_by_role("link", name="Apply file").click()
    page.get_by_label("Deployment file").fill(MISTAKEN)
    page.get_by_role("button", name="Preview changes").click()

    expect(page.get_by_text("1 thing to correct.")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="configuration.nmae")).to_contain_text(
        "Did you mean “name”?"
    )
    # With scripts what was typed stays in the browser; without, nothing that may be a secret comes back.
    expect(page.get_by_label("Deployment file")).to_have_value(MISTAKEN if javascript else "")
    expect(page.get_by_text("The text is not shown again")).to_be_visible(visible=not javascript)

    page.get_by_label("Deployment file").fill(CORRECT)
    page.get_by_role("button", name="Preview changes").click()

    expect(page.get_by_role("heading", name="6 changes")).to_be_visible()
    expect(page.get_by_text("This deletes 2 environment variables and 1 worker queue.")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="heavy")).to_contain_text("Deleted")
    assert "hunter2" not in everything_kept(page)
    assert Deployment.objects.get(pk=filled.pk).name == "Production"

    page.get_by_role("button", name="Apply changes").click()

    expect(page.get_by_text("The Deployment file was applied: 6 changes.")).to_be_visible()
    expect(page).to_have_url(details_url(filled))
    assert Deployment.objects.get(pk=filled.pk).name == "Live"
    assert read_value(EnvironmentVariable.objects.get(key="PASSWORD")) == "hunter2"


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no-script"])
def test_what_is_downloaded_can_be_applied_again(javascript, open_page, filled, editor, tmp_path):
    page = open_page(details_url(filled), by=editor, javascript=javascript)
    for form in ("YAML", "JSON"):
        page.get_by_text("Download file").click()
        with page.expect_download() as started:
            page.get_by_role("link", name=form, exact=True).click()
        path = tmp_path / started.value.suggested_filename
        started.value.save_as(path)
        assert "stored-secret" not in path.read_text()
        assert path.name == f"{filled.release_name}.{form.lower()}"

        page.get_by_role("link", name="Apply file").click()
        page.get_by_label("Or choose a file").set_input_files(path)
        page.get_by_role("button", name="Preview changes").click()
        expect(page.get_by_role("heading", name="No changes")).to_be_visible()
        page.get_by_role("link", name="Cancel").click()
    assert json.loads(Path(path).read_text())["deployment"]["configuration"]["name"] == "Production"


def test_the_preview_says_where_it_is(open_page, filled, editor):
    page = open_page(f"{details_url(filled)}/apply", by=editor)
    page.get_by_label("Deployment file").fill("configuration: {name: Live}")
    page.get_by_role("button", name="Preview changes").click()

    expect(page.get_by_role("heading", name="1 change")).to_be_focused()
    page.get_by_role("button", name="Back to the file").click()
    expect(page.get_by_label("Deployment file")).to_have_value("configuration: {name: Live}")


def test_a_member_only_downloads(open_page, filled, member):
    page = open_page(details_url(filled), by=member)

    expect(page.get_by_text("Download file")).to_be_visible()
    expect(page.get_by_role("link", name="Apply file")).to_have_count(0)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["1440", "390"])
def test_axe_finds_nothing(size, open_page, watch, filled, editor):
    watch.expect(422)
    page = open_page(f"{details_url(filled)}/apply", by=editor, size=size, reduced_motion="reduce")
    page.get_by_label("Deployment file").fill(MISTAKEN.replace("hunter2", ""))
    page.get_by_role("button", name="Preview changes").click()
    expect(page.get_by_text("to correct.")).to_be_visible()
    found = look(page)
    page.get_by_label("Deployment file").fill(CORRECT)
    page.get_by_role("button", name="Preview changes").click()
    expect(page.get_by_role("heading", name="6 changes")).to_be_visible()
    found += look(page)

    assert found == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
