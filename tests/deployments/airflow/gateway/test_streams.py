"""Bodies of any length, in either direction, at whatever pace."""

import asyncio

import pytest

from deployments.airflow.gateway import application, incoming
from tests.deployments.airflow.gateway.fake_airflow import response, says, with_tokens
from tests.deployments.airflow.gateway.visitor import until

MIB = 1024 * 1024
PIECE = 64 * 1024


@pytest.fixture(autouse=True)
def nobody_asks_again(monkeypatch):
    """Whether a call may go on is what test_endings is about."""
    monkeypatch.setattr(application, "CONFIRM_SECONDS", 600)


def test_a_body_arrives_by_its_length(call):
    got, fake = call(says(), method="POST", headers=[("content-length", "6")], body=[b"{   ", b" }"])

    assert (got.status, fake.calls[0].body) == (200, b"{    }")
    assert fake.calls[0].header("content-length") == "6"


def test_a_body_of_unknown_length_arrives_in_chunks(call):
    got, fake = call(
        says(), method="POST", headers=[("transfer-encoding", "chunked")], body=[b"{ ", b"", b"}"]
    )

    assert (got.status, fake.calls[0].body) == (200, b"{ }")
    assert fake.calls[0].header("transfer-encoding") == "chunked"


def test_no_body_is_none(call):
    got, fake = call(says(), method="POST")

    assert (got.status, fake.calls[0].body, fake.calls[0].header("content-length")) == (200, b"", "0")


def test_a_body_is_passed_on_while_it_comes(play):
    rest = asyncio.Event()
    seen = []

    async def behave(received, writer):
        seen.append(received)
        writer.write(response(200, b"{}"))

    async def scene(stage):
        visit = stage.visit(method="POST", headers=[("content-length", "4")], body=[b"{ ", rest, b" }"])
        await until(lambda: visit.taken == 2)
        was_early = not seen
        rest.set()
        return await visit.task, was_early, seen[0].body

    got, was_early, body = play(scene, with_tokens(behave))

    assert (got.status, was_early, body) == (200, True, b"{  }")


@pytest.mark.parametrize("headers", [[("content-length", "11")], [("transfer-encoding", "chunked")]])
def test_a_body_beyond_the_limit_is_refused(call, settings, headers):
    settings.GATEWAY_BODY_BYTES = 10

    got, fake = call(says(), method="POST", headers=headers, body=[b"x" * 6, b"x" * 5])

    assert (got.status, got.json()["error"]) == (413, "invalid_request")
    assert not any(each.body for each in fake.calls)


@pytest.mark.parametrize("length", ["-1", "x", "1e3", "+5", "\u0663"])
def test_a_length_that_is_no_number_is_refused(call, length):
    got, fake = call(says(), method="POST", headers=[("content-length", length)])

    assert (got.status, fake.calls) == (413, [])


def test_the_first_bytes_come_before_the_last_are_there(play):
    go_on = asyncio.Event()

    async def behave(received, writer):
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n")
        await writer.drain()
        await go_on.wait()
        writer.write(b"3\r\ntwo\r\n0\r\n\r\n")

    async def scene(stage):
        visit = stage.visit()
        await visit.arrived.wait()
        early = visit.got.body
        go_on.set()
        return early, await visit.task

    early, got = play(scene, with_tokens(behave))

    assert (early, got.body, got.is_whole) == (b"one", b"onetwo", True)


def test_a_long_log_is_never_held_by_the_gateway(play):
    """Airflow has 30 MiB to send. It can send only as much as its reader takes, and what the system's sockets hold."""
    size = 30 * MIB
    sent = 0

    async def behave(received, writer):
        nonlocal sent
        writer.write(f"HTTP/1.1 200 OK\r\ncontent-length: {size}\r\n\r\n".encode())
        while sent < size:
            writer.write(b"x" * PIECE)
            await writer.drain()
            sent += PIECE

    async def scene(stage):
        visit = stage.visit(room=0)
        await visit.started.wait()
        # Until Airflow cannot send more: nothing here moves then.
        before = -1
        while sent != before:
            before = sent
            for _ in range(200):
                await asyncio.sleep(0)
        held = sent
        visit.take(10_000)
        return held, await visit.task

    held, got = play(scene, with_tokens(behave))

    assert (len(got.body), got.is_whole) == (size, True)
    assert held < size / 2


def test_fifty_slow_readers_hold_nobody_up(play):
    async def behave(received, writer):
        if "logs" in received.target:
            writer.write(f"HTTP/1.1 200 OK\r\ncontent-length: {8 * MIB}\r\n\r\n".encode())
            for _ in range(8 * MIB // PIECE):
                writer.write(b"x" * PIECE)
                await writer.drain()
        else:
            writer.write(response(200, b"{}"))

    async def scene(stage):
        readers = [stage.visit("/api/v2/logs", room=0) for _ in range(50)]
        for reader in readers:
            await reader.started.wait()
        others = [(await stage.call()).status for _ in range(10)]
        for reader in readers:
            reader.leave()
        await asyncio.gather(*(reader.task for reader in readers))
        return others

    assert play(scene, with_tokens(behave)) == [200] * 10


def test_only_a_short_body_is_kept(monkeypatch):
    monkeypatch.setattr(incoming, "KEPT_BYTES", 10)

    async def take(pieces):
        left = list(pieces)

        async def receive():
            piece = left.pop(0)
            return {"type": "http.request", "body": piece, "more_body": bool(left)}

        body = incoming.Incoming(receive, MIB)
        return b"".join([each async for each in body.pieces()]), body.can_be_sent_again

    assert asyncio.run(take([b"x" * 5] * 2)) == (b"x" * 10, True)
    assert asyncio.run(take([b"x" * 5] * 3)) == (b"x" * 15, False)
