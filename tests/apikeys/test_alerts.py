"""A key that is refused again and again is told to the alert e-mails of its Deployment, not each refusal."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apikeys import alerts, keys
from apikeys.models import Reason, Refusal
from cloudui.web.keyring import KeyFileError
from deployments.models import Alert, Deployment
from tests.apikeys.machine import exchange, forged, token_of, whoami
from tests.factories import create_api_key
from workspaces.principals import principal_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def issued(deployment, admin):
    Deployment.objects.filter(pk=deployment.pk).update(alert_emails=["team@example.com"])
    issued = create_api_key(deployment, name="Nightly", by=admin)
    keys.disable_key(principal_for(admin), issued.key)
    return issued


def refused(key, number, *, minutes=5):
    """As if it had been refused that often, so long ago."""
    made = Refusal.objects.bulk_create(
        Refusal(key=key, secret_number=1, reason=Reason.DISABLED) for _ in range(number)
    )
    at = timezone.now() - timedelta(minutes=minutes)
    Refusal.objects.filter(pk__in=[each.pk for each in made]).update(at=at)


def told_after_one_more(issued):
    before = len(mail.outbox)
    assert exchange(issued).status_code == 401
    return len(mail.outbox) - before


@pytest.mark.parametrize(
    ("before", "minutes", "told"),
    [(0, 5, 0), (alerts.MANY - 2, 5, 0), (alerts.MANY - 1, 5, 1), (49, 5, 1), (alerts.MANY, 61, 0)],
)
def test_the_tenth_refusal_in_an_hour_is_told(issued, before, minutes, told):
    refused(issued.key, before, minutes=minutes)

    assert told_after_one_more(issued) == told


def test_the_mail_says_which_key_why_and_from_where_and_leads_to_it(issued, deployment):
    refused(issued.key, alerts.MANY)
    exchange(issued)

    (message,) = mail.outbox
    assert message.to == ["team@example.com"]
    assert message.subject == (f"[My Organization] An API key is refused again and again: {deployment.name}")
    lines = message.body.splitlines()
    for line in [
        "API key:      Nightly",
        f"Key ID:       {issued.key.pk}",
        "Reason:       The key is disabled",
        "Last from:    127.0.0.1",
        f"http://localhost:8871/{deployment.workspace_id}/deployments/{deployment.pk}/api-keys/{issued.key.pk}",
    ]:
        assert line in lines
    assert issued.secret.reveal() not in message.body


@pytest.mark.parametrize(("more", "told"), [(alerts.MANY - 2, 0), (alerts.MANY - 1, 1)])
def test_after_a_mail_it_takes_as_many_again(issued, deployment, more, told):
    refused(issued.key, alerts.MANY, minutes=40)
    Alert.objects.create(
        deployment=deployment, kind="key_refused", sent_at=timezone.now() - timedelta(minutes=30)
    )
    refused(issued.key, more)

    assert told_after_one_more(issued) == told


def test_refused_tokens_count_as_well(deployment, admin):
    Deployment.objects.filter(pk=deployment.pk).update(alert_emails=["team@example.com"])
    issued = create_api_key(deployment, by=admin)
    token = token_of(issued)
    refused(issued.key, alerts.MANY - 1)
    keys.disable_key(principal_for(admin), issued.key)

    assert whoami(token).status_code == 401
    assert len(mail.outbox) == 1


def test_what_is_no_secret_of_a_key_is_told_to_nobody(issued):
    refused(issued.key, alerts.MANY)

    exchange(issued, client_secret=forged(issued))

    assert not mail.outbox


def test_each_key_is_counted_by_itself(issued, admin):
    other = create_api_key(issued.key.deployment, name="Other", by=admin)
    refused(other.key, 49)

    assert not told_after_one_more(issued)


def test_within_the_minute_in_which_nothing_is_written_nothing_is_counted(issued):
    exchange(issued)
    with CaptureQueriesContext(connection) as queries:
        exchange(issued)

    assert not [query for query in queries if "refusal" in query["sql"] or "alert" in query["sql"]]


@pytest.mark.parametrize(
    "failure", [OperationalError("disk full"), KeyFileError("no key"), ValueError("a fault")]
)
def test_a_mail_that_cannot_be_written_changes_no_answer(issued, monkeypatch, caplog, failure):
    refused(issued.key, alerts.MANY)

    def fail(*_arguments, **_named):
        raise failure

    monkeypatch.setattr(alerts.alerts, "send", fail)

    assert exchange(issued).status_code == 401
    assert "Refusals could not be told." in caplog.text
    assert Refusal.objects.count() == alerts.MANY + 1
