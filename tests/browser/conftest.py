"""Chromium before the real pages: the middleware and the content policy of production, a database in a file.

A test asks for `open_page` and gets pages of the size, colours and person it names. Whatever it is about, it
fails when a page logs an error, breaks the content policy or asks another origin (`watch`).
"""

import os
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from tests.browser.installation import Installation, running
from tests.browser.watch import Watch
from tests.factories import PASSWORD, create_deployment, create_member, create_workspace
from workspaces.models import Role

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
CLIPBOARD = ["clipboard-read", "clipboard-write"]

OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as running:
        # Playwright's event loop runs in the thread of the tests, and Django takes their queries for its own.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        expect.set_options(timeout=10_000)
        yield running


@pytest.fixture(scope="session")
def chromium(playwright) -> Iterator[Browser]:
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    # Set but empty, it means the one that Playwright installed.
    path = os.environ.get("CHROMIUM", "/usr/bin/chromium") or None
    browser = playwright.chromium.launch(
        executable_path=path,
        args=arguments,
        # A person's browser has the cache from which Back brings a page; Playwright switches it off.
        ignore_default_args=["--disable-back-forward-cache"],
    )
    yield browser
    browser.close()


@pytest.fixture
def watch(live_server) -> Watch:
    """What the pages of this test did; `watch.expect(403)` lets an answer with that status pass."""
    return Watch(live_server.url)


@pytest.fixture
def open_page(chromium, live_server, watch) -> Iterator[OpenPage]:
    """A function that opens a page in a browser of its own; the last one closed decides nothing.

    `by` is who is signed in (nobody, unless given; `sign_in` does it through the sign-in page). `size`,
    `scheme` (light, dark) and `javascript` say what kind of browser it is; anything else goes to Playwright.
    """
    contexts = []

    def open_page(path="/", *, by=None, size=DESKTOP, scheme="light", javascript=True, **options) -> Page:
        context = chromium.new_context(
            base_url=live_server.url,
            viewport=size,
            color_scheme=scheme,
            java_script_enabled=javascript,
            **options,
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        watch.follow(context)
        if by is not None:
            context.add_cookies([session_cookie(by, live_server.url)])
        page: Page = context.new_page()
        page.goto(path)
        return page

    yield open_page

    for context in contexts:
        for page in context.pages:
            # A request that a test intercepts may still be under way, an icon's for example.
            page.unroute_all(behavior="ignoreErrors")
        context.close()
    assert watch.problems == []


@pytest.fixture(scope="session")
def installation(tmp_path_factory) -> Iterator[Installation]:
    """The product as it runs outside of tests, for what only then is true."""
    with running(tmp_path_factory.mktemp("installation")) as installation:
        yield installation


@pytest.fixture
def sign_in(live_server) -> Callable[[Page, object], None]:
    """A function that signs a person in through the sign-in page that `page` shows."""

    def sign_in(page, user) -> None:
        page.get_by_label("Email").fill(user.email)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Continue").click()

    return sign_in


def session_cookie(user, url):
    """The cookie of somebody who signed in before the test began."""
    client = Client()
    client.force_login(user)
    return {
        "name": settings.SESSION_COOKIE_NAME,
        "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
        "url": url,
    }


# The cast: one Workspace with one Deployment, and a person for each role in it.


@pytest.fixture
def workspace(live_server):
    return create_workspace(name="Data Engineering Workspace")


@pytest.fixture
def deployment(workspace):
    return create_deployment(workspace=workspace, name="Production")


@pytest.fixture
def admin(workspace):
    return create_member(workspace=workspace, role=Role.ADMIN, email="ada@example.com", full_name="Ada Admin")


@pytest.fixture
def editor(workspace):
    return create_member(
        workspace=workspace, role=Role.EDITOR, email="eve@example.com", full_name="Eve Editor"
    )


@pytest.fixture
def member(workspace):
    return create_member(
        workspace=workspace, role=Role.MEMBER, email="mel@example.com", full_name="Mel Member"
    )
