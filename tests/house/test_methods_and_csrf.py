"""Reading changes nothing; changing needs a token that only our own pages have; other methods do nothing."""

from urllib.parse import urlencode

import pytest
from bs4 import BeautifulSoup

from tests.cast import HX
from tests.factories import PASSWORD
from tests.house.routes import console, pages
from tests.house.walk import ask

pytestmark = pytest.mark.django_db

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


@pytest.mark.threat("T-W2")
def test_nobody_changes_anything_by_looking(walked):
    changed = [
        (question, answer.changes)
        for question, answer in walked.answers.items()
        if question.method == "GET" and answer.changes
    ]

    assert not changed


def test_a_change_would_be_noticed(walked):
    """The recorder is not blind: by POST things do change, also without our pages."""
    changed = {question.route for question, answer in walked.answers.items() if answer.changes}

    assert {f"/{route.pattern}" for route in console() if route.name == "workspaces:create"} <= changed
    assert len(changed) > 10


@pytest.mark.threat("T-W1")
@pytest.mark.parametrize("method", UNSAFE)
def test_no_page_takes_a_form_without_a_token(cast, method):
    clients = {
        role: cast.fresh_client(role, enforce_csrf_checks=True) for role in ("nobody", "owner", "operator")
    }
    for route in pages():
        # Somebody who could do it.
        role = "operator" if route.is_admin_site else "nobody" if route.needs_no_session else "owner"
        answer = ask(clients[role], route.path(cast), method)

        assert answer.status == 403, str(route)
        assert b"This page is out of date" in answer.body, str(route)
        assert not answer.changes, str(route)


@pytest.mark.parametrize(
    ("referrer", "form"),
    [
        ("http://localhost:8871/workspaces/new?a=b", "/workspaces/new?a=b"),
        ("", "/"),
        ("https://evil.example/workspaces/new", "/"),
        ("http://localhost:8871.evil.example/x", "/"),
        ("http://localhost:8871//evil.example", "/"),
        ("http://[", "/"),
    ],
)
def test_the_refusal_leads_back_to_the_form_and_to_the_sign_in(cast, referrer, form):
    client = cast.fresh_client("owner", enforce_csrf_checks=True)

    answer = ask(client, "/workspaces/new", "POST", {"name": "Made"}, headers={"Referer": referrer})

    links = BeautifulSoup(answer.body, "html.parser").select("main a")
    assert {link.get_text(): link["href"] for link in links} == {
        "Reload": form,
        "Sign in": f"/account/login/?{urlencode({'next': form})}",
    }


@pytest.mark.threat("T-W1")
def test_for_htmx_the_refusal_is_one_sentence(cast):
    client = cast.fresh_client("owner", enforce_csrf_checks=True)

    answer = ask(client, "/workspaces/new", "POST", {"name": "Made"}, headers=HX)

    assert answer.status == 403
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.body.decode().startswith("This page was open too long")


@pytest.mark.threat("T-W1")
def test_a_token_from_another_site_is_none(cast):
    """The double submit alone would believe whoever can set a cookie; the Origin header says where a form was."""
    client = cast.fresh_client("owner", enforce_csrf_checks=True)
    client.get("/workspaces/new")
    token = client.cookies["csrftoken"].value
    form = {"name": "Made", "csrfmiddlewaretoken": token}

    forged = ask(client, "/workspaces/new", "POST", form, headers={"Origin": "https://evil.example"})
    genuine = ask(client, "/workspaces/new", "POST", form, headers={"Origin": "http://testserver"})

    assert (forged.status, genuine.status) == (403, 302)


@pytest.mark.threat("T-W1")
def test_the_token_cookie_is_out_of_reach_of_scripts_and_of_other_sites(cast):
    form = {"login": cast.people["owner"].email, "password": PASSWORD}

    response = cast.client("nobody").post("/account/login/", form)

    assert response.status_code == 302
    for name in ("session", "csrftoken"):
        cookie = response.cookies[name]
        assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/"), name


def test_methods_that_a_page_does_not_have_are_refused_by_name(cast):
    """With a token and every right: 405, never an accident."""
    client = cast.client("owner")
    for route in console():
        for method in ("PUT", "PATCH", "DELETE", "TRACE", "OPTIONS"):
            answer = ask(client, route.path(cast), method)

            assert answer.status == 405, f"{method} {route}"
            allowed = answer.headers["Allow"].split(", ")
            assert set(allowed) <= {"GET", "HEAD", "POST"}, f"{method} {route}"


def test_head_is_get_without_the_body(cast):
    client = cast.client("admin")
    for route in console():
        get, head = (ask(client, route.path(cast), method) for method in ("GET", "HEAD"))

        assert (head.status, head.changes) == (get.status, ()), str(route)
        assert head.body == b"", str(route)
