"""The first use of a secret is written before its token is handed out, or there is no token."""

import pytest

from apikeys.models import ApiKeySecret
from apikeys.tokens.exchange import _record_first_use
from tests.apikeys.machine import error_of, exchange
from workspaces.models import AuditEvent

pytestmark = pytest.mark.django_db


def test_the_first_use_is_written_before_the_token_is_handed_out(issued):
    exchange(issued)

    secret = ApiKeySecret.objects.get(key=issued.key)
    assert secret.first_used_at is not None
    assert secret.last_used_from == "127.0.0.1"
    event = AuditEvent.objects.get(operation="tokenIssued")
    assert (event.subject_kind, event.subject_id) == ("api_key", issued.key.pk)
    assert event.input == {"secret": 1, "firstUse": True}


def test_later_exchanges_are_no_events(issued):
    for _ in range(3):
        exchange(issued)

    assert AuditEvent.objects.filter(operation="tokenIssued").count() == 1


def test_a_secret_that_is_replaced_during_the_exchange_buys_nothing(issued, monkeypatch):
    def replaced_meanwhile(*arguments, **_given):
        ApiKeySecret.objects.update(ended_at=issued.key.created_at)
        return _record_first_use(*arguments)

    monkeypatch.setattr("apikeys.tokens.exchange._record_first_use", replaced_meanwhile)

    response = exchange(issued)

    assert (response.status_code, error_of(response)) == (401, "invalid_client")
    assert not AuditEvent.objects.filter(operation="tokenIssued").exists()
