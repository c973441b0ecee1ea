"""Sessions are Django's own, found by a prepared query."""

from datetime import timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore as DjangoStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from workspaces.sessions import SessionStore

pytestmark = pytest.mark.django_db


@pytest.fixture
def key():
    store = DjangoStore()
    store["name"] = "value"
    store.save()
    return store.session_key


def test_a_session_is_found_in_one_query(key, django_assert_num_queries):
    store = SessionStore(key)

    with django_assert_num_queries(1):
        assert store["name"] == "value"
    assert store.session_key == key


@pytest.mark.parametrize("state", ["expired", "unknown", "deleted"])
def test_what_is_no_session_gives_no_key_to_a_new_one(key, state):
    if state == "expired":
        Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    if state == "deleted":
        Session.objects.all().delete()
    asked = "unknown-0000000000000000000000" if state == "unknown" else key
    store = SessionStore(asked)

    assert store.get("name") is None

    store["name"] = "other"
    store.save()
    assert store.session_key != asked


def test_what_one_process_changes_another_one_reads(key):
    assert SessionStore(key)["name"] == "value"

    other = DjangoStore(key)
    other["name"] = "changed"
    other.save()

    assert SessionStore(key)["name"] == "changed"
