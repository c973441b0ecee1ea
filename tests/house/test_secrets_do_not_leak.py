"""A key secret is in the answer that shows it and nowhere else.

One flow does everything that is done with a key, by the console, by a pipeline and by an operator. Then every
place that keeps something is searched for every secret and token of that flow, in every form it could have.
"""

import base64
import functools
import logging
import re
from dataclasses import dataclass, field

import pytest
from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import caches
from django.db import connection
from django.http import HttpRequest

from apikeys.credentials import KeySecret
from apikeys.models import ApiKey, ApiKeySecret
from tests.apikeys.machine import post, whoami
from tests.apikeys.pages import SECRET, nonce_in, secret_in
from tests.cast import HX, Cast, Place, assemble
from tests.house.routes import pages
from tests.house.tables import dump
from tests.house.walk import undone

TOKEN = re.compile(r"eyJ[\w-]{8,}\.[\w-]+\.[\w-]+")


@dataclass
class Flow:
    """What was done, what was shown in it, and what was written to the log meanwhile."""

    cast: Cast
    place: Place
    secrets: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)

    @functools.cached_property
    def forms(self) -> list[bytes]:
        """Every form of everything secret in it."""
        return [form for text in (*self.secrets, *self.tokens) for form in forms_of(text)]


@dataclass
class Evidence:
    """What is found after a flow, by where it was found."""

    flow: Flow
    kept: dict[str, bytes]
    hashes: list[str]
    pages: dict[str, bytes]


class Listener(logging.Handler):
    """Keeps what a handler without our mask would write, and every argument of the record."""

    def __init__(self, lines):
        super().__init__(logging.DEBUG)
        self.lines = lines

    def emit(self, record):
        self.lines.append(f"{self.format(record)} {record.args!r} {vars(record).get('params')!r}")


@pytest.fixture(scope="module")
def evidence(django_db_setup, django_db_blocker):
    """One flow, and then one look everywhere. The database stays as it was."""
    with django_db_blocker.unblock(), undone():
        flow = lived_through()
        return Evidence(
            flow=flow,
            kept=kept(flow),
            hashes=list(ApiKeySecret.objects.values_list("encoded", flat=True)),
            pages=dict(visited(flow)),
        )


@pytest.mark.django_db
@pytest.mark.threat("T-S1")
def test_nothing_that_is_kept_holds_a_secret(evidence):
    assert {place for place, content in evidence.kept.items() if content} > {
        "sessions",
        "the cache",
        "apikeys_apikey",
    }
    assert not found_in(evidence.kept, evidence.flow)


@pytest.mark.django_db
@pytest.mark.threat("T-S1")
def test_what_is_kept_is_an_argon2id_hash_with_the_parameters_of_the_design(evidence):
    assert len(evidence.hashes) > len(evidence.flow.secrets)
    assert all(encoded.startswith("$argon2id$v=19$m=19456,t=2,p=1$") for encoded in evidence.hashes)


@pytest.mark.django_db
@pytest.mark.threat("T-S4")
def test_no_log_line_at_debug_holds_a_secret(evidence):
    log = evidence.flow.log
    assert any("INSERT INTO" in line and "Pipeline" in line for line in log), "SQL was not logged"
    assert not found_in({line: line.encode() for line in log}, evidence.flow)


@pytest.mark.django_db
@pytest.mark.threat("T-R12")
def test_no_address_shows_a_secret_to_anybody_who_opens_it(evidence):
    """The reveal is the answer to a POST. There is no other address, and no page remembers it."""
    shown = evidence.pages

    assert not found_in(shown, evidence.flow)
    assert not [
        where for where, body in shown.items() if SECRET.search(body.decode()) or TOKEN.search(body.decode())
    ]
    # They do show the key.
    assert sum(evidence.flow.place.key.encode() in body for body in shown.values()) > 20


@pytest.mark.django_db
@pytest.mark.threat("T-S6")
def test_no_page_shows_what_protects_a_secret(evidence):
    for where, body in evidence.pages.items():
        assert b"$argon2" not in body, where
        assert b"argon2id" not in body, where


@pytest.mark.django_db(transaction=True)
@pytest.mark.threat("T-S1")
@pytest.mark.threat("T-S8")
def test_no_file_and_no_mail_of_the_installation_holds_a_secret():
    """Everything is committed here, so a database in a file has it all on the disk and mails are sent."""
    flow = lived_through()

    mails = {sent.subject: sent.message().as_bytes() for sent in mail.outbox}
    assert any(b"Pipeline 2" in content for content in mails.values())
    assert not found_in(mails, flow)
    files = {str(path): path.read_bytes() for path in settings.DATA_DIR.rglob("*") if path.is_file()}

    assert not found_in(files, flow)
    # They do hold the rest.
    assert connection.vendor != "sqlite" or any(b"Pipeline 2" in content for content in files.values())


def lived_through():
    """The life of two keys, with the root logger at DEBUG and every SQL statement logged with its parameters."""
    cast = assemble()
    flow = Flow(cast, cast.home)
    listener, root = Listener(flow.log), logging.getLogger()
    level = root.level
    root.addHandler(listener)
    root.setLevel(logging.DEBUG)
    connection.force_debug_cursor = True
    try:
        _live_through(flow)
    finally:
        connection.force_debug_cursor = False
        root.setLevel(level)
        root.removeHandler(listener)
    return flow


def _live_through(flow):
    admin, operator = flow.cast.client("admin"), flow.cast.client("operator")
    keys = f"/{flow.place.workspace}/deployments/{flow.place.deployment}/api-keys"

    def show(response):
        assert response.status_code == 200
        flow.secrets.append(secret_in(response))
        return response

    # The console: made, sent again, made in a dialog, confirmed, issued anew, rotated, edited, switched.
    form = {"name": "Pipeline", "description": "Deploys", "nonce": nonce_in(admin.get(f"{keys}/new"))}
    show(admin.post(f"{keys}/new", form))
    show(admin.post(f"{keys}/new", form))
    key = ApiKey.objects.get(name="Pipeline")
    flow.place = flow.place._replace(key=key.pk)
    one = f"{keys}/{key.pk}"
    show(admin.post(f"{one}/reissue"))
    assert admin.post(f"{one}/confirm", {"number": 3}).status_code == 302
    show(admin.post(f"{one}/rotate", {"ends": "1h"}))
    again = {"name": "Dialog", "nonce": nonce_in(admin.get(f"{keys}/new", headers=HX))}
    show(admin.post(f"{keys}/new", again, headers=HX))
    assert admin.post(f"{one}/edit", {"name": "Pipeline 2", "version": 1}).status_code == 302
    assert admin.post(f"{one}/disable").status_code == 302
    assert admin.post(f"{one}/enable").status_code == 302

    # The pipeline: the old and the new secret, a wrong one, one of another key, one in the address.
    for secret in flow.secrets[2:4]:
        pair = {"client_id": key.pk, "client_secret": secret}
        answer = post("/oauth/token", {"grant_type": "client_credentials", **pair})
        assert answer.status_code == 200
        flow.tokens.append(answer.json()["access_token"])
        assert whoami(flow.tokens[-1]).status_code == 200
        assert post("/oauth/introspect", {**pair, "token": flow.tokens[-1]}).json()["active"]
    pair = {"grant_type": "client_credentials", "client_id": key.pk}
    assert post("/oauth/token", {**pair, "client_secret": flow.secrets[0]}).status_code == 401
    assert post("/oauth/token", {**pair, "client_secret": flow.secrets[4]}).status_code == 401
    assert post(f"/oauth/token?client_secret={flow.secrets[3]}", pair).status_code == 400
    own = {"client_id": key.pk, "client_secret": flow.secrets[3], "token": flow.tokens[-1]}
    assert post("/oauth/revoke", own).status_code == 200

    # The person's own token, and the operator with a secret that was found somewhere.
    minted = admin.post("/token")
    flow.tokens.append(TOKEN.search(minted.content.decode()).group())
    found = operator.post("/admin/apikeys/apikey/look-up/", {"secret": f"KEY={flow.secrets[3]}"})
    assert found.status_code == 200
    assert key.pk in found.content.decode()
    assert admin.post(f"{one}/end-now", {"number": 3}).status_code == 302
    assert post("/oauth/revoke-leaked", {"secret": flow.secrets[3]}).status_code == 200
    assert not ApiKey.objects.get(pk=key.pk).is_enabled


def kept(flow):
    """Whatever remembers something, each as bytes."""
    places = {table: repr(rows).encode() + b"".join(_raw_values(rows)) for table, rows in dump().items()}
    places["sessions"] = repr(
        [SessionStore().decode(row.session_data) for row in Session.objects.all()]
    ).encode()
    places["the cache"] = repr(vars(caches["default"])["_cache"]).encode()
    for role in ("admin", "operator"):
        client = flow.cast.client(role)
        places[f"the cookies of {role}"] = client.cookies.output().encode()
        places[f"the messages for {role}"] = _messages(client).encode()
    return places


def visited(flow):
    """Every page of the key, as everybody who may see some of it, and of the admin site."""
    for route in pages():
        path = route.path(flow.cast, flow.place)
        for role in ("operator",) if route.is_admin_site else ("admin", "member"):
            for headers in ({},) if route.is_admin_site else ({}, HX):
                body = flow.cast.client(role).get(path, headers=headers).content
                yield f"{path} as {role} {headers}", body


@pytest.mark.parametrize(
    "leak",
    [
        "{}",
        '{{"secret": "{}"}}',
        lambda secret: base64.b64encode(f"id:{secret}".encode()).decode(),
        lambda secret: base64.urlsafe_b64encode(f"a{secret}z".encode()).decode(),
        lambda secret: secret.encode().hex().upper(),
        lambda secret: "".join(f"\\u{ord(character):04x}" for character in secret),
        lambda secret: "".join(f"&#{ord(character)};" for character in secret),
        lambda secret: "".join(f"%{ord(character):02X}" for character in secret),
        # The random part alone opens everything, since the rest is computed from it by the server only.
        lambda secret: secret[6:49],
    ],
)
def test_a_leak_is_found_in_whatever_form(leak):
    secret = "cui1_0" + "Ab1" * 18
    text = leak.format(secret) if isinstance(leak, str) else leak(secret)

    assert any(form in f"before {text} after".encode().lower() for form in forms_of(secret))


def test_a_secret_on_its_way_shows_itself_to_nobody_who_does_not_ask():
    secret = KeySecret("cui1_0" + "Ab1" * 18)

    for shown in (repr(secret), str(secret), f"{secret}", f"{secret!r}", "%s" % secret, repr([secret])):  # noqa: UP031
        assert "Ab1" not in shown


def forms_of(text):
    """How a text could be written down, in lower case as far as case says nothing."""
    parts = [text, text[6:49]] if SECRET.fullmatch(text) else [text.rsplit(".", 1)[1]]
    for part in parts:
        raw = part.encode()
        yield raw.lower()
        yield raw.hex().encode()
        yield "".join(f"\\u{ord(character):04x}" for character in part).encode()
        yield "".join(f"&#{ord(character)};" for character in part).encode()
        yield "".join(f"%{ord(character):02x}" for character in part).encode()
        for shift in range(3):
            # Whatever stands before it, one of three alignments is how base64 writes the middle of it.
            encoded = base64.b64encode(b"\0" * shift + raw)
            yield encoded[4:-4].lower()
            yield encoded[4:-4].replace(b"+", b"-").replace(b"/", b"_").lower()


def found_in(places, flow):
    """Where a secret was found."""
    lowered = {where: content.lower() for where, content in places.items()}
    return [where for where, content in lowered.items() if any(form in content for form in flow.forms)]


def _raw_values(rows):
    return (value for row in rows for value in row if isinstance(value, bytes))


def _messages(client):
    """What waits to be shown on the person's next page, in plain."""
    request = HttpRequest()
    request.COOKIES = {name: morsel.value for name, morsel in client.cookies.items()}
    return " ".join(message.message for message in CookieStorage(request))
