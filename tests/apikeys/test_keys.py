"""The state of a key: made once for each form, edited, disabled, enabled, deleted; counted and audited each time."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.utils import timezone

from apikeys import key_secrets, keys
from apikeys.forms import new_nonce
from apikeys.models import ApiKey, ApiKeySecret
from cloudui.web.versions import StaleEdit
from tests.apikeys.machine import exchange, works
from tests.factories import create_deployment, create_member, create_owner
from workspaces.models import AuditEvent, Membership, Role
from workspaces.principals import principal_for

pytestmark = pytest.mark.django_db

NONCE = "0" * 32
HOUR = timedelta(hours=1)


@pytest.fixture
def key(issued):
    return issued.key


def create(principal, deployment, *, name="CI", description="", nonce=None):
    return keys.create_key(
        principal, deployment, name=name, description=description, nonce=nonce or new_nonce()
    )


def count(deployment) -> int:
    deployment.refresh_from_db()
    return deployment.api_key_count


def events() -> list[str]:
    return list(AuditEvent.objects.order_by("pk").values_list("operation", flat=True))


def test_a_new_key_has_one_secret_that_works_and_no_trace_of_it(as_caller, deployment):
    issued = create(as_caller, deployment, name="CI", description="For the nightly build")

    assert works(issued)
    assert (issued.number, issued.is_replacement) == (1, False)
    assert (issued.key.name, issued.key.description) == ("CI", "For the nightly build")
    assert issued.key.created_by_name == "Ada Admin"
    row, event = ApiKeySecret.objects.get(), AuditEvent.objects.get(operation="createDeploymentApiKey")
    assert row.encoded.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert (event.subject_id, event.target, event.deployment) == (
        as_caller.id, issued.key.pk, deployment.pk,
    )  # fmt: skip
    assert event.input["name"] == "CI"
    for place in (row.encoded, repr(issued), str(event.__dict__)):
        assert issued.secret.reveal() not in place


def test_the_deployment_counts_its_keys(as_caller, deployment):
    first = create(as_caller, deployment)
    create(as_caller, deployment)
    assert count(deployment) == 2

    keys.delete_key(as_caller, first.key)

    assert count(deployment) == 1


def test_the_same_form_again_replaces_the_secret_and_makes_no_second_key(as_caller, deployment):
    first = create(as_caller, deployment, nonce=NONCE)

    second = create(as_caller, deployment, nonce=NONCE)

    assert ApiKey.objects.get() == second.key == first.key
    assert second.is_replacement
    assert (works(first), works(second)) == (False, True)
    assert events() == ["createDeploymentApiKey", "reissueDeploymentApiKeySecret"]


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda rows: rows.update(acknowledged_secret=1), id="confirmed"),
        pytest.param(lambda rows: rows.update(created_at=timezone.now() - timedelta(minutes=16)), id="old"),
        pytest.param(lambda rows: rows.update(name="Renamed"), id="renamed"),
        pytest.param(lambda rows: rows.update(created_by=None), id="maker gone"),
        pytest.param(lambda rows: rows.update(created_by=create_owner()), id="another's"),
        pytest.param(lambda rows: rows.get().secrets.update(first_used_at=timezone.now()), id="used"),
    ],
)
def test_the_same_form_again_is_refused_once_the_key_is(as_caller, deployment, spoil):
    issued = create(as_caller, deployment, nonce=NONCE)
    spoil(ApiKey.objects)

    with pytest.raises(keys.NonceSpent) as caught:
        create(as_caller, deployment, nonce=NONCE)

    assert caught.value.key == issued.key
    assert works(issued)


def test_the_same_form_again_never_replaces_a_secret_of_a_rotation(as_caller, deployment):
    first = create(as_caller, deployment, nonce=NONCE)
    key_secrets.confirm_secret(as_caller, first.key, number=1)
    second = key_secrets.rotate_secret(as_caller, first.key, overlap=HOUR)

    with pytest.raises(keys.NonceSpent):
        create(as_caller, deployment, nonce=NONCE)

    assert works(second)


def test_the_same_nonce_in_another_deployment_makes_another_key(as_caller, deployment):
    for place in (deployment, create_deployment(workspace=deployment.workspace)):
        create(as_caller, place, nonce=NONCE)

    assert ApiKey.objects.count() == 2


def test_a_secret_is_replaced_at_most_twenty_times(as_caller, deployment):
    for _ in range(21):
        issued = create(as_caller, deployment, nonce=NONCE)

    with pytest.raises(keys.NonceSpent):
        create(as_caller, deployment, nonce=NONCE)

    assert issued.number == 21
    assert works(issued)


def test_one_key_too_many_names_the_limit(as_caller, deployment, settings):
    settings.API_KEYS_PER_DEPLOYMENT = 1
    create(as_caller, deployment)

    with pytest.raises(ValidationError) as caught:
        create(as_caller, deployment)

    assert "1 API keys, which is the limit" in caught.value.message_dict["name"][0]
    assert ApiKey.objects.count() == 1


@pytest.mark.threat("T-L1")
def test_a_maker_removed_or_demoted_while_the_form_was_open_makes_nothing(as_caller, deployment):
    Membership.objects.update(role=Role.EDITOR)
    with pytest.raises(PermissionDenied, match="Only a Workspace Admin can create"):
        create(as_caller, deployment)
    Membership.objects.all().delete()
    with pytest.raises(Http404):
        create(as_caller, deployment)

    assert not ApiKey.objects.exists()


def test_an_organization_owner_makes_keys_without_being_a_member(deployment):
    assert works(create(principal_for(create_owner()), deployment))


def test_a_key_outlives_its_maker(issued, admin):
    Membership.objects.all().delete()
    admin.delete()

    issued.key.refresh_from_db()
    assert (issued.key.created_by, issued.key.created_by_name) == (None, "Ada Admin")
    assert works(issued)


def test_name_and_description_change_and_the_event_says_from_what(as_caller, key):
    keys.update_key(as_caller, key, version=1, name="Nightly", description="New")

    key.refresh_from_db()
    assert (key.name, key.description, key.version) == ("Nightly", "New", 2)
    assert AuditEvent.objects.get(operation="updateDeploymentApiKey").input == {
        "name": "Nightly",
        "description": "New",
        "before": {"name": "CI", "description": ""},
    }


def test_an_edit_that_changes_nothing_leaves_no_trace(as_caller, key):
    before = events()

    keys.update_key(as_caller, key, version=1, name="CI", description="")

    key.refresh_from_db()
    assert key.version == 1
    assert events() == before


def test_a_stale_edit_changes_nothing_and_shows_what_is_there(as_caller, key):
    keys.update_key(as_caller, key, version=1, name="First", description="")

    with pytest.raises(StaleEdit) as caught:
        keys.update_key(as_caller, key, version=1, name="Second", description="")

    assert (caught.value.current.name, caught.value.version) == ("First", 2)
    key.refresh_from_db()
    assert key.name == "First"


def test_disabling_and_enabling_raise_the_generation_and_are_audited_once(as_caller, issued):
    for _ in range(2):
        disabled = keys.disable_key(as_caller, issued.key)
    assert (disabled.is_enabled, disabled.generation) == (False, 2)
    assert disabled.disabled_at is not None
    assert exchange(issued).status_code == 401

    for _ in range(2):
        enabled = keys.enable_key(as_caller, issued.key)

    assert (enabled.is_enabled, enabled.generation, enabled.disabled_at) == (True, 3, None)
    assert exchange(issued).status_code == 200
    switched = AuditEvent.objects.filter(operation__in=["disableDeploymentApiKey", "enableDeploymentApiKey"])
    assert [event.input for event in switched] == [{"id": issued.key.pk, "name": "CI"}] * 2


def test_a_disabled_key_can_be_rotated_before_it_is_enabled(as_caller, issued):
    keys.disable_key(as_caller, issued.key)
    rotated = key_secrets.rotate_secret(as_caller, issued.key, overlap=timedelta(0))

    keys.enable_key(as_caller, issued.key)

    assert exchange(rotated).status_code == 200


def test_deleting_takes_the_secrets_along_and_happens_once(as_caller, key, deployment):
    keys.delete_key(as_caller, key)
    with pytest.raises(Http404):
        keys.delete_key(as_caller, key)

    assert not ApiKey.objects.exists()
    assert not ApiKeySecret.objects.exists()
    assert count(deployment) == 0
    assert AuditEvent.objects.get(operation="deleteDeploymentApiKey").input == {"id": key.pk, "name": "CI"}


def test_deleting_the_deployment_deletes_its_keys(key):
    key.deployment.delete()

    assert not ApiKey.objects.exists()


ACTIONS = {
    "update": lambda principal, key: keys.update_key(principal, key, version=1, name="x", description=""),
    "disable": keys.disable_key,
    "enable": keys.enable_key,
    "delete": keys.delete_key,
    "reissue": key_secrets.reissue_secret,
    "confirm": lambda principal, key: key_secrets.confirm_secret(principal, key, number=1),
    "rotate": lambda principal, key: key_secrets.rotate_secret(principal, key, overlap=HOUR),
    "end": lambda principal, key: key_secrets.end_secret(principal, key, number=1),
}


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.threat("T-L1")
def test_only_admins_may_when_it_happens(issued, admin, deployment, action):
    before = events(), ApiKey.objects.values().get()
    others = [create_member(workspace=deployment.workspace, role=role) for role in (Role.MEMBER, Role.EDITOR)]

    for other in others:
        with pytest.raises(PermissionDenied):
            ACTIONS[action](principal_for(other), issued.key)
    Membership.objects.filter(user=admin).delete()
    with pytest.raises(Http404):
        ACTIONS[action](principal_for(admin), issued.key)

    assert (events(), ApiKey.objects.values().get()) == before


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.threat("T-L3")
def test_a_key_that_went_meanwhile_is_not_found(issued, as_caller, action):
    keys.delete_key(as_caller, ApiKey.objects.select_related("deployment").get(pk=issued.key.pk))

    with pytest.raises(Http404):
        ACTIONS[action](as_caller, issued.key)
