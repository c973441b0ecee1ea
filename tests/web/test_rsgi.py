"""What the server keeps of bodies and places, whoever is refused and whatever fails."""

import threading
from types import SimpleNamespace

import pytest

from cloudui.web.bodies import place
from cloudui.web.disk import MIB, NoSpace, Space, require_space, reserve
from cloudui.web.rsgi import application, receiving
from cloudui.web.rsgi.places import Places
from cloudui.web.rsgi.receiving import Body, Pace, Receiver

KIB = 1024


class Future:
    """One of granian's that is complete."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def add_done_callback(self, resume, _context) -> None:
        resume.is_done = True

    def cancelled(self) -> bool:
        return False

    def exception(self) -> None:
        return None

    def result(self) -> bytes:
        return self._data

    def cancel(self) -> None:
        """Nothing is on its way."""


class Proto:
    """A connection that brings these pieces."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = list(pieces)
        self.status: int | None = None

    def __aiter__(self):
        return self

    def __anext__(self) -> Future:
        return Future(self.pieces.pop(0))

    def response_bytes(self, status, _headers, _body) -> None:
        self.status = status


@pytest.fixture
def arrived():
    return []


@pytest.fixture
def receiver(arrived, monkeypatch):
    monkeypatch.setattr(receiving, "ALL_BYTES", 100 * KIB)
    return Receiver(Pace(30, 1024), arrived.append, lambda _body: None)


def send(receiver: Receiver, size: int, *, at_once: bool) -> Proto:
    proto = Proto(b"x" * size)
    receiver.receive(Body(proto, {}, size), Future(b"x" * size) if at_once else None)
    return proto


@pytest.mark.parametrize("at_once", [True, False])
def test_bodies_that_wait_for_a_place_count(receiver, arrived, at_once):
    sent = [send(receiver, 30 * KIB, at_once=at_once) for _ in range(5)]
    assert [proto.status for proto in sent] == [None, None, None, 503, 503]

    for body in arrived:
        receiver.release(body)

    assert send(receiver, 30 * KIB, at_once=at_once).status is None


def test_a_body_that_is_refused_while_a_piece_comes_counts_no_more(receiver, arrived, monkeypatch):
    took = receiver._took

    def refused_meanwhile(body, future):
        receiver._cut(body)
        return took(body, future)

    monkeypatch.setattr(receiver, "_took", refused_meanwhile)
    for _ in range(5):
        send(receiver, 30 * KIB, at_once=False)
    monkeypatch.undo()

    assert receiver._in_memory == 0


def test_nor_does_it_ask_for_leave_to_be_longer(monkeypatch):
    grown: list[Body] = []
    receiver = Receiver(Pace(30, 1024), lambda _body: None, grown.append)
    took = receiver._took

    def refused_meanwhile(body, future):
        receiver._cut(body)
        return took(body, future)

    monkeypatch.setattr(receiver, "_took", refused_meanwhile)
    proto = Proto(b"x" * 2_000_000)
    receiver.receive(Body(proto, {}, None))

    assert (proto.status, grown) == (400, [])


def test_a_job_that_fails_gives_its_place_back():
    places, done = Places(1), threading.Event()

    def fail() -> None:
        raise SystemExit

    places.run(fail)
    places.run(done.set)

    assert done.is_set()


def test_a_job_that_brings_another_does_not_take_two_places():
    places = Places(2)
    order: list[str] = []

    def outer() -> None:
        places.run(order.append, "inner")
        order.append("outer")

    places.run(outer)

    assert order == ["outer", "inner"]
    assert places.waiting == 0


class Scope:
    """The head of a request without a body."""

    scheme, method, http_version, query_string, authority = "http", "GET", "1.1", "", "x"
    server = client = "127.0.0.1:80"

    def __init__(self, path: str) -> None:
        self.path = path
        self.headers: dict[str, str] = {}


@pytest.mark.parametrize(("path", "status"), [("/", 503), ("/healthz", 200)])
def test_requests_wait_for_a_place_but_not_without_end(monkeypatch, path, status):
    monkeypatch.setattr(application, "MOST_WAITING", 2)
    called: list[str] = []

    def answer(environ, start_response):
        called.append(environ["PATH_INFO"])
        start_response("200 OK", [])
        return Whole([b""])

    busy = application.Application(answer, places=0, pace=Pace(30, 1024))
    watchers = [SimpleNamespace(scope=Scope(each), proto=Proto()) for each in ("/", "/", path)]
    for watcher in watchers:
        busy(watcher)

    assert [watcher.proto.status for watcher in watchers] == [None, None, status]
    assert called == (["/healthz"] if status == 200 else [])


class Whole(list[bytes]):
    streaming = False


# On the disk


@pytest.fixture
def left(disk_with):
    return disk_with(100 * MIB)


def send_on_disk(receiver: Receiver, *pieces: bytes) -> tuple[Proto, Body]:
    """A body that was admitted with what is reserved for it."""
    proto = Proto(*pieces)
    body = Body(proto, {}, sum(map(len, pieces)))
    receiver.resume(body, 100 * MIB, reserve(place(), 50 * MIB))
    return proto, body


def test_a_disk_that_others_fill_refuses_the_body_and_keeps_nothing(receiver, arrived, left, monkeypatch):
    monkeypatch.setattr(receiving, "ALL_BYTES", 100 * MIB)
    use = Space.use

    def fill(space: Space, size: int) -> None:
        left.clear()
        use(space, size)

    monkeypatch.setattr(Space, "use", fill)
    proto, body = send_on_disk(receiver, *[b"x" * MIB] * 6)

    assert (proto.status, arrived, body.file.closed) == (507, [], True)
    left.free = 100 * MIB
    require_space(place(), 100 * MIB)


def test_what_is_reserved_for_a_body_ends_when_it_is_answered(receiver, arrived, left):
    send_on_disk(receiver, *[b"x" * MIB] * 6)
    with pytest.raises(NoSpace):
        require_space(place(), 60 * MIB)

    arrived[0].file.close()
    receiver.release(arrived[0])

    require_space(place(), 100 * MIB)
