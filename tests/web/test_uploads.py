"""How much a form may bring in files, before anybody has looked at who sends it."""

import os

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import InMemoryUploadedFile, SimpleUploadedFile
from django.http import HttpResponse
from django.test import RequestFactory

from cloudui.web import disk
from cloudui.web.bodies import SPACE, place
from cloudui.web.disk import NoSpace
from cloudui.web.uploads import ENVELOPE_BYTES, UploadLimitMiddleware, takes_files, was_too_large
from tests.factories import create_user

MIB = 1024 * 1024


@takes_files(most_bytes=3 * MIB, admit=lambda _request: None)
def takes_much(_request):
    return HttpResponse()


def refuse(_request):
    raise PermissionDenied


@takes_files(most_bytes=3 * MIB, admit=refuse)
def takes_nothing_of_this_person(_request):
    return HttpResponse()


def takes_little(_request):
    return HttpResponse()


class Nobody:
    is_authenticated = False


@pytest.fixture
def somebody(db):
    return create_user()


def sent(view, user, size, **environ):
    """A request as the view would read it, with one file of this size."""
    request = RequestFactory().post(
        "/", {"before": "1", "file": SimpleUploadedFile("f", bytes(size))}, **environ
    )
    request.user = user
    UploadLimitMiddleware(view).process_view(request, view, (), {})
    return request


def test_a_page_that_takes_files_keeps_them_on_disk_without_a_name(somebody):
    request = sent(takes_much, somebody, 3 * MIB)
    with request.FILES["file"] as file:
        kept = os.fstat(file.fileno())
        assert (file.size, kept.st_size, kept.st_nlink) == (3 * MIB, 3 * MIB, 0)
    assert not was_too_large(request)


def test_more_than_that_is_left_out_and_the_other_fields_stay(somebody):
    request = sent(takes_much, somebody, 3 * MIB + ENVELOPE_BYTES)
    assert (request.POST["before"], dict(request.FILES)) == ("1", {})
    assert was_too_large(request)


@pytest.mark.parametrize(
    ("view", "is_signed_in"),
    [(takes_much, False), (takes_little, True), (takes_nothing_of_this_person, True)],
)
def test_others_take_small_files_into_memory_and_nothing_more(somebody, view, is_signed_in):
    user = somebody if is_signed_in else Nobody()
    assert sent(view, user, MIB).FILES["file"].size == MIB
    assert isinstance(sent(view, user, MIB).FILES["file"], InMemoryUploadedFile)
    request = sent(view, user, 2 * MIB)
    assert (dict(request.FILES), was_too_large(request)) == ({}, True)


@pytest.mark.django_db
def test_the_sign_in_page_keeps_no_file_of_a_stranger(client, monkeypatch):
    kept: list[object] = []
    monkeypatch.setattr("cloudui.web.uploads.tempfile.TemporaryFile", kept.append)
    answer = client.post("/account/login/", {"file": SimpleUploadedFile("f", bytes(4 * MIB))})
    assert (answer.status_code, kept) == (200, [])


@pytest.mark.parametrize("free", [0, 5 * MIB])
def test_a_file_without_space_is_answered_before_the_view(somebody, disk_with, monkeypatch, free):
    left = disk_with(free)
    use = disk.Space.use

    def fill(space, size):
        left.clear()
        use(space, size + disk.EVERY_BYTES)

    monkeypatch.setattr(disk.Space, "use", fill)
    request = sent(takes_much, somebody, 3 * MIB)

    assert request.POST["before"] == "1"
    with pytest.raises(NoSpace):
        takes_much(request)


def test_what_the_server_reserved_is_used_for_the_file(somebody, disk_with):
    left = disk_with(10 * MIB)
    reserved = disk.reserve(place(), 10 * MIB)
    request = sent(takes_much, somebody, 3 * MIB, **{SPACE: reserved})

    with request.FILES["file"] as file:
        assert file.size == 3 * MIB
    left.free -= 3 * MIB
    reserved.release()
    disk.require_space(place(), 7 * MIB)
