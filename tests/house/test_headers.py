"""What every page tells the browser about itself, whoever asks and whatever the answer is (product.md 3.1 E)."""

import pytest
from django.http import HttpResponse

from apikeys.views import keys
from cloudui.web.slots import SlotsBusy
from tests.cast import HX

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
        f"{question}: {fault}" for question, answer in walked.pages() for fault in faults(answer.headers)
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


@pytest.mark.parametrize("headers", [{}, HX], ids=["page", "htmx"])
@pytest.mark.parametrize(
    ("path", "status"),
    [("/nonsense", 404), ("/static/nonsense", 404), ("/account/nonsense/", 404), ("/admin/nonsense", 404)],
)
def test_pages_that_do_not_exist_have_them(cast, path, status, headers):
    response = cast.client("operator").get(path, headers=headers)

    assert response.status_code == status
    assert not list(faults(response.headers))


@pytest.mark.parametrize("headers", [{}, HX], ids=["page", "htmx"])
def test_a_request_for_another_host_gets_them(cast, headers):
    response = cast.client("admin").post("/color-mode", headers={**headers, "Host": "evil.example"})

    assert response.status_code == 400
    assert not list(faults(response.headers))


@pytest.mark.parametrize("headers", [{}, HX], ids=["page", "htmx"])
def test_a_form_without_a_token_gets_them(cast, headers):
    client = cast.fresh_client("admin", enforce_csrf_checks=True)

    response = client.post("/color-mode", headers=headers)

    assert response.status_code == 403
    assert not list(faults(response.headers))


@pytest.mark.parametrize("headers", [{}, HX], ids=["page", "htmx"])
@pytest.mark.parametrize(("error", "status"), [(RuntimeError("broken"), 500), (SlotsBusy(), 503)])
def test_errors_of_ours_have_them(cast, monkeypatch, error, status, headers):
    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr(keys, "list_keys", fail)
    home = cast.home

    response = cast.client("admin").get(
        f"/{home.workspace}/deployments/{home.deployment}/api-keys", headers=headers
    )

    assert response.status_code == status
    assert not list(faults(response.headers))


def test_a_page_without_them_is_noticed():
    assert {fault.split(":")[0] for fault in faults(HttpResponse().headers)} == {
        *EXACT,
        "Cache-Control",
        "Vary",
        "Content-Security-Policy",
    }


def faults(headers):
    """What an answer's headers lack."""
    for name, value in EXACT.items():
        if headers.get(name) != value:
            yield f"{name}: {headers.get(name)}"
    if "no-store" not in headers.get("Cache-Control", ""):
        yield f"Cache-Control: {headers.get('Cache-Control')}"
    if not {"Cookie", "HX-Request"} <= {part.strip() for part in headers.get("Vary", "").split(",")}:
        yield f"Vary: {headers.get('Vary')}"
    policy = headers.get("Content-Security-Policy", "")
    if {part.strip() for part in policy.split(";")} != POLICY:
        yield f"Content-Security-Policy: {policy}"
