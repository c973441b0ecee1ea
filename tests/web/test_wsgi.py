"""The requests that the server hands over."""

import io

import pytest
from django.http import UnreadablePostError

from cloudui.web.wsgi import TolerantRequest

FORM = b"key-0=A&value-0=1&key-1=B&value-1=2"


class Dripping(io.BytesIO):
    """A server that hands over a byte at a time."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(1, size or 0))


def request(body: io.BytesIO, *, length: int) -> TolerantRequest:
    return TolerantRequest(
        {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/",
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
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
