"""Everything that is done with a key: by the console, by pipelines and by an operator, with every log turned on."""

import base64
import functools
import logging
import re
from dataclasses import dataclass, field

from django.db import connection

from apikeys.models import ApiKey
from tests.apikeys.machine import post, whoami
from tests.apikeys.pages import SECRET, nonce_in, secret_in
from tests.cast import HX, Cast, Place, assemble

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


def forms_of(text):
    """How a text could be written down, in lower case as far as case says nothing."""
    for part in [text, text[6:49]] if SECRET.fullmatch(text) else [text.rsplit(".", 1)[-1]]:
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


class Listener(logging.Handler):
    """Keeps what a handler without our mask would write, and every argument of the record."""

    def __init__(self, lines):
        super().__init__(logging.DEBUG)
        self.lines = lines

    def emit(self, record):
        self.lines.append(f"{self.format(record)} {record.args!r} {vars(record).get('params')!r}")
