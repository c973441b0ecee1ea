"""Exchanges beside other changes, with real transactions: nothing half done, no token that outlives its key."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest
from django.db import connection, transaction

from apikeys import key_secrets, keys, usage
from apikeys.models import ApiKey, ApiKeyUse
from deployments.service import delete_deployment
from tests.apikeys.machine import exchange, whoami
from tests.factories import create_api_key
from workspaces.models import AuditEvent

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*actions):
    """Start all actions at the same moment, each on a connection of its own; return what they return."""
    barrier = Barrier(len(actions))

    def run(action):
        barrier.wait()
        try:
            return action()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(actions)) as pool:
        return [future.result() for future in [pool.submit(run, action) for action in actions]]


@pytest.mark.threat("T-L2")
def test_no_token_outlives_the_key_that_is_deleted_beside_the_exchange(deployment, as_caller):
    for _ in range(5):
        issued = create_api_key(deployment, by=as_caller)
        exchanges = [partial(exchange, issued)] * 3

        *answers, _ = at_once(*exchanges, partial(keys.delete_key, as_caller, issued.key))

        assert {answer.status_code for answer in answers} <= {200, 401}
        for answer in answers:
            if answer.status_code == 200:
                assert whoami(answer.json()["access_token"]).status_code == 401
    assert not ApiKey.objects.exists()


@pytest.mark.threat("T-L2")
def test_a_deployment_is_deleted_beside_exchanges(deployment, as_caller):
    issued = create_api_key(deployment, by=as_caller)

    *answers, _ = at_once(*[partial(exchange, issued)] * 4, partial(delete_deployment, as_caller, deployment))

    assert {answer.status_code for answer in answers} <= {200, 401}
    assert not ApiKey.objects.exists()


def test_first_use_and_issuing_anew_never_both_win(deployment, as_caller):
    def reissue(key):
        try:
            return key_secrets.reissue_secret(as_caller, key)
        except key_secrets.NotReissuable:
            return None

    for _ in range(5):
        issued = create_api_key(deployment, by=as_caller)

        answer, replaced = at_once(partial(exchange, issued), partial(reissue, issued.key))

        assert (answer.status_code == 200) == (replaced is None)


def test_first_uses_at_once_are_one_event(deployment, as_caller):
    issued = create_api_key(deployment, by=as_caller)

    answers = at_once(*[partial(exchange, issued)] * 6)

    assert [answer.status_code for answer in answers] == [200] * 6
    assert AuditEvent.objects.filter(operation="tokenIssued").count() == 1
    assert ApiKeyUse.objects.get().count >= 1


def test_counts_that_are_added_at_once_are_all_there(deployment, as_caller):
    key = create_api_key(deployment, by=as_caller).key
    day = key.created_at.date()

    def count(key_id, day):
        with transaction.atomic():
            assert usage.hold(key_id)
            usage.count_use(key_id, day, 1)

    at_once(*[partial(count, key.pk, day)] * 8)

    assert ApiKeyUse.objects.get().count == 8
