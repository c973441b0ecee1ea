"""`astro login` in the browser: sign in, see what asks, allow or cancel, and be back at the terminal."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.apikeys.tokens.astro_login import authorize_url, exchange_code
from tests.browser.conftest import DESKTOP, PHONE
from tests.factories import create_grant

ASKED = "Allow the astro CLI?"
# Where the client sends the browser afterwards.
ELSEWHERE = "https://auth.astronomer.io/device/success"


@pytest.fixture
def terminal() -> Iterator[Queue[dict[str, str]]]:
    """What reaches the address at which the client listens; it answers as the client does."""
    found: Queue[dict[str, str]] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            assert url.path == "/callback"
            found.put({name: value for name, [value] in parse_qs(url.query).items()})
            self.send_response(302)
            self.send_header("Location", ELSEWHERE)
            self.end_headers()

        def log_message(self, *_args: object) -> None: ...

    server = ThreadingHTTPServer(("localhost", 12345), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture
def arrived(watch, terminal) -> Queue[dict[str, str]]:
    """The same, in a test whose form may lead there."""
    watch.expect_origin("http://localhost:12345")
    return terminal


@pytest.mark.parametrize(
    ("javascript", "size", "scheme"),
    [(True, DESKTOP, "light"), (True, PHONE, "dark"), (False, DESKTOP, "dark"), (False, PHONE, "light")],
)
def test_a_person_signs_in_and_allows_it(
    open_page, sign_in, watch, arrived, member, javascript, size, scheme
):
    page = open_page(authorize_url(state="abc"), javascript=javascript, size=size, scheme=scheme)
    sign_in(page, member)
    expect(page.get_by_role("heading", name=ASKED)).to_be_visible()
    expect(page.get_by_text("Mel Member, mel@example.com")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]

    page.get_by_role("button", name="Allow").click()

    if javascript:
        expect(page.get_by_role("heading", name="Your answer was sent")).to_be_visible()
        expect(page.get_by_role("button", name="Allow")).to_be_hidden()
    answer = arrived.get(timeout=10)
    assert (answer["state"], answer["iss"]) == ("abc", "http://localhost:8871")
    assert exchange_code(answer["code"]).status_code == 200
    assert not [address for address in watch.addresses() if address.startswith("https:")]


def test_cancel_reaches_the_terminal_too(open_page, arrived, member):
    page = open_page(authorize_url(), by=member)

    page.get_by_role("button", name="Cancel").click()

    expect(page.get_by_role("heading", name="Your answer was sent")).to_be_visible()
    assert arrived.get(timeout=10)["error"] == "access_denied"


def test_a_sign_in_is_ended_on_the_account_page(open_page, member):
    create_grant(member, created_from="203.0.113.7")
    page = open_page("/account", by=member)
    expect(page.get_by_text("from 203.0.113.7")).to_be_visible()

    page.get_by_role("button", name="End").click()

    expect(page.get_by_text("The sign-in of the astro CLI was ended.")).to_be_visible()
    expect(page.get_by_text("No machine is signed in as you")).to_be_visible()
