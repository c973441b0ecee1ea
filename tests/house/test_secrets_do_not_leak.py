"""A key secret is in the answer that shows it and nowhere else.

One flow does everything that is done with a key, by the console, by a pipeline and by an operator. Then every
place that keeps something is searched for every secret and token of that flow, in every form it could have.
"""

import base64
from dataclasses import dataclass

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
from apikeys.models import ApiKeySecret
from tests.apikeys.pages import SECRET
from tests.cast import HX
from tests.house.flow import TOKEN, Flow, forms_of, lived_through
from tests.house.routes import pages
from tests.house.tables import dump
from tests.house.walk import undone


@dataclass
class Evidence:
    """What is found after a flow, by where it was found."""

    flow: Flow
    kept: dict[str, bytes]
    hashes: list[str]
    pages: dict[str, bytes]


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
