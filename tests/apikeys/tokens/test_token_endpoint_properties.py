"""Whatever bytes reach the token endpoint, the answer is a documented error in JSON."""

import io
import string
import sys
from typing import Any

import pytest
from django.core.cache import cache
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apikeys import credentials
from cloudui.web.wsgi import Handler
from tests.apikeys.machine import FORM, JSON, error_of

DOCUMENTED = {
    400: {
        "invalid_request",
        "invalid_grant",
        "invalid_scope",
        "unauthorized_client",
        "unsupported_grant_type",
    },
    401: {"invalid_client"},
    405: {"invalid_request"},
    413: {"invalid_request"},
    429: {"temporarily_unavailable"},
}

# A WSGI server hands over headers as Latin-1 text without line breaks.
header = st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"]), max_size=80)
OF_ASTRO_LOGIN = {
    "client_id": "console-cli",
    "code_verifier": "x" * 43,
    "redirect_uri": "http://localhost:12345/callback",
}
names = st.sampled_from(
    [
        "grant_type",
        "client_id",
        "client_secret",
        "audience",
        "scope",
        "code",
        "refresh_token",
        *OF_ASTRO_LOGIN,
        "",
    ]
)
values = st.one_of(
    st.sampled_from(["client_credentials", "authorization_code", "refresh_token", *OF_ASTRO_LOGIN.values()]),
    st.text(max_size=40),
    st.text(max_size=40).map(lambda text: f"cuic_{text}"),
    st.text(max_size=40).map(lambda text: f"cuir_{text}"),
)
# Now and then all that a right request has besides its code or refresh token.
complete = st.dictionaries(st.sampled_from(["grant_type", "code", "refresh_token"]), values).map(
    lambda found: [*OF_ASTRO_LOGIN.items(), *found.items()]
)
pairs = st.one_of(st.lists(st.tuples(names, values), max_size=6), complete)
bodies = st.one_of(
    st.binary(max_size=300),
    pairs.map(lambda found: "&".join(f"{name}={value}" for name, value in found).encode(errors="replace")),
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=10),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    ).map(lambda value: repr(value).encode(errors="replace")),
    st.just(b"x" * 9000),
)
content_types = st.one_of(
    st.sampled_from([FORM, JSON, f"{JSON}; charset=utf-16", f"{FORM}; charset*=x''y", ""]), header
)
authorizations = st.one_of(
    st.none(), header, header.map(lambda text: f"Basic {text}"), header.map(lambda text: f"Bearer {text}")
)


class Answer:
    """What a WSGI application answered, in the form that the helpers read."""

    def __init__(self, environ):
        response = Handler()(environ, self._start)
        self.content = b"".join(response)
        response.close()

    def _start(self, status: str, headers: list[tuple[str, str]], error: Any = None, /) -> Any:
        self.status_code = int(status.split(maxsplit=1)[0])
        self.headers = dict(headers)


def ask(*, method="POST", query="", body=b"", content_type="", authorization=None, length=None):
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": "/oauth/token",
        "QUERY_STRING": query,
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body)) if length is None else length,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "8871",
        "HTTP_HOST": "localhost:8871",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.url_scheme": "http",
    }
    if authorization is not None:
        environ["HTTP_AUTHORIZATION"] = authorization
    cache.clear()
    return Answer(environ)


@pytest.mark.rfc("6749", "5.2")
@pytest.mark.threat("T-E4")
@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    method=st.sampled_from(["POST"] * 9 + ["GET", "PUT", "", "PÖST"]),
    query=st.one_of(st.just(""), header),
    body=bodies,
    content_type=content_types,
    authorization=authorizations,
    length=st.one_of(st.none(), header, st.integers().map(str)),
)
def test_no_input_gives_anything_but_a_documented_error(
    db, method, query, body, content_type, authorization, length
):
    answer = ask(
        method=method,
        query=query,
        body=body,
        content_type=content_type,
        authorization=authorization,
        length=length,
    )

    assert error_of(answer) in DOCUMENTED[answer.status_code]


@pytest.mark.threat("T-E1")
@settings(max_examples=200)
@given(
    position=st.integers(0, credentials.SECRET_LENGTH - 1),
    character=st.sampled_from(string.ascii_letters + string.digits + "_-. é"),
)
def test_every_change_of_one_character_fails_the_tag(position, character):
    secret = credentials.generate_secret().reveal()
    changed = secret[:position] + character + secret[position + 1 :]

    assert credentials.has_genuine_tag(secret)
    assert credentials.has_genuine_tag(changed) == (changed == secret)
