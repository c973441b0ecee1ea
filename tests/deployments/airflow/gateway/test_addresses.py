"""Which addresses are passed on, and that they arrive byte for byte."""

import pytest

from tests.deployments.airflow.gateway.conftest import RELEASE
from tests.deployments.airflow.gateway.fake_airflow import response, says, with_tokens


@pytest.mark.parametrize(
    "path",
    [
        "/api/v2/dags?limit=5&order_by=%2Ddag_id",
        "/api/v1/dags",
        "/api/v2",
        "/api/v2/dags/tiny/dagRuns/manual__2026-12-01T00%3A00%3A00%2B00%3A00",
        "/api/v2/variables/a%2Fb%20c",
        "/api/v2/variables/100%25",
        "/api/v2/variables/a..b/.hidden/...",
        "/api/v2//dags/",
        "/api/v2/dags?search=a%20b&search=c&empty=&x=%ff",
        "/api/v2/dags;v=1/~x",
    ],
)
@pytest.mark.parametrize("path_of_airflow", ["", "/team/airflow"])
def test_what_is_passed_on_is_exactly_what_came(call, path, path_of_airflow):
    got, fake = call(says(), path, path_of_airflow=path_of_airflow)

    assert got.status == 200
    assert [each.target for each in fake.calls] == [path_of_airflow + path]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v2/../../auth/token", 400),
        ("/api/v2/..", 400),
        ("/api/v2/./dags", 400),
        ("/api/v2/%2e%2e/%2E%2e/auth/token", 400),
        ("/api/v2/..%2f..%2fauth/token", 400),
        ("/api/v2/%252e%252e/auth", 400),
        ("/api/v2/..;/..;/auth", 400),
        ("/api/v2/a%5c..%5cb", 400),
        ("/api/v2/a\\b", 400),
        ("/api/v2/a%00b", 400),
        ("/api/v2/a%0d%0aX-Evil:%201", 400),
        ("/api/v2/\u00e9", 400),
        ("/api/v2/dags?a=\u00e9", 400),
        ("/api", 404),
        ("/api/v3/dags", 404),
        ("/api/v2x/dags", 404),
        ("/api%2Fv2/dags", 404),
        ("/%61pi/v2/dags", 404),
        ("//api/v2/dags", 404),
        ("/auth/token", 404),
        ("/ui/config", 404),
        ("/execution/health", 404),
        ("/login", 404),
        ("", 404),
        ("/", 404),
    ],
)
def test_anything_else_never_reaches_airflow(call, path, status):
    got, fake = call(says(), path)

    assert (got.status, got.header("content-type")) == (status, "application/json")
    assert got.json().keys() == {"error", "error_description"}
    assert fake.received == []


@pytest.mark.parametrize(
    "at", ["", "/airflow", "/airflow/", "/Airflow/" + RELEASE, f"/airflow/{RELEASE}%2F", "/x"]
)
def test_an_address_of_no_deployment_is_not_found(call, at):
    got, fake = call(says(), "/api/v2/dags", at=at)

    assert (got.status, got.json()["error"]) == (404, "not_found")
    assert fake.received == []


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "CONNECT", "PROPFIND"])
def test_methods_that_no_client_of_airflow_needs_are_refused(call, method):
    got, fake = call(says(), "/api/v2/dags", method=method)

    assert (got.status, got.header("allow")) == (405, "GET, HEAD, POST, PUT, PATCH, DELETE")
    assert fake.received == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("/api/v2/dags/tiny?a=1", f"/airflow/{RELEASE}/api/v2/dags/tiny?a=1"),
        ("{base}/api/v2/dags/", f"/airflow/{RELEASE}/api/v2/dags/"),
        ("tiny", f"/airflow/{RELEASE}/api/v2/tiny"),
    ],
)
def test_a_redirect_inside_the_interface_leads_to_the_gateway_again(play, given, expected):
    async def behave(received, writer):
        base = f"http://{received.header('host')}"
        writer.write(response(307, headers=[("location", given.format(base=base))]))

    got = play(lambda stage: stage.call("/api/v2/dags"), with_tokens(behave))

    assert (got.status, got.header("location")) == (307, expected)


@pytest.mark.parametrize(
    "given",
    ["/login?next=x", "http://elsewhere.example/api/v2/dags", "/api/v2", "//elsewhere/api/v2/x", "http://["],
)
def test_a_redirect_elsewhere_is_a_wrong_address_of_airflow(call, given):
    got, _ = call(says(302, headers=[("location", given)]), "/api/v2/dags")

    assert (got.status, got.json()["error"], got.header("location")) == (502, "airflow_redirects", None)


def test_a_location_elsewhere_of_what_was_made_is_left_out(call):
    got, _ = call(says(201, headers=[("location", "http://inside:8080/x")]), "/api/v2/dags", method="POST")

    assert (got.status, got.header("location")) == (201, None)
