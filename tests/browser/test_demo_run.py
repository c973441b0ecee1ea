"""A key is made in a running installation; afterwards its secret is in nothing that the installation keeps."""

import base64

import pytest
from playwright.sync_api import expect

from tests.browser.steps import create_key, row, save_secret, shown_secret, sign_in_to
from tests.browser.watch import Watch


@pytest.mark.threat("T-S1")
def test_a_secret_is_in_no_file_and_no_log(chromium, installation):
    watch = Watch(installation.url)
    context = chromium.new_context(base_url=installation.url)
    watch.follow(context)
    page = context.new_page()
    sign_in_to(page, installation, "admin@example.com")
    page.get_by_role("link", name="Data Engineering Workspace").click()
    page.get_by_role("link", name="Development").click()
    create_key(page, "github-actions", "Deploys the main branch")
    secret = shown_secret(page)
    save_secret(page)
    expect(row(page, "github-actions")).to_be_visible()
    page.get_by_role("link", name="Activity").click()
    expect(page.get_by_text("github-actions").first).to_be_visible()
    context.close()

    files = [path for path in installation.directory.rglob("*") if path.is_file()]
    forms = (secret.encode(), base64.b64encode(secret.encode()), secret.encode().hex().encode())
    kept = [path for path in [*files, installation.log] if any(form in path.read_bytes() for form in forms)]
    assert any(b"github-actions" in path.read_bytes() for path in files)  # the key itself is found this way
    assert kept == []
    assert watch.problems == []
