"""The name under which a request arrives is not believed: nothing is served under another one (T-W11)."""

import re

import pytest

from tests.cast import HX
from tests.house.routes import console, pages, routes
from tests.house.walk import ask

pytestmark = [pytest.mark.django_db, pytest.mark.threat("T-W11")]

PUBLIC_URL = "http://localhost:8871"
EVIL = {"Host": "evil.example"}
CLAIMS = {
    "X-Forwarded-Host": "evil.example",
    "Forwarded": "host=evil.example;proto=https",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Port": "6666",
    "X-Forwarded-Prefix": "/evil",
    "X-Original-URL": "/account/login/",
    "X-Rewrite-URL": "/account/login/",
}
# What differs between any two answers.
OF_THIS_MOMENT = re.compile(rb'name="(csrfmiddlewaretoken|nonce)" value="[^"]*"|<time[^>]*>[^<]*</time>')


def test_no_page_is_served_under_another_name(cast):
    for route in pages():
        role = "operator" if route.is_admin_site else "nobody" if route.needs_no_session else "admin"
        for method in ("GET", "POST"):
            answer = ask(cast.client(role), route.path(cast), method, headers=EVIL)

            assert (answer.status, answer.changes) == (400, ()), f"{method} {route}"
            assert b"PUBLIC_URL" in answer.body, f"{method} {route}"
            assert b"evil" not in answer.body, f"{method} {route}"


def test_no_fragment_either(cast):
    answer = ask(cast.client("admin"), "/", headers={**HX, **EVIL})

    assert answer.status == 400


def test_programs_are_told_so_in_json(cast):
    for route in routes():
        if not route.is_for_programs:
            continue
        for method in ("GET", "POST"):
            answer = ask(cast.client("nobody"), route.path(cast), method, headers=EVIL)

            assert answer.status == 400, f"{method} {route}"
            assert answer.headers["Content-Type"] == "application/json", f"{method} {route}"
            assert b"evil" not in answer.body, f"{method} {route}"


def test_what_only_a_proxy_may_say_changes_nothing(cast):
    for route in [*console(), *(route for route in routes() if route.is_for_programs)]:
        client = cast.client("admin")
        plain, claimed = ask(client, route.path(cast)), ask(client, route.path(cast), headers=CLAIMS)

        assert _compared(claimed) == _compared(plain), str(route)


def test_public_addresses_come_from_the_settings(cast):
    client = cast.client("admin")

    metadata = client.get("/.well-known/oauth-authorization-server").json()

    addresses = [value for value in metadata.values() if isinstance(value, str)]
    assert metadata["issuer"] == PUBLIC_URL
    assert all(address.startswith(PUBLIC_URL) for address in addresses)
    assert len(addresses) > 3


def _compared(answer):
    headers = {name: value for name, value in answer.headers.items() if name != "X-Request-Id"}
    headers.pop("Content-Length", None)
    return answer.status, headers, OF_THIS_MOMENT.sub(b"", answer.body)
