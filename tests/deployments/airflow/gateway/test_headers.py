"""Which headers pass, in either direction."""

import gzip

import pytest

from tests.deployments.airflow.gateway.fake_airflow import response, says

PASSED = {
    "accept": "application/json",
    "accept-encoding": "gzip",
    "content-type": "application/json",
    "if-none-match": '"x"',
    "user-agent": "apache-airflow-client/3",
}
KEPT_HERE = {
    "cookie": "session=abc",
    "proxy-authorization": "Basic eDp5",
    "x-forwarded-for": "203.0.113.9",
    "x-forwarded-host": "elsewhere",
    "x-forwarded-prefix": "/double",
    "x-forwarded-proto": "https",
    "x-remote-user": "admin",
    "x-real-ip": "203.0.113.9",
    "forwarded": "for=203.0.113.9",
    "origin": "http://elsewhere",
    "referer": "http://elsewhere/secret",
    "upgrade": "websocket",
    "te": "trailers",
    "x-http-method-override": "DELETE",
}


def test_airflow_gets_the_headers_of_a_list_and_its_own_credentials(call):
    _, fake = call(says(), headers=[*PASSED.items(), *KEPT_HERE.items()])

    received = fake.calls[0]
    assert {name: received.header(name) for name in PASSED} == PASSED
    assert received.names == {*PASSED, "host", "authorization"}
    assert received.header("host") == fake.base_url.removeprefix("http://")
    assert received.header("authorization") == "Bearer token-1"


def test_a_header_that_connection_names_goes_no_further(call):
    _, fake = call(says(), headers=[("connection", "close, If-None-Match"), ("if-none-match", '"x"')])

    assert fake.calls[0].names == {"host", "authorization", "accept-encoding"}


def test_a_caller_gets_the_headers_of_a_list(call):
    passed = {
        "content-type": "application/x-ndjson",
        "etag": '"x"',
        "content-disposition": 'attachment; filename="log.txt"',
        "cache-control": "private",
        "vary": "Accept",
    }
    dropped = {
        "set-cookie": "_token=abc",
        "server": "gunicorn",
        "date": "Tue, 01 Dec 2026 18:00:00 GMT",
        "www-authenticate": "Basic",
        "connection": "keep-alive, X-Hop",
        "keep-alive": "timeout=5",
        "x-hop": "1",
        "access-control-allow-origin": "*",
        "strict-transport-security": "max-age=1",
        "alt-svc": "h3",
    }

    got, _ = call(says(200, b"{}", [*passed.items(), *dropped.items()]))

    added = {"x-content-type-options", "content-security-policy", "x-request-id", "content-length"}
    assert {name: got.header(name) for name in passed} == passed
    assert {name.decode() for name, _ in got.headers} == {*passed, *added}


def test_no_browser_runs_an_answer_or_keeps_it(call):
    got, _ = call(says(200, b"<script>alert(1)</script>", [("content-type", "text/html")]))

    assert got.header("x-content-type-options") == "nosniff"
    assert got.header("content-security-policy") == "default-src 'none'; sandbox"
    assert got.header("cache-control") == "no-store"


@pytest.mark.parametrize(("given", "expected"), [((), "identity"), ((("accept-encoding", "gzip"),), "gzip")])
def test_airflow_compresses_only_for_callers_who_say_so(call, given, expected):
    _, fake = call(says(), headers=given)

    assert fake.calls[0].header("accept-encoding") == expected


def test_compressed_bytes_pass_as_they_are(call):
    body = gzip.compress(b"x" * 10_000)

    got, _ = call(says(200, body, [("content-encoding", "gzip")]), headers=[("accept-encoding", "gzip")])

    assert (got.header("content-encoding"), got.body) == ("gzip", body)


def test_a_head_has_a_length_and_no_body(call):
    async def behave(received, writer):
        writer.write(response(200, headers=[("x", "y")]).replace(b"content-length: 0", b"content-length: 77"))

    got, fake = call(behave, method="HEAD")

    assert (got.status, got.header("content-length"), got.body) == (200, "77", b"")
    assert fake.calls[0].method == "HEAD"


def test_no_content_has_none(call):
    async def behave(received, writer):
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    got, _ = call(behave, "/api/v2/variables/x", method="DELETE")

    assert (got.status, got.body, got.is_whole) == (204, b"", True)
