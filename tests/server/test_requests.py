"""What reaches the application of a request, and what of its answer reaches the caller."""

import hashlib
import http.client
import json

import pytest

from tests.server.conftest import read

HEAD = b"GET /%s HTTP/1.1\r\nHost: console.example.com\r\n"


def told(answer):
    return json.loads(answer.read())


def environ_of(server, head: bytes) -> dict[str, str]:
    with server.connect() as connection:
        connection.sendall(head + b"\r\n")
        return told(read(connection))["environ"]


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        (b"Accept: text/html", "HTTP_ACCEPT", "text/html"),
        (b"Accept: a\r\nAccept: b", "HTTP_ACCEPT", "a,b"),
        (b"Cookie: a=1\r\nCookie: b=2", "HTTP_COOKIE", "a=1; b=2"),
        (b"Content-Type: a/b\r\nContent-Type: c/d", "CONTENT_TYPE", "a/b"),
        (b"Content-Type: a/b", "HTTP_CONTENT_TYPE", None),
        # Nobody may pass for a proxy by a name that becomes the same variable.
        (b"X_Forwarded_For: 192.0.2.1", "HTTP_X_FORWARDED_FOR", None),
        (b"X-Forwarded-For: 192.0.2.1\r\nX_Forwarded_For: 192.0.2.2", "HTTP_X_FORWARDED_FOR", "192.0.2.1"),
        (b"Accept: \xe9", "HTTP_ACCEPT", None),
    ],
)
def test_a_header_becomes_a_variable(server, line, name, value):
    assert environ_of(server, HEAD % b"" + line + b"\r\n").get(name) == value


@pytest.mark.parametrize(
    ("address", "path", "query"),
    [
        (b"", "/", ""),
        (b"a%20b/%2F?q=%20&r", "/a b//", "q=%20&r"),
        (b"%C3%A9", "/\u00c3\u00a9", ""),
        (b"a?", "/a", ""),
    ],
)
def test_the_address_is_decoded_as_pep_3333_has_it(server, address, path, query):
    environ = environ_of(server, HEAD % address)
    assert (environ["PATH_INFO"], environ["QUERY_STRING"]) == (path, query)


def test_the_rest_of_the_environment(server):
    environ = environ_of(server, HEAD % b"")
    assert {name: environ[name] for name in ("REQUEST_METHOD", "SERVER_PROTOCOL", "REMOTE_ADDR")} == {
        "REQUEST_METHOD": "GET",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
    }
    assert (environ["HTTP_HOST"], environ["SERVER_PORT"]) == ("console.example.com", str(server.port))
    # What the server was started with is nobody's business.
    assert "CLOUDUI_DATA_DIR" not in environ


@pytest.mark.parametrize("size", [1, 5_000, 100_000, 1_048_576])
@pytest.mark.parametrize("in_chunks", [False, True])
def test_a_body_arrives_whole_and_the_connection_serves_the_next_request(server, size, in_chunks):
    body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=15)
    for _ in range(2):
        pieces = (body[start : start + 10_000] for start in range(0, size, 10_000))
        connection.request("POST", "/", body=pieces if in_chunks else body, encode_chunked=in_chunks)
        answer = told(connection.getresponse())
        assert answer["length"] == size
        assert answer["sha256"] == hashlib.sha256(body).hexdigest()
        assert answer["environ"]["CONTENT_LENGTH"] == str(size)
        assert answer["is_first_run"]
    connection.close()


@pytest.mark.parametrize("in_chunks", [False, True])
@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/", 1_048_577, 413),
        ("/large", 3_000_000, 200),
        ("/large", 3_000_001, 413),
        ("/large", 9_000_000, 413),
        ("/forbidden", 9_000_000, 403),
    ],
)
def test_more_than_a_mebibyte_needs_leave(server, in_chunks, path, size, status):
    body = b"0123456789" * (size // 10) + b"x" * (size % 10)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=15)
    pieces = (body[start : start + 100_000] for start in range(0, size, 100_000))
    connection.request("POST", path, body=pieces if in_chunks else body, encode_chunked=in_chunks)

    answer = connection.getresponse()

    assert answer.status == status
    if status == 200:
        heard = told(answer)
        assert heard["sha256"] == hashlib.sha256(body).hexdigest()
        # The run with the head alone was the first: what is counted once was counted then.
        assert not heard["is_first_run"]
    connection.close()


def test_who_asks_before_sending_hears_the_refusal_first(server):
    head = b"POST /%s HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2000000\r\n\r\n"
    with server.connect() as connection:
        connection.sendall(head % b"large")
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
    with server.connect() as connection:
        connection.sendall(head % b"forbidden")
        assert connection.recv(100).startswith(b"HTTP/1.1 403 ")


@pytest.mark.parametrize(
    ("head", "body"),
    [(b"Content-Length: 10", b"12345"), (b"Transfer-Encoding: chunked", b"5\r\n12345\r\n")],
    ids=["length", "chunks"],
)
@pytest.mark.parametrize("more", [b"", b"x" * 100_000], ids=["short", "long"])
def test_of_a_cut_body_the_application_sees_nothing(server, head, body, more):
    if more:
        head, body = head.replace(b"10", b"200000"), body.replace(b"5\r\n12345", b"186A0\r\n%s" % more)
        body = body if b"\r\n" in body else more
    with server.connect() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n%s" % (head, body))
        connection.shutdown(1)
        assert b"X-Seen" not in connection.recv(1000)


def test_an_answer_streams_or_has_its_length(server):
    streamed, whole = server.send(HEAD % b"stream" + b"\r\n"), server.send(HEAD % b"" + b"\r\n")
    assert streamed.getheader("Transfer-Encoding") == "chunked"
    assert whole.getheader("Content-Length") is not None


def test_a_head_is_answered_without_a_body(server):
    with server.connect() as connection:
        connection.sendall(HEAD.replace(b"GET", b"HEAD") % b"" + b"\r\n")
        answer = read(connection, "HEAD")
        assert (answer.status, answer.read()) == (200, b"")
        assert int(answer.getheader("Content-Length", "0")) > 0


@pytest.mark.parametrize("path", [b"fails", b"exits"])
@pytest.mark.parametrize("length", [b"", b"Content-Length: 2000000\r\n"], ids=["no body", "long body"])
def test_an_application_that_fails_is_a_500(server, path, length):
    assert server.send(HEAD % path + length + b"\r\n").status == 500


def test_an_address_that_a_proxy_has_passed_on_is_never_left_out(server):
    # A proxy appends it to what the caller wrote, and granian leaves out what is not ASCII.
    forwarded = b"X-Forwarded-For: \xe9, 203.0.113.5\r\n"
    assert server.send(HEAD % b"" + forwarded + b"\r\n").status == 400


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 400_000 + b"\r\n\r\n", 431),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
        (b"nonsense\r\n\r\n", 400),
    ],
    ids=["long head", "two lengths", "no length", "no HTTP"],
)
def test_what_is_no_request_is_refused(server, sent, status):
    assert server.send(sent).status == status
