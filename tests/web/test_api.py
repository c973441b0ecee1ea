"""The machine face: JSON whatever happens, never cached, never redirected, closed unless it says for whom."""

import pytest
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpResponseRedirect, UnreadablePostError
from django.test import Client
from django.urls import include, path

from cloudui import configuration
from cloudui.web.api import ApiError, answer, api_route, public_api_route
from cloudui.web.principal import Kind
from cloudui.web.slots import SlotsBusy
from tests.apikeys.machine import error_of, token_of, whoami
from tests.factories import create_api_key, create_deployment, create_owner

FAILURES = {
    "own": (ApiError(418, "teapot", "Short and stout.", {"X-Tea": "yes"}), 418, "teapot"),
    "missing": (Http404("secret detail"), 404, "not_found"),
    "forbidden": (PermissionDenied("Only Editors can."), 403, "access_denied"),
    "forbidden without a reason": (PermissionDenied(), 403, "access_denied"),
    "suspicious": (SuspiciousOperation("detail"), 400, "invalid_request"),
    "bad": (BadRequest("detail"), 400, "invalid_request"),
    "unreadable": (UnreadablePostError("detail"), 400, "invalid_request"),
    "busy": (SlotsBusy(), 503, "temporarily_unavailable"),
    "crash": (RuntimeError("secret detail"), 500, "server_error"),
}


@public_api_route()
def hello(request):
    return answer({"hello": "wörld"})


@public_api_route()
def kept(request):
    return answer({}, headers={"Cache-Control": "public, max-age=60"})


@public_api_route(methods=["POST"])
def write(request):
    return answer({}, status=201)


@public_api_route()
def fail(request, name):
    raise FAILURES[name][0]


@api_route()
def undecided(request):
    return answer({})


@api_route(kinds={Kind.USER})
def people_only(request):
    return answer({"id": request.principal.id})


@api_route(kinds={Kind.API_KEY})
def keys_only(request):
    return answer({"id": request.principal.id})


def not_for_programs(request):
    return HttpResponseRedirect("/")


urlpatterns = [
    path("v1/hello", hello),
    path("v1/kept", kept),
    path("v1/write", write),
    path("v1/fail/<name>", fail),
    path("v1/undecided", undecided),
    path("v1/people", people_only),
    path("v1/keys", keys_only),
    path("v1/page", not_for_programs),
    path("elsewhere/keys", keys_only),
    path("", include("cloudui.urls")),
]

pytestmark = [pytest.mark.urls(__name__)]


@pytest.fixture
def client():
    return Client(raise_request_exception=False)


def test_an_answer_is_json_in_ascii_and_not_kept(client):
    response = client.get("/v1/hello")

    assert response.content == b'{"hello": "w\\u00f6rld"}'
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Content-Length"] == str(len(response.content))
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Pragma"] == "no-cache"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_a_view_may_let_its_answer_be_kept(client):
    response = client.get("/v1/kept")

    assert response.headers["Cache-Control"] == "public, max-age=60"
    assert "Pragma" not in response.headers


def test_cookies_are_neither_read_nor_set(client):
    client.cookies["session"] = "x"

    response = client.get("/v1/hello")

    assert not response.cookies
    assert "Vary" not in response.headers


@pytest.mark.parametrize("name", FAILURES)
def test_whatever_a_view_raises_is_an_error_in_the_one_shape(client, name):
    _, status, error = FAILURES[name]

    response = client.get(f"/v1/fail/{name}")

    assert (response.status_code, error_of(response)) == (status, error)
    assert b"detail" not in response.content


def test_an_error_brings_its_headers(client):
    assert client.get("/v1/fail/own").headers["X-Tea"] == "yes"
    assert client.get("/v1/fail/busy").headers["Retry-After"] == "2"


def test_a_reason_of_the_access_policy_is_told(client):
    assert client.get("/v1/fail/forbidden").json()["error_description"] == "Only Editors can."


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/nothing", "/oauth", "/oauth/x", "/.well-known/x"])
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_an_unknown_address_is_a_404_of_constant_bytes(client, path, method):
    response = getattr(client, method)(path)

    assert response.status_code == 404
    assert response.content == (
        b'{"error": "not_found", "error_description": "There is nothing at this address."}'
    )


def test_another_method_is_told_the_right_one(client):
    response = client.post("/v1/hello")

    assert (response.status_code, error_of(response)) == (405, "invalid_request")
    assert response.headers["Allow"] == "GET, HEAD"
    assert client.post("/v1/write").status_code == 201
    assert client.head("/v1/hello").status_code == 200


def test_the_address_with_numbers_is_not_redirected(client):
    assert client.get("/v1/hello", headers={"Host": "127.0.0.1:8871"}).status_code == 200


def test_plain_http_is_refused_in_json_where_https_is_promised(client, settings):
    settings.PUBLIC = configuration.public_url("https://console.example.com")

    response = client.get("/v1/hello")

    assert (response.status_code, error_of(response)) == (403, "access_denied")


def test_a_view_that_is_not_for_programs_takes_the_pages_way(client, db):
    response = client.get("/v1/page")

    assert response.status_code == 302
    assert response["Location"].startswith("/account/login")


def test_nobody_gets_in_without_a_token(client):
    for address in ("/v1/undecided", "/v1/people", "/v1/keys", "/elsewhere/keys"):
        assert (client.get(address).status_code, error_of(client.get(address))) == (401, "unauthorized")


@pytest.mark.threat("T-L5")
def test_a_route_lets_in_whom_it_names_and_nobody_else(db):
    token = token_of(create_api_key(create_deployment()))

    assert whoami(token, "/v1/keys").status_code == 200
    for address in ("/v1/people", "/v1/undecided"):
        response = whoami(token, address)
        assert (response.status_code, error_of(response)) == (403, "insufficient_scope")
        assert 'error="insufficient_scope"' in response.headers["WWW-Authenticate"]


@pytest.fixture
def as_somebody(db):
    client = Client()
    client.force_login(create_owner())
    return client


def test_outside_the_usual_addresses_a_token_counts_and_a_session_does_not(db, as_somebody):
    assert whoami(token_of(create_api_key(create_deployment())), "/elsewhere/keys").status_code == 200
    assert as_somebody.get("/elsewhere/keys").status_code == 401
