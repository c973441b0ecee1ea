"""The calls of Azure's Blob REST API that the `astro` client's library makes to upload an archive."""

import base64
from urllib.parse import quote

import pytest
from django.test import Client
from django.utils import timezone

from deployments.deploys.source import DeploySource
from deployments.deploys.staging import announce
from deployments.deploys.store.staged import StagedArchive
from deployments.models import StagedDeploy

pytestmark = pytest.mark.django_db

FIRST, SECOND = (base64.b64encode(name * 64).decode() for name in (b"1", b"2"))
LIST = '<?xml version="1.0" encoding="UTF-8"?>\n<BlockList>{}</BlockList>'


@pytest.fixture(autouse=True)
def root(settings, tmp_path):
    settings.DAGS_ROOT = tmp_path / "dags"


@pytest.fixture
def announced(as_caller, deployment):
    return announce(as_caller, deployment, source=DeploySource())


@pytest.fixture
def path(announced):
    return f"/uploads/{announced[1]}"


def put(path: str, content: bytes | str = b"x", *, query: str = "", **headers: str):
    return Client(enforce_csrf_checks=True).put(
        f"{path}{query}", content, "application/octet-stream", headers=headers
    )


def block(name: str) -> str:
    return f"?comp=block&blockid={quote(name, safe='')}"


def listed(*names: str) -> str:
    return LIST.format("".join(f"<Latest>{name}</Latest>" for name in names))


def content_of(announced) -> bytes:
    with StagedArchive(announced[0].pk).open() as stream:
        return stream.read()


def test_blocks_and_their_list_make_an_archive(path, announced):
    for name, content in ((SECOND, b"world"), (FIRST, b"hello ")):
        response = put(path, content, query=block(name))
        assert (response.status_code, response.content) == (201, b"")

    response = put(path, listed(FIRST, SECOND), query="?comp=blocklist")

    assert (response.status_code, response.content) == (201, b"")
    assert response.headers["x-ms-version-id"] == announced[0].pk
    assert content_of(announced) == b"hello world"


def test_a_small_archive_comes_in_one_piece(path, announced):
    response = put(path, b"hello", **{"x-ms-blob-type": "BlockBlob"})
    assert (response.status_code, response.headers["x-ms-version-id"]) == (201, announced[0].pk)
    assert content_of(announced) == b"hello"


@pytest.mark.parametrize(
    ("content", "query", "headers", "status", "code"),
    [
        (b"x", "?comp=page", {}, 400, "InvalidQueryParameterValue"),
        (b"x", "", {}, 400, "InvalidQueryParameterValue"),
        (b"x", "", {"x-ms-blob-type": "PageBlob"}, 400, "InvalidQueryParameterValue"),
        (b"x", "?comp=block", {}, 400, "InvalidQueryParameterValue"),
        (b"x", "?comp=block&blockid=../x", {}, 400, "InvalidQueryParameterValue"),
        (b"x", f"?comp=block&blockid={'A' * 129}", {}, 400, "InvalidQueryParameterValue"),
        (b"", "?comp=blocklist", {}, 400, "InvalidXmlDocument"),
        (b"\xff", "?comp=blocklist", {}, 400, "InvalidXmlDocument"),
        (LIST.format(""), "?comp=blocklist", {}, 400, "InvalidXmlDocument"),
        (LIST.format("<Latest>&a;</Latest>"), "?comp=blocklist", {}, 400, "InvalidXmlDocument"),
        ("<!DOCTYPE a []>" + listed(FIRST), "?comp=blocklist", {}, 400, "InvalidXmlDocument"),
        (listed(FIRST), "?comp=blocklist", {}, 400, "InvalidBlockList"),
    ],
)
def test_anything_else_is_refused_with_a_code(content, query, headers, status, code, path):
    response = put(path, content, query=query, **headers)
    assert (response.status_code, response.headers["x-ms-error-code"]) == (status, code)
    assert response.json()["error_description"]


def test_an_address_that_is_over_says_so(path):
    StagedDeploy.objects.update(ends_at=timezone.now())
    response = put(path, query=block(FIRST))
    assert (response.status_code, response.headers["x-ms-error-code"]) == (403, "AuthenticationFailed")


@pytest.mark.threat("T-L5")
def test_an_address_opens_this_one_upload_and_nothing_else(path, announced, deployment):
    assert put("/uploads/unknown").status_code == 404
    assert Client().get(path).status_code == 405
    api = f"/v1/deployments/{deployment.pk}"
    capability = announced[1]
    assert Client().get(api, headers={"Authorization": f"Bearer {capability}"}).status_code == 401
    assert put(path, query=block(FIRST)).headers["Cache-Control"] == "no-store"


def test_the_disk_may_be_full(path, disk_with):
    disk_with(0).clear()
    response = put(path, query=block(FIRST))
    assert (response.status_code, response.headers["Retry-After"]) == (507, "60")


@pytest.mark.threat("T-S4")
def test_its_line_in_the_log_names_neither_the_address_nor_the_caller(path, caplog):
    put(path, query=block(FIRST))

    (line,) = (record.lines for record in caplog.records if hasattr(record, "lines"))
    assert "caller=nobody route=/uploads/<str:capability> method=PUT status=201" in line
    assert path.removeprefix("/uploads/") not in caplog.text


@pytest.mark.parametrize(
    "body",
    [" " * 500_000, f"<BlockList>{' ' * 500_000}</BlockList>", f"{' ' * 500_000}<BlockList>"],
)
@pytest.mark.timeout(20)
def test_white_space_in_the_list_takes_no_time(path, body):
    """A pattern that tries each place of it anew held a whole process for minutes."""
    assert put(path, body, query="?comp=blocklist").status_code == 400


def test_a_list_names_no_more_blocks_than_may_be_sent(path):
    put(path, b"x", query=block(FIRST))

    response = put(path, listed(*[FIRST] * 1025), query="?comp=blocklist")

    assert (response.status_code, response.headers["x-ms-error-code"]) == (400, "InvalidBlockList")


def test_a_block_whose_neighbour_is_renamed_meanwhile_is_taken(path, announced, monkeypatch):
    """The client sends several at once, so a file may go between its being listed and measured."""
    put(path, b"x", query=block(FIRST))
    (StagedArchive(announced[0].pk).path / "renamed.new").symlink_to("gone")

    assert put(path, b"y", query=block(SECOND)).status_code == 201
