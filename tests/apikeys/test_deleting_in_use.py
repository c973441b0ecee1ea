"""A key that is used this very moment can be deleted and rotated, alone or with its Deployment (threat T-L2)."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections

from apikeys import credential_state, credentials, key_secrets, keys, usage
from apikeys.models import ApiKey, ApiKeySecret, Reason
from apikeys.tokens import exchange
from cloudui.web.principal import Origin
from deployments.models import Deployment
from deployments.service import delete_deployment
from tests.factories import create_api_key, create_deployment, create_owner
from workspaces.principals import principal_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.threat("T-L2")]

ORIGIN = Origin(address="192.0.2.1", user_agent="curl/8")
# Long enough for the other side to come to the lock, or into the deadlock.
PAUSE_SECONDS = 0.3


@pytest.fixture
def owner():
    return principal_for(create_owner())


@pytest.fixture
def issued(owner):
    return create_api_key(create_deployment(), by=owner)


@pytest.fixture
def state(issued):
    return credential_state.by_fingerprint(credentials.fingerprints(issued.secret))


def first_use(state):
    exchange._record_first_use(state, ORIGIN)


def later_use(state):
    usage._counter.clear()
    usage.record_use(state, ORIGIN)


def refusal(state):
    usage.record_refusal(state, Reason.DISABLED, ORIGIN)


def meanwhile(monkeypatch, write, state, act):
    """Run `act` while the transaction in which `write` writes has written and stays open for a moment."""
    has_written, original = (
        threading.Event(),
        {name: getattr(usage, name) for name in ("count_use", "_add_refusal")},
    )

    def slowly(name):
        def write_and_wait(*args):
            original[name](*args)
            has_written.set()
            threading.Event().wait(PAUSE_SECONDS)

        return write_and_wait

    for name in original:
        monkeypatch.setattr(usage, name, slowly(name))

    def in_thread():
        try:
            write(state)
        finally:
            connections.close_all()

    with ThreadPoolExecutor() as pool:
        writing = pool.submit(in_thread)
        assert has_written.wait(10)
        act()
        writing.result()


def delete_its_deployment(owner, key):
    deployment_id = key.deployment_id
    delete_deployment(owner, key.deployment)
    assert not Deployment.objects.filter(pk=deployment_id).exists()


def delete_it(owner, key):
    keys.delete_key(owner, key)


def rotate_it(owner, key):
    key_secrets.rotate_secret(owner, key, overlap=timedelta(0))


@pytest.mark.parametrize("write", [first_use, later_use, refusal])
@pytest.mark.parametrize(("act", "left"), [(delete_its_deployment, []), (delete_it, []), (rotate_it, [2])])
def test_it_happens_in_the_midst_of_a_use(write, act, left, monkeypatch, owner, issued, state):
    meanwhile(monkeypatch, write, state, lambda: act(owner, issued.key))

    assert ApiKey.objects.exists() == bool(left)
    assert list(ApiKeySecret.objects.live().values_list("number", flat=True)) == left
