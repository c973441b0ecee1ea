"""Airflow that is away, silent, slow or cut off, and callers who leave."""

import asyncio
import threading

import pytest
from asgiref.sync import async_to_sync
from django.db import OperationalError

from cloudui.web import databases
from deployments.airflow.gateway import admission, threads
from deployments.models import Airflow, Deployment, Status
from tests.deployments.airflow.gateway.conftest import at_once
from tests.deployments.airflow.gateway.fake_airflow import response, says, with_tokens

# No test waits for it.
FOREVER = 60


async def silent(received, writer):
    await asyncio.sleep(FOREVER)


async def hangs_up(received, writer):
    writer.close()


def test_an_airflow_that_is_away(play):
    async def scene(stage):
        await at_once(Airflow.objects.update)(base_url="http://127.0.0.1:9")
        return await stage.call()

    got = play(scene, says())

    assert (got.status, got.json()["error"]) == (502, "airflow_unreachable")


def test_a_name_that_nobody_knows(play):
    async def scene(stage):
        await at_once(Airflow.objects.update)(base_url="http://airflow.invalid")
        return await stage.call()

    assert play(scene, says()).status == 502


def test_an_airflow_that_hangs_up(call):
    got, fake = call(hangs_up)

    assert (got.status, got.json()["error"]) == (502, "airflow_unreachable")
    # What only reads is tried once more.
    assert len(fake.calls) == 2


def test_what_may_have_changed_something_is_not_tried_again(call):
    got, fake = call(hangs_up, method="POST", headers=[("content-length", "2")], body=[b"{}"])

    assert (got.status, len(fake.calls)) == (502, 1)


@pytest.mark.parametrize(
    "said", [b"HTTP/1.1 abc\r\n\r\n", b"SSH-2.0\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 20_000]
)
def test_an_answer_that_is_not_http(call, said):
    async def behave(received, writer):
        writer.write(said)

    got, _ = call(behave)

    assert (got.status, got.json()["error"]) == (502, "airflow_unreachable")


def test_a_silent_airflow(call):
    got, _ = call(silent, seconds={"read_seconds": 0.05})

    assert (got.status, got.json()["error"]) == (504, "airflow_timeout")


def test_a_sign_in_that_hangs(play):
    got = play(lambda stage: stage.call(), silent, read_seconds=0.05)

    assert (got.status, got.json()["error"]) == (504, "airflow_timeout")


def test_an_airflow_that_goes_silent_inside_an_answer(call):
    async def behave(received, writer):
        writer.write(response(200, b"x" * 10)[:-4])
        await writer.drain()
        await asyncio.sleep(FOREVER)

    got, _ = call(behave, seconds={"read_seconds": 0.2})

    assert (got.status, got.body, got.is_whole, got.was_cut) == (200, b"x" * 6, False, True)


@pytest.mark.parametrize(
    "said",
    [
        response(200, b"x" * 10)[:-4],
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n6\r\nxxxxxx\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n6\r\nxxxxxx\r\nffff\r\nx",
    ],
)
def test_an_answer_that_airflow_cuts_is_no_success(call, said):
    async def behave(received, writer):
        writer.write(said)
        await writer.drain()
        writer.close()

    got, _ = call(behave)

    assert (got.status, got.body[:6], got.is_whole, got.was_cut) == (200, b"x" * 6, False, True)


def test_a_refusal_that_airflow_cuts_is_one_of_ours(call):
    async def behave(received, writer):
        writer.write(response(403, b"x" * 10)[:-4])
        await writer.drain()
        writer.close()

    got, _ = call(behave)

    assert (got.status, got.is_whole) == (502, True)


def test_a_kept_connection_that_airflow_has_closed_is_no_failure(play):
    async def behave(received, writer):
        writer.write(response(200, b"{}"))
        await writer.drain()
        if received.target.endswith("/last"):
            writer.close()

    async def scene(stage):
        return [
            (await stage.call(path)).status
            for path in ("/api/v2/last", "/api/v2/x", "/api/v2/last", "/api/v2/x")
        ]

    assert play(scene, with_tokens(behave)) == [200, 200, 200, 200]


@pytest.mark.parametrize("has_begun", [True, False])
def test_a_caller_who_leaves_takes_the_connection_to_airflow_along(play, has_begun):
    reached = asyncio.Event()

    async def behave(received, writer):
        if has_begun:
            writer.write(response(200, b"x" * 10)[:-4])
            await writer.drain()
        reached.set()
        assert await received.reader.read() == b""

    async def scene(stage):
        visit = stage.visit()
        await reached.wait()
        if has_begun:
            await visit.arrived.wait()
        stage.fake.closed.clear()
        visit.leave()
        got = await visit.task
        await stage.fake.closed.wait()
        return got

    got = play(scene, with_tokens(behave))

    assert (got.status, got.is_whole) == (200 if has_begun else 0, False)


def test_a_database_that_is_away_is_503(play, monkeypatch):
    def away(*_):
        raise OperationalError("the connection is closed")

    monkeypatch.setattr(admission, "deployment_to_call", away)

    got = play(lambda stage: stage.call(), says())

    assert (got.status, got.header("retry-after")) == (503, str(databases.RETRY_AFTER))


def test_a_database_that_hangs_is_one_that_is_away(monkeypatch):
    monkeypatch.setattr(threads, "ANSWER_SECONDS", 0.01)
    answered = threading.Event()

    async def ask():
        try:
            await threads.Threads().run(answered.wait)
        finally:
            answered.set()

    with pytest.raises(OperationalError) as caught:
        async_to_sync(ask)()

    assert databases.is_unavailable(caught.value)


def test_a_body_that_does_not_come(call, settings):
    settings.BODY_IDLE_SECONDS = 0.05

    got, _ = call(
        says(), method="POST", headers=[("content-length", "4")], body=[b"{ ", asyncio.Event(), b" }"]
    )

    assert (got.status, got.json()["error"]) == (408, "invalid_request")


def test_a_bug_of_ours_is_500_and_says_nothing(play, monkeypatch):
    def broken(*_):
        raise ValueError("internal detail")

    monkeypatch.setattr(admission, "airflow_role", broken)

    got = play(lambda stage: stage.call(), says())

    assert (got.status, got.json()["error"]) == (500, "server_error")
    assert b"internal" not in got.body


@pytest.mark.parametrize(
    ("status", "fields", "retry"),
    [
        (Status.NOT_CONNECTED, {"base_url": ""}, None),
        (Status.CREATING, {"base_url": ""}, "10"),
        (Status.CREATING, {"base_url": "http://127.0.0.1:9"}, "10"),
        (Status.HIBERNATING, {"is_awake": False}, None),
    ],
)
def test_an_airflow_that_cannot_be_called_yet_says_why(play, status, fields, retry):
    async def scene(stage):
        await at_once(Airflow.objects.update)(**fields)
        await at_once(Deployment.objects.update)(status=status)
        return await stage.call()

    got = play(scene, says())

    assert (got.status, got.json()["error"]) == (503, "airflow_unavailable")
    assert got.header("retry-after") == retry


def test_a_deployment_without_an_airflow_says_so(play):
    async def scene(stage):
        await at_once(Airflow.objects.all().delete)()
        return await stage.call()

    got = play(scene, says())

    assert (got.status, "no Airflow" in got.json()["error_description"]) == (503, True)
