"""The token endpoint takes what real programs send: values out of files, a BOM, null, chunks."""

import base64
import io
import json
from urllib.parse import urlencode

import pytest
from django.core.cache import cache
from django.test import Client

from apikeys.tokens.oauth.clients import INVALID
from tests.apikeys.machine import FORM, JSON, credentials_of, error_of, forged, post, whoami

pytestmark = pytest.mark.django_db


def form_of(issued) -> bytes:
    return urlencode(credentials_of(issued)).encode()


def sent(body: bytes, kind: str = FORM):
    return Client().generic("POST", "/oauth/token", body, content_type=kind)


def in_chunks(body: bytes, **server):
    """Without a length, from a server that says where the body ends and hands over some bytes at a time."""
    environ = {"wsgi.input": Dripping(body), "wsgi.input_terminated": True, **server}
    return Client().generic(
        "POST",
        "/oauth/token",
        content_type=FORM,
        headers={"Transfer-Encoding": "chunked"},
        **{"CONTENT_LENGTH": "", **environ},
    )


class Dripping(io.BytesIO):
    def read(self, size=-1, /):
        return super().read(min(size, 7))


@pytest.mark.parametrize(
    "send",
    [
        pytest.param(
            lambda issued: sent(
                json.dumps({**credentials_of(issued), "scope": None, "audience": None}).encode(), JSON
            ),
            id="JSON with null",
        ),
        pytest.param(lambda issued: sent(b"\xef\xbb\xbf" + form_of(issued)), id="form with a BOM"),
        pytest.param(
            lambda issued: sent(b"\xef\xbb\xbf" + json.dumps(credentials_of(issued)).encode(), JSON),
            id="JSON with a BOM",
        ),
        pytest.param(lambda issued: in_chunks(form_of(issued)), id="in chunks"),
    ],
)
def test_what_differs_in_form_only_buys_a_token(issued, send):
    response = send(issued)

    assert response.status_code == 200
    assert whoami(response.json()["access_token"]).json()["id"] == issued.key.pk


AROUND = [
    "\n", "\r\n", " ", "\t", "\u00a0", "\ufeff",
    '"', "'", "`", "\u201c", "\u2019",
]  # fmt: skip
TRIMMED = AROUND[:6]


@pytest.mark.threat("T-E1")
@pytest.mark.parametrize("around", AROUND, ids=ascii)
@pytest.mark.parametrize("parameter", ["client_id", "client_secret"])
def test_what_came_from_a_file_around_a_value_is_trimmed_or_said_whether_or_not_the_value_is_real(
    issued, around, parameter
):
    """Before, behind and on both sides; in the body and with HTTP Basic; a right, a wrong and a nonsensical value."""
    right = credentials_of(issued)
    for value in (right[parameter], forged(issued), "nonsense"):
        for changed in (around + value, value + around, around + value + around):
            pair = {**right, parameter: changed}
            both = f"{pair['client_id']}:{pair['client_secret']}".encode()
            header = f"Basic {base64.b64encode(both).decode()}"
            answers = [
                post("/oauth/token", pair),
                Client().post("/oauth/token", pair, content_type=JSON),
                post("/oauth/token", {"grant_type": "client_credentials"}, Authorization=header),
            ]
            if around not in TRIMMED:
                expected = (400, f"Remove the quotation marks around {parameter}.")
            elif value == right[parameter]:
                expected = (200, "")
            else:
                expected = (401, INVALID)
            found = {(answer.status_code, answer.json().get("error_description", "")) for answer in answers}
            assert found == {expected}, changed
    cache.clear()


@pytest.mark.parametrize(("size", "status"), [(8192, 401), (8193, 413), (100_000, 413)])
def test_a_body_in_chunks_is_as_long_as_any_other(size, status):
    start = b"grant_type=client_credentials&client_id=a&client_secret="

    assert in_chunks(start + b"b" * (size - len(start))).status_code == status


def test_a_body_whose_end_nobody_knows_is_asked_for_its_length(issued):
    answer = in_chunks(form_of(issued), **{"wsgi.input_terminated": False})

    assert (answer.status_code, error_of(answer)) == (411, "invalid_request")
