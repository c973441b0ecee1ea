"""Who may call which Airflow, as what, and how soon that ends."""

import asyncio

import pytest

from apikeys import usage
from apikeys.models import ApiKeyUse
from apikeys.tokens import access_tokens, bearer
from cloudui import configuration
from deployments.models import Airflow
from tests.apikeys.machine import token_of
from tests.deployments.airflow.gateway.conftest import RELEASE, at_once
from tests.deployments.airflow.gateway.fake_airflow import says, with_tokens
from tests.factories import (
    create_api_key,
    create_deployment,
    create_member,
    create_owner,
    create_user,
)
from workspaces.models import AuditEvent, Role


def token_for(user):
    return access_tokens.mint_for_user(user)[0]


@pytest.mark.parametrize(
    ("role", "account"),
    [
        (Role.MEMBER, "console-viewer"),
        (Role.EDITOR, "console-user"),
        (Role.ADMIN, "console-admin"),
        (None, "console-admin"),
    ],
)
def test_a_person_enters_with_the_role_in_the_workspace(call, workspace, role, account):
    person = create_member(workspace=workspace, role=role) if role else create_owner()

    got, fake = call(says(), token=token_for(person))

    assert (got.status, fake.logins[0].body.split(b'"')[3].decode()) == (200, account)


@pytest.mark.parametrize("given", ["", "nonsense", "a.b.c"])
def test_without_a_good_token_nobody_learns_what_exists(play, given):
    async def scene(stage):
        there = await stage.call(token=given)
        nowhere = await stage.call(at="/airflow/no-such-1234", token=given)
        wrong = await stage.call("/auth/token", token=given)
        return stage.fake, there, nowhere, wrong

    fake, *got = play(scene, says())

    assert {each.status for each in got} == {401}
    assert len({each.body for each in got}) == 1
    assert all(each.header("www-authenticate").startswith("Bearer") for each in got)
    assert fake.received == []


def test_strangers_learn_nothing_either(play, deployment):
    other = create_api_key(create_deployment(name="Other"))
    stranger = token_for(create_user())
    foreign = token_of(other)

    async def scene(stage):
        return [
            await stage.call(at=at, token=token)
            for at in (f"/airflow/{RELEASE}", "/airflow/no-such-1234")
            for token in (stranger, foreign)
        ]

    got = play(scene, says())

    assert {(each.status, each.body) for each in got} == {(404, got[0].body)}


def test_an_expired_token(play, token, monkeypatch):
    claims = access_tokens.read(token)
    monkeypatch.setattr(access_tokens.time, "time", lambda: claims.expires_at)

    got = play(lambda stage: stage.call(), says())

    assert (got.status, got.json()["error_description"]) == (401, bearer.EXPIRED)


def test_a_token_in_the_address_is_refused(call, token):
    got, fake = call(says(), f"/api/v2/dags?access_token={token}")

    assert (got.status, fake.received) == (400, [])


def test_another_host_name_is_refused(call):
    got, fake = call(says(), headers=[("host", "elsewhere.example")])

    assert (got.status, fake.received) == (400, [])


def test_plain_http_is_refused_where_https_is_promised(call, settings):
    settings.PUBLIC = configuration.public_url("https://localhost")

    got, fake = call(says(), headers=[("x-forwarded-proto", "https")])

    assert (got.status, got.json()["error"], fake.received) == (403, "access_denied", [])


def test_reads_count_as_use_of_the_key_and_are_no_events(play, key):
    usage.write_pending()
    before = sum(ApiKeyUse.objects.values_list("count", flat=True))
    events = AuditEvent.objects.count()

    async def scene(stage):
        for method in ("GET", "HEAD", "GET"):
            await stage.call(method=method)

    play(scene, with_tokens(says()))

    usage.write_pending()
    assert sum(ApiKeyUse.objects.values_list("count", flat=True)) == before + 3
    assert AuditEvent.objects.count() == events


@pytest.mark.parametrize(
    ("method", "status", "result"),
    [
        ("POST", 200, "ok"),
        ("PATCH", 403, "status_403"),
        ("DELETE", 404, "status_404"),
        ("PUT", 500, "status_500"),
    ],
)
def test_each_write_is_audited(call, key, deployment, method, status, result):
    call(says(status), "/api/v2/variables/a%2Fb?secret=x", method=method)

    event = AuditEvent.objects.get(operation="callAirflow")
    assert (event.subject_kind, event.subject_id, event.deployment, event.result) == (
        "api_key",
        key.key.pk,
        deployment.pk,
        result,
    )
    assert event.input == {
        "method": method,
        "path": "/api/v2/variables/a%2Fb",
        "status": status,
        "role": "op",
    }
    assert event.request_id


def test_a_write_that_airflow_did_not_answer_is_audited_too(play):
    async def scene(stage):
        await stage.call(method="POST")
        await at_once(Airflow.objects.update)(base_url="http://127.0.0.1:9")
        await stage.call(method="DELETE")

    play(scene, with_tokens(says()))

    results = list(
        AuditEvent.objects.filter(operation="callAirflow").order_by("pk").values_list("result", flat=True)
    )
    assert results == ["ok", "status_502"]


def test_a_write_whose_caller_left_is_audited(play):
    reached = asyncio.Event()

    async def behave(received, writer):
        reached.set()
        await received.reader.read()

    async def scene(stage):
        visit = stage.visit(method="POST")
        await reached.wait()
        visit.leave()
        await visit.task

    play(scene, with_tokens(behave))

    assert AuditEvent.objects.get(operation="callAirflow").result == "cancelled"


def test_writes_are_limited_as_all_changes_are(play, settings):
    settings.CHANGES_PER_MINUTE = 1

    async def scene(stage):
        return [(await stage.call(method=method)).status for method in ("POST", "POST", "GET")]

    assert play(scene, with_tokens(says())) == [200, 429, 200]
