"""The secrets of a key: one can be lost and issued anew until somebody has it, two live while a key is rotated."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apikeys import key_secrets
from apikeys.models import ApiKeySecret
from tests.apikeys.machine import exchange, works
from tests.factories import create_member
from workspaces.models import AuditEvent, Role
from workspaces.principals import principal_for

pytestmark = pytest.mark.django_db

AT_ONCE, HOUR = timedelta(0), timedelta(hours=1)


def live_numbers(key) -> list[int]:
    return sorted(ApiKeySecret.objects.filter(key=key).live().values_list("number", flat=True))


def test_any_admin_replaces_an_unconfirmed_secret(issued, deployment):
    other = principal_for(create_member(workspace=deployment.workspace, role=Role.ADMIN))

    again = key_secrets.reissue_secret(other, issued.key)

    assert again.number == 2
    assert (works(issued), works(again)) == (False, True)


def test_a_confirmed_secret_is_not_issued_anew_and_confirming_is_audited_once(issued, as_caller):
    for _ in range(2):
        key_secrets.confirm_secret(as_caller, issued.key, number=1)

    with pytest.raises(key_secrets.NotReissuable):
        key_secrets.reissue_secret(as_caller, issued.key)

    issued.key.refresh_from_db()
    assert issued.key.acknowledged_secret == 1
    assert works(issued)
    assert AuditEvent.objects.filter(operation="acknowledgeDeploymentApiKey").count() == 1


def test_a_replaced_secret_cannot_be_confirmed(issued, as_caller):
    key_secrets.reissue_secret(as_caller, issued.key)

    with pytest.raises(key_secrets.StaleReveal):
        key_secrets.confirm_secret(as_caller, issued.key, number=1)

    issued.key.refresh_from_db()
    assert issued.key.acknowledged_secret == 0


@pytest.mark.threat("T-R6")
def test_a_new_secret_lost_during_a_rotation_is_issued_anew_and_the_old_one_goes_on(issued, as_caller):
    key_secrets.confirm_secret(as_caller, issued.key, number=1)
    issued.key.secrets.update(first_used_at=timezone.now())
    lost = key_secrets.rotate_secret(as_caller, issued.key, overlap=HOUR)

    again = key_secrets.reissue_secret(as_caller, issued.key)

    assert (works(issued), works(lost), works(again)) == (True, False, True)
    assert live_numbers(issued.key) == [1, 3]
    assert issued.key.secrets.get(number=1).ends_at is not None
    assert exchange(again).status_code == exchange(issued).status_code == 200


def test_confirming_an_older_secret_later_takes_nothing_back(issued, as_caller):
    key_secrets.rotate_secret(as_caller, issued.key, overlap=HOUR)

    for number in (2, 1):
        key_secrets.confirm_secret(as_caller, issued.key, number=number)

    issued.key.refresh_from_db()
    assert issued.key.acknowledged_secret == 2


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
    rotated = key_secrets.rotate_secret(as_caller, issued.key, overlap=AT_ONCE)

    assert live_numbers(issued.key) == [2]
    assert (exchange(issued).status_code, exchange(rotated).status_code) == (401, 200)


def test_any_other_overlap_is_refused(issued, as_caller):
    with pytest.raises(ValueError, match="overlap"):
        key_secrets.rotate_secret(as_caller, issued.key, overlap=timedelta(days=365))


def test_a_third_live_secret_is_refused_until_the_previous_one_is_ended(issued, as_caller):
    key_secrets.rotate_secret(as_caller, issued.key, overlap=HOUR)
    with pytest.raises(key_secrets.TwoSecretsLive):
        key_secrets.rotate_secret(as_caller, issued.key, overlap=AT_ONCE)

    key_secrets.end_secret(as_caller, issued.key, number=1)
    third = key_secrets.rotate_secret(as_caller, issued.key, overlap=HOUR)

    assert third.number == 3
    assert live_numbers(issued.key) == [2, 3]
    event = AuditEvent.objects.get(operation="endDeploymentApiKeySecret")
    assert event.input == {"name": "CI", "secret": 1}


@pytest.mark.parametrize(
    ("overlap", "number", "refusal"),
    [
        (None, 1, key_secrets.CurrentSecret),
        (HOUR, 2, key_secrets.CurrentSecret),
        (AT_ONCE, 0, key_secrets.SecretNotLive),
        (AT_ONCE, 1, key_secrets.SecretNotLive),
        (AT_ONCE, 3, key_secrets.SecretNotLive),
    ],
)
def test_only_the_previous_secret_of_a_rotation_can_be_ended(issued, as_caller, overlap, number, refusal):
    if overlap is not None:
        key_secrets.rotate_secret(as_caller, issued.key, overlap=overlap)
    before = live_numbers(issued.key)

    with pytest.raises(refusal):
        key_secrets.end_secret(as_caller, issued.key, number=number)

    assert live_numbers(issued.key) == before
