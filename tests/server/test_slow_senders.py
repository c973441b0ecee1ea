"""Nobody keeps others from being served by being slow (each of these stopped granian's own WSGI worker)."""

import json
import socket
import time

import pytest

from tests.server.conftest import read

POST = b"POST / HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n"
# More than one worker has threads and places.
MANY = 150


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: x\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        POST % b"Content-Length: 100" + b"half",
        POST % b"Content-Length: 1000000" + b"half",
        POST % b"Content-Length: 100000000",
        POST % b"Transfer-Encoding: chunked" + b"4\r\nhalf\r\n",
    ],
    ids=[
        "silent",
        "half a head",
        "kept alive",
        "half a body",
        "half a long body",
        "no body",
        "half of chunks",
    ],
)
def test_many_of_them_change_nothing(server, sent):
    connections = [server.connect() for _ in range(MANY)]
    for connection in connections:
        connection.sendall(sent)

    answer = server.send(POST % b"Content-Length: 5" + b"whole")

    assert json.loads(answer.read())["length"] == 5
    for connection in connections:
        connection.close()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"", None),
        (b"GET / HTTP/1.1\r\n", None),
        (POST % b"Content-Length: 100" + b"half", 408),
        (POST % b"Content-Length: 1000000" + b"half", 408),
        (POST % b"Transfer-Encoding: chunked" + b"4\r\nhalf\r\n", 408),
    ],
    ids=["silent", "half a head", "half a body", "half a long body", "half of chunks"],
)
def test_what_does_not_come_ends_the_connection(impatient, sent, status):
    with impatient.connect() as connection:
        connection.sendall(sent)
        if status:
            answer = read(connection)
            assert (answer.status, answer.getheader("Connection")) == (status, "close")
            answer.read()
        assert connection.recv(1000)[9:12] in {b"", b"408"}
        assert connection.recv(1) == b""


def test_a_body_that_drips_ends_too(impatient):
    with impatient.connect() as connection:
        connection.sendall(POST % b"Content-Length: 100000")
        connection.setblocking(False)
        end = time.monotonic() + 15
        while not (got := _received(connection)) and time.monotonic() < end:
            connection.send(b"x")
        assert got.startswith(b"HTTP/1.1 408 ")


def _received(connection: socket.socket) -> bytes:
    time.sleep(0.2)
    try:
        return connection.recv(1000)
    except BlockingIOError:
        return b""


def test_the_health_check_is_answered_while_all_places_are_taken(server):
    held = [server.connect() for _ in range(70)]
    for connection in held:
        connection.sendall(b"GET /hold HTTP/1.1\r\nHost: x\r\n\r\n")

    answer = server.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.status == 200
    assert server.send(b"GET /healthz?release HTTP/1.1\r\nHost: x\r\n\r\n").status == 200

    assert [read(connection).status for connection in held] == [200] * 70
    for connection in held:
        connection.close()
