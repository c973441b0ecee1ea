"""Each request has one line, which says what it was and who made it, and every line of it has its request id."""

import json
import logging
import re
from types import ModuleType, SimpleNamespace

import pytest
from django.contrib.auth.decorators import login_not_required
from django.core.management import call_command
from django.test import Client
from django.urls import path

from apikeys.tokens import bearer
from cloudui import urls
from cloudui.web import request_log
from cloudui.web.request_log import Answered
from cloudui.web.rsgi import answering, application
from cloudui.web.rsgi.receiving import Body, Pace, Receiver
from tests.apikeys.machine import exchange, token_of, whoami
from tests.factories import PASSWORD, create_api_key, create_deployment, create_member, create_workspace

pytestmark = pytest.mark.django_db

LINE = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (?P<level>\w+) cloudui\.requests request_id=(?P<id>[0-9a-f]{32}) "
    r"caller=(?P<caller>\S+) route=(?P<route>\S+|\".+\") method=(?P<method>\w+) status=(?P<status>\d+) ms=[\d.]+"
)


def line_of(lines):
    [line] = [line for line in lines().splitlines() if " cloudui.requests " in line]
    return LINE.fullmatch(line)


@pytest.mark.parametrize(
    ("address", "route", "status"),
    [
        ("/healthz", "/healthz", 200),
        ("/static/abcdefgh.css", "/static/", 404),
        ("/nothing/cui1_0abc?secret=abcdefgh", "none", 404),
        ("/account/login/?next=/a", "/account/login/", 200),
        (
            "/account/password/reset/key/1-abcdefgh-0123456789/",
            '"/account/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$"',
            200,
        ),
        (f"/v1/deployments/c{1:024}?x=abcdefgh", "/v1/deployments/<cid:deployment>", 401),
        ("/v1/nothing", "none", 404),
        ("/uploads/abcdefgh-abcdefgh?comp=block", "/uploads/<str:capability>", 405),
        ("/iam/v1beta1/users/abcdefgh", "/<earlier:base>/users/<path:url>", 401),
        ("/v1/organizations/abcdefgh/other/x", "/v1/organizations/<path:url>", 401),
        ("/token", "/token", 302),
    ],
)
def test_a_request_has_one_line(lines, address, route, status):
    response = Client().get(address)

    line = line_of(lines)
    assert (line["level"], line["method"], line["caller"]) == ("info", "GET", "nobody")
    assert (line["route"].replace("\\\\", "\\"), int(line["status"])) == (route, status)
    assert response.status_code == status
    assert line["id"] == response["X-Request-Id"]
    assert "abcdefgh" not in lines()


def test_a_method_that_nobody_has_is_no_name(lines):
    Client().generic("BREW\x1b", "/healthz")

    assert line_of(lines)["method"] == "other"


@pytest.fixture
def issued():
    return create_api_key(create_deployment(), name="Pipeline")


@pytest.fixture
def person():
    return create_member(workspace=create_workspace())


def with_token(issued, person):
    token = token_of(issued)
    return lambda: whoami(token)


def in_a_session(issued, person):
    client = Client()
    client.force_login(person)
    return lambda: client.get("/")


def signing_in(issued, person):
    return lambda: Client().post("/account/login/", {"login": person.email, "password": PASSWORD})


@pytest.mark.parametrize(
    ("prepared", "kind"),
    [
        (with_token, "api_key"),
        (lambda issued, person: lambda: exchange(issued), "api_key"),
        (in_a_session, "user"),
        (signing_in, "user"),
    ],
    ids=["token", "exchange", "session", "sign-in"],
)
def test_the_line_says_who(lines, handler, issued, person, prepared, kind):
    send = prepared(issued, person)
    handler.stream.truncate(handler.stream.seek(0))

    send()

    who = issued.key.pk if kind == "api_key" else person.pk
    assert line_of(lines)["caller"] == f"{kind}:{who}"


def test_who_did_not_prove_it_is_nobody(lines, issued):
    exchange(issued, client_secret="cui1_0" + "Ab1" * 18)

    assert line_of(lines)["caller"] == "nobody"


def test_in_json_a_line_is_an_object(lines, settings):
    settings.LOG_FORMAT = "json"
    response = Client().get("/account/login/")

    event = json.loads(lines())
    assert event.pop("ms") > 0
    assert event.pop("time").endswith("Z")
    assert event == {
        "level": "info",
        "logger": "cloudui.requests",
        "message": "request",
        "request_id": response["X-Request-Id"],
        "caller_kind": "nobody",
        "caller_id": "",
        "route": "/account/login/",
        "method": "GET",
        "status": 200,
    }


@login_not_required
def broken(request, what=""):
    logging.getLogger("x").warning("About to fail at %s", request.path)
    raise ValueError(f"at {request.path}")


def test_all_lines_of_a_request_have_its_id_and_never_its_path(lines, settings):
    settings.ROOT_URLCONF = extended = ModuleType("extended")
    vars(extended).update(vars(urls), urlpatterns=[path("broken/<str:what>", broken), *urls.urlpatterns])

    response = Client(raise_request_exception=False).get("/broken/abcdefgh")
    logging.getLogger("x").warning("After it")

    warning, failure, *traceback, line, after = lines().splitlines()
    for each in (warning, failure, line):
        assert f"request_id={response['X-Request-Id']}" in each
    assert 'message="About to fail at /broken/<str:what>"' in warning
    assert 'message="Internal Server Error: /broken/<str:what>"' in failure
    assert traceback[-1] == "    ValueError: at /broken/<str:what>"
    assert " error cloudui.requests " in line
    assert "request_id" not in after
    assert "abcdefgh" not in lines()


@pytest.mark.parametrize(
    ("proxies", "given", "is_taken"),
    [
        ([], "a" * 32, False),
        (["192.0.2.0/24"], "a" * 32, False),
        (["127.0.0.1"], "a" * 32, True),
        (["127.0.0.1"], "0b8ca8c6-4b6f-4b3a-9d6e-6a3c2d1e0f9a", True),
        (["127.0.0.1"], "a" * 41, False),
        (["127.0.0.1"], "short", False),
        (["127.0.0.1"], "cui1_0Ab1Ab1", False),
        (["127.0.0.1"], 'a"b\nc d=e12345', False),
    ],
)
def test_a_request_id_is_taken_from_a_trusted_proxy_only(settings, proxies, given, is_taken):
    settings.TRUSTED_PROXIES = proxies

    response = Client().get("/healthz", headers={"X-Request-Id": given})

    assert (response["X-Request-Id"] == given) is is_taken


@pytest.mark.parametrize(("level", "written"), [("INFO", 2), ("WARNING", 1), ("CRITICAL", 0)])
def test_above_info_only_failures_are_written(lines, monkeypatch, level, written):
    monkeypatch.setattr(request_log.logger, "level", logging.getLevelName(level))
    request_log.logger.manager._clear_cache()
    for status in (200, 500):
        request_log.record(Answered(0, 0, "a" * 32, "nobody", "", "/", "GET", status))
    monkeypatch.undo()
    request_log.logger.manager._clear_cache()

    assert lines().count("cloudui.requests") == written


class Proto:
    def __init__(self):
        self.sent = []

    def response_bytes(self, status, headers, _body):
        self.sent.append((status, dict(headers)))

    def response_empty(self, status, headers):
        self.sent.append((status, dict(headers)))


class Scope:
    scheme, http_version, query_string, authority = "http", "1.1", "x=abcdefgh", "x"
    server = client = "127.0.0.1:80"
    method, path = "POST", "/abcdefgh"
    headers: dict[str, str] = {}


@pytest.mark.parametrize(
    ("headers", "most_waiting", "status"),
    [({"x-forwarded-for": ""}, 0, 503), ({}, -1, 503), ({"content-length": "x"}, 9, 500)],
)
def test_what_never_reaches_the_application_has_a_line_too(
    lines, monkeypatch, settings, headers, most_waiting, status
):
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    monkeypatch.setattr(application, "MOST_WAITING", most_waiting)
    monkeypatch.setattr(Scope, "headers", {**headers, "x-request-id": "a" * 32})
    proto = Proto()

    application.Application(dict, places=0, pace=Pace(30, 1))(SimpleNamespace(scope=Scope, proto=proto))

    line = line_of(lines)
    assert (line["method"], line["route"], int(line["status"])) == ("POST", "none", status)
    assert [(status, line["id"])] == [(it, headers["X-Request-Id"]) for it, headers in proto.sent]
    assert "abcdefgh" not in lines()


def late(body, receiver):
    receiver._end_late(body.began + 31)
    return 408


def cut(body, receiver):
    receiver._cut(body)
    return 400


@pytest.mark.parametrize("refuse", [late, cut])
def test_a_body_that_is_refused_has_a_line_too(lines, refuse):
    receiver, proto = Receiver(Pace(30, 1024), lambda _: None, lambda _: None), Proto()
    body = Body(proto, {"REQUEST_METHOD": "PUT", "REMOTE_ADDR": "", "PATH_INFO": "/abcdefgh"}, 100)
    body.began -= 30
    receiver._bodies[body] = None

    status = refuse(body, receiver)

    line = line_of(lines)
    assert (line["method"], line["route"], int(line["status"])) == ("PUT", "none", status)
    assert float(lines().rpartition("ms=")[2]) >= 30_000
    assert [(status, line["id"])] == [(it, headers["X-Request-Id"]) for it, headers in proto.sent]


@pytest.mark.parametrize("has_begun", [True, False])
def test_what_fails_outside_the_application_has_its_id(lines, has_begun):
    def fail(_environ, start_response):
        if has_begun:
            start_response("200 OK", [("X-Request-Id", "a" * 32)])
        raise SystemExit

    environ = {"wsgi.input": answering.NO_BODY, "REQUEST_METHOD": "GET", "REMOTE_ADDR": ""}
    answering.answer(fail, environ, Proto())

    assert ("request_id=" + "a" * 32 in lines()) is has_begun
    assert lines().count("request_id=") == (1 if has_begun else 2)


def test_a_task_of_housekeeping_has_one_id_for_its_lines(lines, settings, monkeypatch):
    monkeypatch.setattr(bearer, "fail", lambda: 1 / 0, raising=False)
    settings.HOUSEKEEPING = ["apikeys.tokens.bearer.fail", "apikeys.tokens.bearer.fail"]

    call_command("housekeeping", "--once")

    ids = re.findall(r"error \S+ request_id=([0-9a-f]{32}) message=", lines())
    assert len(set(ids)) == 2


def test_lines_wait_for_nobody_and_none_is_lost(lines, monkeypatch):
    monkeypatch.setattr(request_log, "_is_started", True)
    monkeypatch.setattr(request_log, "MOST_WAITING", 3)
    for _ in range(3):
        Client().get("/healthz")
    assert lines() == ""

    Client().get("/healthz")

    assert lines().count("cloudui.requests") == 4
