"""Deploys by visible labels: upload, be refused, roll back; with and without scripts, on a phone, for a member."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import expect

from deployments.deploys.store import bundles
from deployments.models import Deploy, Deployment
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.steps import row
from tests.deployments.deploys.archives import files, zipped
from tests.deployments.deploys.deploying import agree, read_by_airflow, send
from tests.factories import create_member
from workspaces.principals import principal_for


@pytest.fixture(autouse=True)
def _store(settings, tmp_path):
    settings.DAGS_ROOT = tmp_path / "dags"


def path_of(name, deployment):
    return reverse(f"deployments:{name}", args=[deployment.workspace_id, deployment.pk])


def upload(page, content, description):
    name = "dags.tar.gz"
    page.get_by_label("Archive").set_input_files(
        {"name": name, "mimeType": "application/gzip", "buffer": content}
    )
    page.get_by_label("Description").fill(description)
    page.get_by_role("button", name="Deploy", exact=True).click()


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_an_editor_deploys_and_goes_back(open_page, watch, deployment, editor, javascript, size):
    watch.expect(422)
    page = open_page(path_of("activity", deployment), by=editor, javascript=javascript, size=size)
    page.get_by_role("link", name="Deploys", exact=True).click()
    expect(page.get_by_text("Nothing has been deployed yet.")).to_be_visible()
    expect(page.get_by_text(f"/v1/deployments/{deployment.pk}/deploys")).to_be_visible()

    page.get_by_role("link", name="Deploy", exact=True).click()
    upload(page, b"no archive " * 100, "The first")
    expect(page.get_by_text("The archive is damaged, or is no tar archive.")).to_be_visible()
    expect(page.get_by_label("Description")).to_have_value("The first")
    upload(page, zipped(files({"a.py": b"1"})), "The first")
    expect(row(page, "Current")).to_contain_text("The first")
    # A wrong file in the form is no deploy that failed.
    expect(row(page, "Failed")).to_have_count(0)

    page.get_by_role("link", name="Deploy", exact=True).click()
    upload(page, zipped(files({"a.py": b"2"})), "The second")
    expect(row(page, "Current")).to_contain_text("The second")
    assert read_by_airflow(deployment) == "2"

    row(page, "The first").get_by_role("link", name="Roll back").click()
    page.get_by_label("Description").fill("The second is broken")
    page.get_by_role("button", name="Yes, Continue").click()
    expect(row(page, "Current")).to_contain_text("Roll-back to the DAGs of")
    expect(page.get_by_text("The earlier DAGs are current again.")).to_be_visible()
    assert read_by_airflow(deployment) == "1"
    agree(deployment)


def test_the_button_sleeps_until_a_file_is_chosen(open_page, deployment, editor):
    page = open_page(path_of("deploys", deployment), by=editor)
    page.get_by_role("link", name="Deploy", exact=True).click()
    button = page.get_by_role("dialog").get_by_role("button", name="Deploy", exact=True)
    expect(button).to_be_disabled()
    expect(page.get_by_role("progressbar")).not_to_be_visible()
    page.get_by_label("Archive").set_input_files({"name": "a.tar", "mimeType": "x/y", "buffer": b"x"})
    expect(button).to_be_enabled()


def progress(page, loaded):
    """Have the page believe that so many of 4 MiB were sent, as htmx tells."""
    detail = {"lengthComputable": True, "loaded": loaded << 20, "total": 4 << 20}
    page.locator("form[data-upload]").evaluate(
        "(form, detail) => form.dispatchEvent(new CustomEvent('htmx:xhr:progress', { bubbles: true, detail }))",
        detail,
    )


def test_an_upload_shows_how_far_it_is_and_can_be_cancelled(open_page, watch, deployment, editor):
    watch.expect(0)
    page = open_page(path_of("deploys", deployment), by=editor)
    page.get_by_role("link", name="Deploy", exact=True).click()
    page.route("**/deploys/new", lambda route: None)
    upload(page, zipped(files({"a.py": b"1"})), "The first")
    expect(page.get_by_text("Uploading", exact=True)).to_be_visible()

    for loaded in (1, 3):
        progress(page, loaded)
        expect(page.get_by_text(f"{loaded}.0 of 4.0 MiB")).to_be_visible()
        expect(page.get_by_role("progressbar")).to_have_js_property("value", loaded / 4)
    page.get_by_role("button", name="Cancel upload").click()
    expect(page.get_by_text("The upload was cancelled. Nothing was deployed.")).to_be_visible()
    expect(page.get_by_role("progressbar")).not_to_be_visible()

    # What was chosen and typed is still there. What has arrived is deployed, so it can no longer be cancelled.
    again = page.get_by_role("dialog").get_by_role("button", name="Deploy", exact=True)
    again.click()
    progress(page, 4)
    expect(page.get_by_text("Unpacking", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Cancel upload")).not_to_be_visible()
    page.reload()
    page.unroute("**/deploys/new")
    assert not Deploy.objects.exists()

    page.get_by_role("link", name="Deploy", exact=True).click()
    upload(page, zipped(files({"a.py": b"1"})), "The first")
    expect(row(page, "Current")).to_contain_text("The first")
    assert read_by_airflow(deployment) == "1"


def test_leaving_the_dialog_ends_an_upload(open_page, watch, deployment, editor):
    watch.expect(0)
    page = open_page(path_of("deploys", deployment), by=editor)
    page.get_by_role("link", name="Deploy", exact=True).click()
    page.route("**/deploys/new", lambda route: None)
    upload(page, zipped(files({"a.py": b"1"})), "The first")
    expect(page.get_by_text("Uploading", exact=True)).to_be_visible()

    page.evaluate(
        "document.addEventListener('htmx:sendAbort', () => { document.body.dataset.aborted = ''; })"
    )
    page.keyboard.press("Escape")

    expect(page.locator("body[data-aborted]")).to_have_count(1)
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.unroute("**/deploys/new")
    assert not Deploy.objects.exists()


def test_a_deploy_that_is_on_its_way_shows_by_itself_when_it_ends(open_page, deployment, editor):
    on_its_way = Deploy.objects.create(
        deployment=deployment, version="c" + "9" * 24, made_by_kind="user", made_by_name="Somebody else"
    )
    with bundles.hold(deployment.pk):
        page = open_page(path_of("deploys", deployment), by=editor)
        expect(row(page, "Somebody else")).to_contain_text("Receiving")
    expect(row(page, "Somebody else")).to_contain_text("Interrupted")
    on_its_way.refresh_from_db()
    assert on_its_way.status == "FAILED"


def test_an_editor_is_told_that_only_keys_deploy(open_page, deployment, editor):
    send(principal_for(editor), deployment)
    Deployment.objects.update(ci_cd_enforced=True)
    page = open_page(path_of("deploys", deployment), by=editor)
    expect(page.get_by_text("This Deployment only accepts deploys made with an API key.")).to_be_visible()
    expect(page.get_by_role("link", name="Deploy", exact=True)).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_everybody_can_read_it(open_page, deployment, editor, workspace, scheme, size):
    member = create_member(workspace=workspace)
    send(principal_for(editor), deployment, "1", description="The first")
    send(principal_for(editor), deployment, "2")
    seen = open_page(
        path_of("deploys", deployment), by=member, scheme=scheme, size=size, reduced_motion="reduce"
    )
    expect(row(seen, "The first")).to_contain_text("Succeeded")
    expect(seen.get_by_role("link", name="Roll back")).to_have_count(0)

    page = open_page(
        path_of("deploys", deployment), by=editor, scheme=scheme, size=size, reduced_motion="reduce"
    )
    for name in ("Deploy", "Roll back"):
        assert Axe().run(page).response["violations"] == []
        page.get_by_role("link", name=name, exact=name == "Deploy").first.click()
        expect(page.get_by_role("dialog").get_by_role("heading")).to_be_visible()
        assert Axe().run(page).response["violations"] == []
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
