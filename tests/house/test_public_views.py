"""The doors that need no sign-in are exactly these; behind every other one nobody sees anything.

The health checks /healthz and /readyz are answered before the routes (cloudui.web.middleware).
"""

import json

import pytest

from cloudui.web.api import MACHINE_PATHS
from tests.cast import HX, ROLES
from tests.house.routes import pages, routes
from tests.house.walk import Question

pytestmark = pytest.mark.django_db

PUBLIC_PAGES = {
    "account_login",
    "account_logout",
    "account_inactive",
    "account_signup",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    # It only sends on to account_login.
    "admin:login",
    # The REST interface described for people; nothing in it is secret.
    "rest:docs",
}

# These prove their caller themselves, by a key's credentials, or publish what everybody may know.
PUBLIC_API = {
    "oauth:token",
    "oauth:token_with_slash",
    "oauth:introspect",
    "oauth:revoke",
    "oauth:revoke_leaked",
    "oauth:metadata",
    "oauth:jwks",
    "astro:auth_config",
    "astro:hub_auth_config",
    "astro:cli_auth_config",
    "rest:openapi",
}

METHOD_NOT_ALLOWED = 405


def test_the_pages_that_need_no_sign_in_are_exactly_these():
    assert {route.name for route in pages() if route.needs_no_session} == PUBLIC_PAGES


def test_the_api_routes_that_need_no_token_are_exactly_these():
    public = {route.name for route in routes() if route.is_for_programs and route.view.accepts is None}

    assert public == PUBLIC_API


def test_what_lies_below_the_machine_paths_was_made_by_the_api_and_nothing_else_was():
    for route in routes():
        if route.name == "rest:docs":
            # The one page among them, beside what it describes.
            continue
        # One that begins with what varies is asked for at one of its addresses.
        address = str(route).replace("<earlier:base>", "platform/v1beta1")
        assert address.startswith(MACHINE_PATHS) == route.is_for_programs, str(route)


def test_only_api_routes_go_without_csrf_tokens():
    exempt = [route for route in routes() if getattr(route.view, "csrf_exempt", False)]

    assert [str(route) for route in exempt] == [str(route) for route in routes() if route.is_for_programs]


def test_every_other_page_sends_nobody_to_the_sign_in_page_and_then_back(cast):
    nobody = cast.client("nobody")
    for route in _closed_pages():
        response = nobody.get(route.path(cast), {"q": "1"})

        assert response.status_code == 302, str(route)
        to, _, query = response["Location"].partition("?next=")
        # The admin site's own door sends on to the same page.
        assert to == "/account/login/" or (route.is_admin_site and to == "/admin/login/"), str(route)
        assert query == f"{route.path(cast)}%3Fq%3D1", str(route)
        assert response.content == b"", str(route)


@pytest.mark.threat("T-W10")
def test_the_sign_in_page_never_lands_in_a_fragment(cast):
    nobody = cast.client("nobody")
    came_from = {**HX, "HX-Current-URL": "http://testserver/somewhere?sort=name"}
    for route in _closed_pages():
        for method in (nobody.get, nobody.post):
            response = method(route.path(cast), headers=came_from)

            assert response.headers.get("HX-Redirect") == "/account/login/?next=%2Fsomewhere%3Fsort%3Dname", (
                str(route)
            )
            assert response.content == b"", str(route)


@pytest.mark.threat("T-W9")
def test_another_site_is_not_what_one_comes_back_to(cast):
    came_from = {**HX, "HX-Current-URL": "https://evil.example/phish"}

    response = cast.client("nobody").get("/", headers=came_from)

    assert response.headers["HX-Redirect"] == "/account/login/?next=%2F"


def test_a_session_opens_no_api_route(walked):
    for question, answer in walked.answers.items():
        if not walked.routes[question.route].is_for_programs:
            continue
        to_nobody = walked.answers[question._replace(role="nobody", is_htmx=False)]
        assert (answer.status, answer.body) == (to_nobody.status, to_nobody.body), question
        assert answer.headers["Content-Type"] == "application/json", question
        json.loads(answer.body)
        assert "Set-Cookie" not in answer.headers, question


def test_every_api_route_that_needs_a_token_asks_for_one(walked, cast):
    closed = [route for route in routes() if route.is_for_programs and route.view.accepts is not None]

    for route in closed:
        methods = {
            method
            for method in ("GET", "POST")
            for role in ROLES
            if walked.answers[Question(str(route), method, role, False)].status != METHOD_NOT_ALLOWED
        }
        # One that takes DELETE only is asked by nobody else.
        assert methods or cast.client("nobody").delete(route.path(cast)).status_code == 401, str(route)
        for method in methods:
            answer = walked.answers[Question(str(route), method, "nobody", False)]
            assert answer.status == 401, str(route)
            assert answer.headers["WWW-Authenticate"].startswith("Bearer "), str(route)


def _closed_pages():
    return [route for route in pages() if not route.needs_no_session]
