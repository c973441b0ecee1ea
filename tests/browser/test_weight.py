"""What a visit costs on the wire, measured by Chromium against a real server with compressed static files."""

from collections import Counter

import pytest

from tests.browser.steps import sign_in_to

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
    for number in range(25)
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
    signed_in.get_by_role("heading", name="25 API Keys").wait_for()
    context = chromium.new_context(storage_state=before.storage_state())
    page = context.new_page()
    page.address = signed_in.url
    yield page
    context.close()
    before.close()


def visit(page):
    """Open the page; how many bytes of content each address sent, as compressed as they came, without headers."""
    answers, weight = {}, Counter()
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
    assert len(first) > 10  # the page, its styles, scripts and font were all counted
    assert first.total() <= FIRST_VISIT, first
    assert second.total() <= NEXT_VISIT, second
