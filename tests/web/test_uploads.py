"""How much a form may bring in files, before anybody has looked at who sends it."""

from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import RequestFactory

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


def sent(view, user, size):
    """A request as the view would read it, with one file of this size."""
    request = RequestFactory().post("/", {"before": "1", "file": SimpleUploadedFile("f", bytes(size))})
    request.user = user
    UploadLimitMiddleware(view).process_view(request, view, (), {})
    return request


def test_a_page_that_takes_files_keeps_them_on_disk(somebody):
    request = sent(takes_much, somebody, 3 * MIB)
    with request.FILES["file"] as file:
        assert (file.size, Path(file.temporary_file_path()).stat().st_mode & 0o077) == (3 * MIB, 0)
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
    assert not hasattr(sent(view, user, MIB).FILES["file"], "temporary_file_path")
    request = sent(view, user, 2 * MIB)
    assert (dict(request.FILES), was_too_large(request)) == ({}, True)


def test_the_sign_in_page_keeps_no_file_of_a_stranger(client, monkeypatch):
    kept: list[object] = []
    monkeypatch.setattr("cloudui.web.uploads.TemporaryFileUploadHandler.new_file", kept.append)
    answer = client.post("/account/login/", {"file": SimpleUploadedFile("f", bytes(4 * MIB))})
    assert (answer.status_code, kept) == (200, [])
