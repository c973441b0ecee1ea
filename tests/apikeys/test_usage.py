"""Use is seen: when, from where and about how often, written at most once a minute; and the last 50 refusals."""

import importlib
import json
import threading
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import InterfaceError, OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apikeys import credential_state, usage
from apikeys.models import ApiKey, ApiKeySecret, ApiKeyUse, Reason, Refusal
from cloudui.web.principal import Origin
from tests.apikeys.machine import credentials_of, exchange, token_of, whoami
from tests.factories import create_api_key

pytestmark = pytest.mark.django_db

HERE = Origin(address="192.0.2.7", user_agent="curl/8.0")


@pytest.fixture
def row(issued):
    return look_up(issued)


@pytest.fixture
def clock(monkeypatch):
    """The clocks of the counter, moved on together."""
    passed = timedelta(0)
    now, monotonic = timezone.now, usage.time.monotonic

    def move(by: timedelta) -> None:
        nonlocal passed
        passed += by

    monkeypatch.setattr(usage.timezone, "now", lambda: now() + passed)
    monkeypatch.setattr(usage.time, "monotonic", lambda: monotonic() + passed.total_seconds())
    return move


def look_up(issued) -> credential_state.SecretState:
    secret = ApiKeySecret.objects.get(key=issued.key)
    found = credential_state.by_fingerprint([bytes(secret.fingerprint)])
    assert found is not None
    return found


def test_the_first_exchange_says_when_and_from_where(issued):
    Client(REMOTE_ADDR="192.0.2.7").post(
        "/oauth/token", credentials_of(issued), "application/json", headers={"User-Agent": "curl/8.0"}
    )

    secret = ApiKeySecret.objects.get()
    assert secret.first_used_at == secret.last_used_at
    assert (secret.last_used_from, secret.last_used_client) == ("192.0.2.7", "curl/8.0")
    key = ApiKey.objects.get()
    assert (key.last_used_at, key.use) == (secret.last_used_at, secret.use)
    assert usage.daily_uses(issued.key)[-1] == (timezone.now().date(), 1)


def test_calls_with_tokens_are_uses_too(issued, clock):
    token = token_of(issued)
    clock(timedelta(minutes=2))

    whoami(token)

    assert usage.daily_uses(issued.key)[-1][1] == 2


def test_within_a_minute_nothing_is_written(issued, clock):
    token = token_of(issued)
    before = ApiKeySecret.objects.get().last_used_at

    with CaptureQueriesContext(connection) as queries:
        for _ in range(5):
            whoami(token)

    assert not [query for query in queries if not query["sql"].lstrip().startswith("SELECT")]
    assert ApiKeySecret.objects.get().last_used_at == before


def test_after_a_minute_all_of_it_is(issued, clock):
    token = token_of(issued)
    for _ in range(5):
        whoami(token)
    clock(timedelta(seconds=61))

    whoami(token)

    assert usage.daily_uses(issued.key)[-1][1] == 7
    used_at = ApiKeySecret.objects.get().last_used_at
    assert used_at is not None
    assert used_at > timezone.now() - timedelta(seconds=30)


def test_another_key_takes_along_what_one_has_left_behind(deployment, clock):
    first, second = create_api_key(deployment), create_api_key(deployment)
    token = token_of(first)
    whoami(token)
    clock(timedelta(seconds=61))
    exchange(second)
    clock(timedelta(seconds=61))

    exchange(second)

    counts = usage.counts_by_day(ApiKey.objects.all())
    assert {key: sum(json.loads(days).values()) for key, days in counts.items()} == {
        first.key.pk: 2,
        second.key.pk: 2,
    }
    assert len(usage._counter._written) == 1


def test_a_burst_and_then_silence_is_counted_whole(issued):
    token = token_of(issued)
    for _ in range(11):
        exchange(issued)
    for _ in range(12):
        whoami(token)
    assert usage.daily_uses(issued.key)[-1][1] == 1

    usage.write_pending()
    usage.write_pending()

    assert usage.daily_uses(issued.key)[-1][1] == 24


def test_the_timer_writes_again_and_again_whatever_happens(monkeypatch):
    written, twice = [], threading.Event()

    def write():
        written.append(threading.current_thread())
        if len(written) == 1:
            raise OSError("too many open files")
        twice.set()

    monkeypatch.setattr(usage, "write_pending", write)

    stop = usage.write_regularly(0.01)

    assert twice.wait(timeout=30)
    stop.set()
    assert written[0].daemon


def test_what_was_written_by_the_timer_begins_a_new_minute(issued, clock):
    token = token_of(issued)
    whoami(token)
    clock(timedelta(seconds=61))
    usage.write_pending()

    whoami(token)

    assert usage.daily_uses(issued.key)[-1][1] == 2


# A lost connection is an InterfaceError, which is no DatabaseError.
@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_counts_that_the_database_did_not_take_are_kept(issued, monkeypatch, error):
    token = token_of(issued)
    whoami(token)
    note_use = usage.note_use

    def away(*_):
        raise error

    monkeypatch.setattr(usage, "note_use", away)
    usage.write_pending()
    whoami(token)
    monkeypatch.setattr(usage, "note_use", note_use)
    usage.write_pending()

    assert usage.daily_uses(issued.key)[-1][1] == 3


def test_keys_that_were_used_before_each_knew_it_learn_it_from_their_secrets(deployment):
    used, unused = create_api_key(deployment), create_api_key(deployment)
    now = timezone.now()
    secret = ApiKeySecret.objects.get(key=used.key)
    for number, days in ((1, 2), (2, 1), (3, None)):
        ApiKeySecret.objects.create(
            key=used.key,
            number=number + 1,
            encoded=secret.encoded,
            pepper_version=1,
            fingerprint=bytes([number]) * 16,
            last_used_at=now - timedelta(days=days) if days else None,
            last_used_from=f"192.0.2.{number}",
        )
    migration = importlib.import_module("apikeys.migrations.0003_last_use_of_a_key")

    migration.fill(apps, None)

    key = ApiKey.objects.get(pk=used.key.pk)
    assert (key.last_used_at, key.last_used_from) == (now - timedelta(days=1), "192.0.2.2")
    assert ApiKey.objects.get(pk=unused.key.pk).last_used_at is None


def test_a_use_of_a_key_that_went_meanwhile_is_dropped(issued, row):
    ApiKey.objects.all().delete()

    usage.record_use(row, HERE)

    assert not ApiKeyUse.objects.exists()


def test_days_without_use_are_zero(issued):
    today = timezone.now().date()
    usage.count_use(issued.key.pk, today - timedelta(days=3), 2)
    usage.count_use(issued.key.pk, today - timedelta(days=3), 3)
    usage.count_use(issued.key.pk, today - timedelta(days=30), 9)

    uses = usage.daily_uses(issued.key)

    assert len(uses) == 30
    assert uses[-1] == (today, 0)
    assert [day for day in uses if day[1]] == [(today - timedelta(days=3), 5)]
    [days] = usage.counts_by_day([issued.key]).values()
    assert json.loads(days) == {str(today - timedelta(days=3)): 5}


def test_the_last_50_refusals_are_kept(issued, row):
    for number in range(60):
        usage.record_refusal(row, Reason.DISABLED, Origin(address=f"10.0.0.{number}"))

    refusals = usage.recent_refusals(issued.key)
    assert [refusal.address for refusal in refusals] == [f"10.0.0.{number}" for number in range(59, 9, -1)]
    assert Refusal.objects.count() == 50


def test_a_refusal_of_a_key_that_went_meanwhile_is_dropped(issued, row):
    ApiKey.objects.all().delete()

    usage.record_refusal(row, Reason.DISABLED, HERE)

    assert not Refusal.objects.exists()


def test_counts_of_last_year_are_forgotten(issued):
    usage.count_use(issued.key.pk, timezone.now().date() - timedelta(days=400), 1)
    usage.count_use(issued.key.pk, timezone.now().date() - timedelta(days=300), 1)

    assert usage.delete_old() == 1
