"""The requests that the server hands over."""

import io

import pytest
from django.core.exceptions import BadRequest
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.core.signals import request_finished
from django.http import UnreadablePostError

from cloudui.web.bodies import BodyAdmitted, place
from cloudui.web.disk import reserve
from cloudui.web.wsgi import Handler, TolerantRequest

FORM = b"key-0=A&value-0=1&key-1=B&value-1=2"


class Dripping(io.BytesIO):
    """A server that hands over a byte at a time."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(1, size or 0))


def request(
    body: io.BytesIO, *, length: int, kind: str = "application/x-www-form-urlencoded"
) -> TolerantRequest:
    return TolerantRequest(
        {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/",
            "QUERY_STRING": "q=%C3%A9",
            "CONTENT_TYPE": kind,
            "CONTENT_LENGTH": str(length),
            "wsgi.input": body,
        }
    )


@pytest.mark.parametrize("stream", [io.BytesIO, Dripping])
def test_a_whole_body_is_read(stream):
    whole = request(stream(FORM + b"of the next request"), length=len(FORM))
    assert whole.POST.dict() == {"key-0": "A", "value-0": "1", "key-1": "B", "value-1": "2"}


@pytest.mark.parametrize("received", [b"", FORM[:17]])
def test_what_was_cut_off_is_not_taken_for_the_whole(received):
    with pytest.raises(UnreadablePostError):
        _ = request(io.BytesIO(received), length=len(FORM)).POST


def test_it_is_read_piece_by_piece():
    cut = request(io.BytesIO(b"12345"), length=7)
    assert [cut.read(2), cut.read(2)] == [b"12", b"34"]
    with pytest.raises(UnreadablePostError):
        cut.read(2)


def test_nothing_announced_is_nothing():
    empty = TolerantRequest({"REQUEST_METHOD": "GET", "PATH_INFO": "/", "wsgi.input": io.BytesIO(b"x")})
    assert (empty.body, empty.read(1)) == (b"", b"")


class Watched(io.BytesIO):
    """A body that remembers how much was asked of it at once."""

    most = 0

    def read(self, size: int | None = -1, /) -> bytes:
        piece = super().read(size)
        self.most = max(self.most, len(piece))
        return piece

    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(size)
        self.most = max(self.most, len(line))
        return line


def test_what_nobody_reads_is_thrown_away_in_pieces_although_it_is_one_line():
    head = b'--x\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'
    body = Watched(head + b"a" * 5_000_000)
    sent = request(body, length=len(body.getvalue()), kind="multipart/form-data; boundary=x")
    sent.upload_handlers = [Refusing()]

    _ = sent.POST

    assert sent.read(1) == b""
    assert body.most <= 64 * 1024


class Refusing(FileUploadHandler):
    """Wants no file."""

    def new_file(self, *_args, **_kwargs):
        raise StopUpload(connection_reset=False)

    def receive_data_chunk(self, raw_data, start):
        return raw_data

    def file_complete(self, file_size):
        return None


@pytest.mark.parametrize(
    "charset", ["utf-8", "UTF8", "utf-7", "base64", "rot13", "punycode", "undefined", "latin-1"]
)
def test_an_address_is_utf_8_whatever_the_caller_says_and_a_form_must_be(charset):
    body = "name=é".encode()
    kind = f"application/x-www-form-urlencoded; charset={charset}"
    sent = request(io.BytesIO(body), length=len(body), kind=kind)

    assert sent.GET.dict() == {"q": "é"}
    if charset in {"utf-8", "UTF8"}:
        assert sent.POST.dict() == {"name": "é"}
    else:
        with pytest.raises(BadRequest):
            _ = sent.POST


def test_who_only_reads_may_name_any_charset():
    sent = TolerantRequest(
        {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": "/",
            "CONTENT_TYPE": "text/plain; charset=base64",
            "wsgi.input": io.BytesIO(),
        }
    )

    assert sent.POST.dict() == {}


@pytest.mark.django_db
def test_a_run_with_the_head_alone_ends_as_every_request_does(monkeypatch):
    # The database connections of a thread are given back at the end of a request, to a pool of few.
    def admits(_handler, _request):
        raise BodyAdmitted(1, reserve(place(), 1))

    monkeypatch.setattr(Handler, "load_middleware", lambda handler: None)
    monkeypatch.setattr(Handler, "get_response", admits)
    ended: list[object] = []
    request_finished.connect(lambda **_: ended.append(1), weak=False, dispatch_uid="test")
    try:
        with pytest.raises(BodyAdmitted):
            Handler()(request(io.BytesIO(), length=0).META, lambda *_: None)
    finally:
        request_finished.disconnect(dispatch_uid="test")

    assert ended == [1]
