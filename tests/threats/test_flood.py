"""A key and an Editor who send all they can, minute after minute: no table grows beyond its bound."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from apikeys.models.use import KEPT_CALLERS
from cloudui.web import ratelimit
from deployments.deploys import bounds
from deployments.models.alert import AlertKind
from tests.deployments.deploys.archives import files
from tests.deployments.deploys.programs import Program, at, of_key, of_role
from tests.factories import create_deployment
from tests.house.tables import dump
from workspaces.audit.bounds import MOST_BYTES
from workspaces.management.commands.housekeeping import run_tasks
from workspaces.models import Role

pytestmark = [pytest.mark.django_db, pytest.mark.threat("T-L7")]

A_MINUTE, A_DAY, REMEMBERED, FAILED = 15, 60, 4, 5
MINUTES, SENT_IN_A_MINUTE, CALLERS, MAILS = 8, 30, 2, 10
TAR = "application/x-tar"

MOST_ROWS = {
    # The others of an hour's failures are told once.
    "workspaces_auditevent": CALLERS * (A_DAY + 1),
    "deployments_idempotentcall": CALLERS * REMEMBERED,
    "deployments_deploy": FAILED + CALLERS * A_DAY,
    "deployments_deployfailures": CALLERS,
    "deployments_workerqueue": 10,
    "deployments_environmentvariable": 500,
    # One row a key and day.
    "apikeys_apikeyuse": 2,
    # Of the one key.
    "apikeys_caller": KEPT_CALLERS,
    # One row a kind.
    "deployments_alert": len(AlertKind),
    "web_outgoingmail": MAILS,
}


@pytest.fixture
def deployment(settings, tmp_path, monkeypatch):
    settings.CHANGES_PER_MINUTE, settings.CHANGES_PER_DAY = A_MINUTE, A_DAY
    settings.IDEMPOTENCY_KEYS_PER_DAY = REMEMBERED
    settings.DAGS_ROOT = tmp_path
    monkeypatch.setattr(bounds, "KEPT_FAILED", FAILED)
    # A mail server that takes none.
    settings.EMAIL_BACKEND = "cloudui.web.outbox.backend.EmailBackend"
    settings.OUTBOX_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.OUTBOX_IN_BACKGROUND, settings.OUTBOX_MAILS = False, MAILS
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    return create_deployment(name="Flooded")


def test_no_table_grows_beyond_its_bound(deployment, monkeypatch):
    floods = [
        _flood(program, deployment) for program in (of_key(deployment), of_role(deployment, Role.EDITOR))
    ]
    before = dump()
    clock = ratelimit.time
    midnight = clock.time() // ratelimit.DAY_SECONDS * ratelimit.DAY_SECONDS

    statuses = []
    for minute in range(MINUTES):
        monkeypatch.setattr(clock, "time", lambda now=midnight + 60 * minute: now)
        for _ in range(SENT_IN_A_MINUTE):
            statuses += [next(flood) for flood in floods]
    run_tasks()

    after = dump()
    grown = {name: len(after[name]) - len(before[name]) for name in after}
    assert {name: grown[name] for name in grown if grown[name] > MOST_ROWS.get(name, 0)} == {}
    events = after["workspaces_auditevent"]
    assert max(len(repr(event)) for event in events) < MOST_BYTES + 2048
    # And it was a flood: most of it was refused, what was not was all that there may be, and each kind was seen.
    assert len(statuses) - statuses.count(429) <= CALLERS * A_DAY
    assert statuses.count(429) > len(statuses) / 2
    assert set(statuses) >= {200, 201, 204, 429}
    assert grown["deployments_deployfailures"] == CALLERS
    assert grown["web_outgoingmail"] == MAILS
    assert grown["workspaces_auditevent"] > A_DAY / 2


def _flood(program: Program, deployment: Any) -> Iterator[int]:
    queue = {"name": "heavy", "worker_type": "small", "max_workers": 5}
    letters = "".join(chr(ord("A") + number % 26) for number in range(250))
    for number in count():
        keys = [f"{letters}{number % 2}{each:03}" for each in range(500)]
        for method, parts, body in (
            (
                "put",
                ["variables"],
                {"variables": [{"key": key, "value": "x", "is_secret": False} for key in keys]},
            ),
            ("patch", [], {"description": f"{number}".ljust(500, "😀")}),
            ("post", ["worker-queues"], queue),
            ("delete", ["worker-queues", "heavy"], None),
            (
                "put",
                ["alert-emails"],
                {"alert_emails": [f"{number}-{each}@example.com" for each in range(50)]},
            ),
            ("post", ["deploys"], b"garbage"),
            ("post", ["deploys"], files()),
        ):
            key = {"Idempotency-Key": f"{number}"} if method == "post" and number % 2 else {}
            kind = TAR if isinstance(body, bytes) else "application/json"
            yield program.send(method, at(deployment, *parts), body, kind=kind, **key).status_code
