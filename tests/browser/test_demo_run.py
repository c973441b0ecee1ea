"""The product as it runs: what a visit costs on the wire, and that a secret is in nothing that is kept."""

import base64
from collections import Counter

import pytest
from playwright.sync_api import expect

from tests.browser.steps import create_key, row, save_secret, shown_secret, sign_in_to
from tests.browser.watch import Watch

FIRST_VISIT = 60_000
NEXT_VISIT = 10_000

TWENTY_FIVE_KEYS = """
from apikeys.models import ApiKey
from deployments.models import Deployment
deployment = Deployment.objects.get(name="Production")
ApiKey.objects.bulk_create(
    ApiKey(
        deployment=deployment,
        name=f"pipeline-{number}",
        description="Deploys what was merged into the main branch.",
        created_by_name="Adam Admin",
        creation_nonce=f"{number:032}",
    )
    for number in range(25 - deployment.api_key_count)
)
Deployment.objects.filter(pk=deployment.pk).update(api_key_count=25)
"""


@pytest.fixture
def page(chromium, installation):
    """The API Keys page with 25 rows in a browser that has the session and nothing in its cache."""
    installation.manage("shell", "--command", TWENTY_FIVE_KEYS)
    before = chromium.new_context(base_url=installation.url)
    signed_in = before.new_page()
    sign_in_to(signed_in, installation, "admin@example.com")
    signed_in.get_by_role("link", name="Data Engineering Workspace").click()
    signed_in.get_by_role("link", name="Production").click()
    signed_in.get_by_role("link", name="API Keys").click()
    signed_in.get_by_role("heading", name="25 API Keys").wait_for()
    context = chromium.new_context(storage_state=before.storage_state())
    page = context.new_page()
    page.address = signed_in.url
    yield page
    context.close()
    before.close()


def visit(page):
    """Open the page; how many bytes of content each address sent, as compressed as they came, without headers."""
    answers: dict[str, str] = {}
    weight: Counter[str] = Counter()
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")

    session.on(
        "Network.responseReceived", lambda event: answers.update({event["requestId"]: event["response"]})
    )

    def count(event):
        answer = answers[event["requestId"]]
        if event["encodedDataLength"]:  # nothing came by the wire for what the browser still has
            weight[answer["url"]] += event["encodedDataLength"] - answer["encodedDataLength"]

    session.on("Network.loadingFinished", count)
    page.goto(page.address, wait_until="networkidle")
    session.detach()
    return weight


def test_a_first_visit_and_the_next_are_light(page):
    first, second = visit(page), visit(page)

    assert page.get_by_role("row").count() == 26
    assert len(first) > 6  # the page, its style, scripts, icons and font were all counted
    assert first.total() <= FIRST_VISIT, first
    assert second.total() <= NEXT_VISIT, second


@pytest.mark.threat("T-S1")
def test_a_secret_is_in_no_file_and_no_log(chromium, installation):
    watch = Watch(installation.url)
    context = chromium.new_context(base_url=installation.url)
    watch.follow(context)
    page = context.new_page()
    sign_in_to(page, installation, "admin@example.com")
    page.get_by_role("link", name="Data Engineering Workspace").click()
    page.get_by_role("link", name="Development").click()
    page.get_by_role("link", name="API Keys").click()
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
