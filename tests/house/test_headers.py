"""What every page tells the browser about itself, whoever asks and whatever the answer is (docs/security.md)."""

import pytest
from django.http import HttpResponse

from cloudui.web.slots import SlotsBusy
from tests.cast import HX
from workspaces import listing

pytestmark = pytest.mark.django_db

POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
}

EXACT = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@pytest.mark.threat("T-R3")
@pytest.mark.threat("T-R10")
@pytest.mark.threat("T-W3")
def test_every_page_has_them_whoever_asks(walked):
    wrong = [
        f"{question}: {error}"
        for question, answer in walked.pages()
        for error in wrong_headers(answer, policy=policy_of(question))
    ]

    assert not wrong


@pytest.mark.threat("T-R3")
def test_no_api_answer_may_be_kept_unless_it_is_public(walked):
    may_be_kept = {
        question.route
        for question, answer in walked.answers.items()
        if walked.routes[question.route].is_for_programs and "no-store" not in answer.headers["Cache-Control"]
    }

    assert may_be_kept == {"/.well-known/oauth-authorization-server", "/.well-known/jwks.json"}


@pytest.fixture(params=[{}, HX], ids=["page", "htmx"])
def headers(request):
    return request.param


@pytest.mark.parametrize("path", ["/nonsense", "/static/nonsense", "/account/nonsense/", "/admin/nonsense"])
def test_pages_that_do_not_exist_have_them(cast, path, headers):
    response = cast.client("operator").get(path, headers=headers)

    assert (response.status_code, list(wrong_headers(response))) == (404, [])


def test_a_request_for_another_host_gets_them(cast, headers):
    response = cast.client("admin").post("/color-mode", headers={**headers, "Host": "evil.example"})

    assert (response.status_code, list(wrong_headers(response))) == (400, [])


def test_a_form_without_a_token_gets_them(cast, headers):
    client = cast.fresh_client("admin", enforce_csrf_checks=True)

    response = client.post("/color-mode", headers=headers)

    assert (response.status_code, list(wrong_headers(response))) == (403, [])


@pytest.mark.parametrize(("error", "status"), [(RuntimeError("broken"), 500), (SlotsBusy(), 503)])
def test_errors_of_ours_have_them(cast, monkeypatch, error, status, headers):
    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr(listing, "list_workspaces", fail)

    response = cast.client("admin").get("/", headers=headers)

    assert (response.status_code, list(wrong_headers(response))) == (status, [])


def test_a_page_without_them_is_noticed():
    assert {error.split(":")[0] for error in wrong_headers(HttpResponse())} == {
        *EXACT,
        "Cache-Control",
        "Vary",
        "Content-Security-Policy",
    }


def policy_of(question):
    """The policy of a page, which has one exception: the consent page's form leads to the command-line client."""
    if question.route != "/authorize" or question.role == "nobody":
        return POLICY
    return POLICY - {"form-action 'self'"} | {"form-action 'self' http://localhost:12345"}


def wrong_headers(response, policy=POLICY):
    """What an answer's headers lack."""
    headers = response.headers
    for name, value in EXACT.items():
        if headers.get(name) != value:
            yield f"{name}: {headers.get(name)}"
    if "no-store" not in headers.get("Cache-Control", ""):
        yield f"Cache-Control: {headers.get('Cache-Control')}"
    if not {"Cookie", "HX-Request"} <= {part.strip() for part in headers.get("Vary", "").split(",")}:
        yield f"Vary: {headers.get('Vary')}"
    sent = headers.get("Content-Security-Policy", "")
    if {part.strip() for part in sent.split(";")} != policy:
        yield f"Content-Security-Policy: {sent}"
