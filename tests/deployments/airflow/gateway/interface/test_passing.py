"""What passes between a browser and an Airflow, at a host of its own."""

import jwt
import pytest

from tests.deployments.airflow.gateway.fake_airflow import response, says
from tests.deployments.airflow.gateway.interface.conftest import HOST, OURS, ask
from workspaces.models import AuditEvent


def test_airflow_is_told_who_it_is_and_as_what(at_host, deployment, person):
    got, fake = at_host(says(200, b"<html>", [("content-type", "text/html")]), "/dags?tag=a%2Fb")

    claims = jwt.decode(
        fake.received[0].header("authorization").removeprefix("Bearer "), options={"verify_signature": False}
    )
    assert (got.status, got.body, fake.received[0].target) == (200, b"<html>", "/dags?tag=a%2Fb")
    assert (claims["aud"], claims["sub"]) == (f"airflow:{deployment.pk}", f"user:{person.pk}")
    assert (claims["name"], claims["role"]) == ("Eda Editor", "user")


def test_no_cookie_of_airflow_is_for_a_domain(at_host):
    given = [
        ("set-cookie", "session=a; Domain=localhost; Path=/; HttpOnly"),
        ("set-cookie", "_token=b; path=/; domain=.example.com"),
        ("set-cookie", "console_airflow=stolen; Path=/"),
        ("strict-transport-security", "max-age=1"),
        ("content-security-policy", "default-src 'self'"),
    ]

    got, _ = at_host(says(200, b"", given))

    assert [value for name, value in got.headers if name == b"set-cookie"] == [
        b"session=a; Path=/; HttpOnly",
        b"_token=b; path=/",
    ]
    policies = [value for name, value in got.headers if name == b"content-security-policy"]
    assert policies == [b"default-src 'self'", b"frame-ancestors 'self'"]
    assert got.header("strict-transport-security") is None


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("/home", "/home"),
        (f"{OURS}/home?a=1", "/home?a=1"),
        ("{base}/home", "/home"),
        ("{base}//elsewhere.example", "/elsewhere.example"),
        ("https://sso.example.com/x", "https://sso.example.com/x"),
        ("http://[", "/"),
    ],
)
def test_a_redirect_stays_at_this_host(at_host, given, expected):
    async def behave(received, writer):
        address = given.replace("{base}", f"http://127.0.0.1:{writer.get_extra_info('sockname')[1]}")
        writer.write(response(302, headers=[("location", address)]))

    got, _ = at_host(behave)

    assert (got.status, got.header("location")) == (302, expected)


@pytest.mark.parametrize(
    ("path", "status"), [("/execution/health", 404), ("/a/../b", 400), ("/a/%2e%2e/b", 400), ("/a%5cb", 400)]
)
def test_some_addresses_are_for_no_browser(at_host, path, status):
    got, fake = at_host(says(), path)

    assert (got.status, fake.received) == (status, [])


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("POST", {"origin": OURS}, 200),
        ("POST", {"sec-fetch-site": "same-origin", "origin": OURS}, 200),
        ("POST", {}, 200),
        ("POST", {"origin": "http://other-moon-1.localhost:8872"}, 403),
        ("POST", {"origin": "null"}, 403),
        ("POST", {"sec-fetch-site": "same-site", "sec-fetch-mode": "navigate"}, 403),
        ("GET", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, 200),
        ("GET", {"sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors"}, 403),
        ("GET", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "cors", "origin": "http://x"}, 403),
    ],
)
def test_only_its_own_pages_act_for_a_visitor(at_host, method, headers, status):
    got, fake = at_host(says(), "/api/v2/dags/tiny", method=method, headers=list(headers.items()))

    assert (got.status, len(fake.received)) == (status, 1 if status == 200 else 0)


def test_what_a_visitor_changes_is_audited_and_what_pages_ask_for_is_not(play, cookie, person):
    async def scene(stage):
        for method, path in [
            ("POST", "/api/v2/dags/~/dagRuns/list"),
            ("POST", "/task_stats"),
            ("PATCH", "/api/v2/dags/tiny"),
        ]:
            await ask(stage, path, cookie, method=method)

    play(scene, says())

    event = AuditEvent.objects.get(operation="callAirflow")
    assert (event.subject_id, event.input["path"], event.input["role"]) == (
        person.pk,
        "/api/v2/dags/tiny",
        "user",
    )


@pytest.mark.parametrize(
    ("sent", "host"),
    [
        ("", HOST),
        ("console_airflow=", HOST),
        ("console_airflow=x", HOST),
        (None, "no-such-1234.localhost:8872"),
    ],
)
def test_who_is_not_signed_in_is_told_where_to_go(at_host, sent, host):
    got, fake = at_host(says(), sent=sent, host=host, headers=[("accept", "text/html")])

    assert (got.status, got.header("content-type")) == (401, "text/html; charset=utf-8")
    assert b'href="http://localhost:8871"' in got.body
    assert "default-src 'none'" in got.header("content-security-policy")
    assert fake.received == []


def test_programs_of_a_page_are_told_in_json(at_host):
    got, _ = at_host(says(), sent="")

    assert (got.status, got.json()["error"]) == (401, "unauthorized")


def test_no_access_token_opens_the_interface(play, cookie, token):
    async def scene(stage):
        return await ask(stage, "/", "", headers=[("authorization", f"Bearer {token}")])

    assert play(scene, says()).status == 401


def test_an_airflow_here_reads_the_keys_that_it_believes(play, client):
    async def scene(stage):
        return await stage.call(
            "/.well-known/jwks.json", at="", token="", headers=[("host", "127.0.0.1:8872")]
        )

    got = play(scene, says())

    assert (got.status, got.json()) == (200, client.get("/.well-known/jwks.json").json())


def test_what_a_browser_sends_besides(at_host, cookie):
    headers = [
        ("authorization", "Bearer stolen"),
        ("x-forwarded-for", "203.0.113.9"),
        ("x-remote-user", "admin"),
        ("x-csrftoken", "abc"),
        ("accept-language", "de"),
    ]

    _, fake = at_host(says(), sent=f"session=of-airflow; {cookie}; _token=x", headers=headers)

    received = fake.received[0]
    assert received.header("cookie") == "session=of-airflow; _token=x"
    assert received.names == {
        "host",
        "authorization",
        "cookie",
        "accept-encoding",
        "x-csrftoken",
        "accept-language",
    }
    assert received.header("host") == HOST
    assert received.header("authorization") != "Bearer stolen"
