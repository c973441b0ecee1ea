"""Disabling, enabling and rotating: who may, what is audited, and how many secrets a key can have."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils import timezone

from apikeys import key_secrets, keys
from apikeys.models import ApiKey, ApiKeySecret
from tests.apikeys.machine import exchange
from tests.factories import create_member
from workspaces.models import AuditEvent, Role
from workspaces.principals import principal_for

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def operations() -> list[str]:
    return list(AuditEvent.objects.order_by("pk").values_list("operation", flat=True))


def live_numbers(key) -> list[int]:
    return sorted(ApiKeySecret.objects.filter(key=key).live().values_list("number", flat=True))


def test_disabling_and_enabling_raise_the_generation_and_are_audited(issued, as_caller):
    disabled = keys.disable_key(as_caller, issued.key)
    assert (disabled.is_enabled, disabled.generation) == (False, 2)
    assert disabled.disabled_at is not None

    enabled = keys.enable_key(as_caller, issued.key)

    assert (enabled.is_enabled, enabled.generation, enabled.disabled_at) == (True, 3, None)
    assert operations()[-2:] == ["disableDeploymentApiKey", "enableDeploymentApiKey"]


def test_doing_it_twice_changes_nothing_and_is_no_event(issued, as_caller):
    keys.disable_key(as_caller, issued.key)
    before = AuditEvent.objects.count()

    keys.disable_key(as_caller, issued.key)

    assert ApiKey.objects.get().generation == 2
    assert AuditEvent.objects.count() == before


def test_a_disabled_key_buys_nothing_until_it_is_enabled(issued, as_caller):
    keys.disable_key(as_caller, issued.key)
    assert exchange(issued).status_code == 401

    keys.enable_key(as_caller, issued.key)

    assert exchange(issued).status_code == 200


@pytest.mark.parametrize("overlap", key_secrets.OVERLAPS[1:])
def test_rotating_gives_a_second_secret_and_the_first_an_end(issued, as_caller, overlap):
    rotated = key_secrets.rotate_secret(as_caller, issued.key, overlap=overlap)

    assert rotated.number == 2
    assert live_numbers(issued.key) == [1, 2]
    ends = ApiKeySecret.objects.get(number=1).ends_at
    assert ends is not None
    assert abs(ends - timezone.now() - overlap) < timedelta(minutes=1)
    assert ApiKeySecret.objects.get(number=2).ends_at is None
    assert exchange(issued).status_code == exchange(rotated).status_code == 200
    event = AuditEvent.objects.get(operation="rotateDeploymentApiKeySecret")
    assert event.input == {"name": "CI", "secret": 2, "overlapSeconds": int(overlap.total_seconds())}


def test_rotating_without_an_overlap_ends_the_first_at_once(issued, as_caller):
    rotated = key_secrets.rotate_secret(as_caller, issued.key, overlap=timedelta(0))

    assert live_numbers(issued.key) == [2]
    assert (exchange(issued).status_code, exchange(rotated).status_code) == (401, 200)


def test_a_third_live_secret_is_refused_until_one_of_the_two_is_ended(issued, as_caller):
    key_secrets.rotate_secret(as_caller, issued.key, overlap=HOUR)
    with pytest.raises(key_secrets.TwoSecretsLive):
        key_secrets.rotate_secret(as_caller, issued.key, overlap=timedelta(0))

    key_secrets.end_secret(as_caller, issued.key, number=1)
    third = key_secrets.rotate_secret(as_caller, issued.key, overlap=HOUR)

    assert third.number == 3
    assert live_numbers(issued.key) == [2, 3]


def test_a_new_secret_that_was_lost_is_issued_anew_and_the_old_one_goes_on(issued, as_caller):
    key_secrets.rotate_secret(as_caller, issued.key, overlap=HOUR)

    again = key_secrets.reissue_secret(as_caller, issued.key)

    assert live_numbers(issued.key) == [1, 3]
    assert exchange(again).status_code == 200
    assert exchange(issued).status_code == 200


def test_the_current_secret_of_a_rotation_cannot_be_ended(issued, as_caller):
    key_secrets.rotate_secret(as_caller, issued.key, overlap=HOUR)

    with pytest.raises(key_secrets.CurrentSecret):
        key_secrets.end_secret(as_caller, issued.key, number=2)

    assert live_numbers(issued.key) == [1, 2]


def test_ending_is_audited(issued, as_caller):
    key_secrets.rotate_secret(as_caller, issued.key, overlap=HOUR)

    key_secrets.end_secret(as_caller, issued.key, number=1)

    event = AuditEvent.objects.get(operation="endDeploymentApiKeySecret")
    assert event.input == {"name": "CI", "secret": 1}


def test_the_only_secret_cannot_be_ended(issued, as_caller):
    with pytest.raises(key_secrets.CurrentSecret):
        key_secrets.end_secret(as_caller, issued.key, number=1)


@pytest.mark.parametrize("number", [0, 1, 3])
def test_a_secret_that_is_not_live_cannot_be_ended(issued, as_caller, number):
    key_secrets.rotate_secret(as_caller, issued.key, overlap=timedelta(0))

    with pytest.raises(key_secrets.SecretNotLive):
        key_secrets.end_secret(as_caller, issued.key, number=number)


def test_any_other_overlap_is_refused(issued, as_caller):
    with pytest.raises(ValueError, match="overlap"):
        key_secrets.rotate_secret(as_caller, issued.key, overlap=timedelta(days=365))


def test_a_disabled_key_can_be_rotated_before_it_is_enabled(issued, as_caller):
    keys.disable_key(as_caller, issued.key)

    rotated = key_secrets.rotate_secret(as_caller, issued.key, overlap=timedelta(0))
    keys.enable_key(as_caller, issued.key)

    assert exchange(rotated).status_code == 200


ACTIONS = {
    "disable": keys.disable_key,
    "enable": keys.enable_key,
    "rotate": lambda principal, key: key_secrets.rotate_secret(principal, key, overlap=HOUR),
    "end": lambda principal, key: key_secrets.end_secret(principal, key, number=1),
}


@pytest.mark.parametrize("action", ACTIONS)
def test_only_admins_may(issued, deployment, action):
    editor = create_member(workspace=deployment.workspace, role=Role.EDITOR)
    before = AuditEvent.objects.count()

    with pytest.raises(PermissionDenied):
        ACTIONS[action](principal_for(editor), issued.key)

    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.threat("T-L3")
def test_a_key_that_went_meanwhile_is_not_found(issued, as_caller, action):
    keys.delete_key(as_caller, ApiKey.objects.select_related("deployment").get(pk=issued.key.pk))

    with pytest.raises(Http404):
        ACTIONS[action](as_caller, issued.key)
