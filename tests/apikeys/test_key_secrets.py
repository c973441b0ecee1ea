"""Making a key: its secret is shown once, a repeated form makes no second key, an unconfirmed secret can be
replaced, and nothing but a hash is kept."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.utils import timezone

from apikeys import credentials, key_secrets, keys
from apikeys.forms import new_nonce
from apikeys.models import ApiKey, ApiKeySecret
from tests.factories import create_api_key, create_deployment, create_member, create_owner
from workspaces.models import AuditEvent, Membership, Role
from workspaces.principals import principal_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def deployment():
    return create_deployment()


@pytest.fixture
def admin(deployment):
    return principal_for(create_member(workspace=deployment.workspace, role=Role.ADMIN, full_name="Ada"))


def create(principal, deployment, *, name="CI", description="", nonce=None):
    return keys.create_key(
        principal, deployment, name=name, description=description, nonce=nonce or new_nonce()
    )


def works(issued):
    """Whether the secret opens its key now."""
    rows = ApiKeySecret.objects.live().filter(key=issued.key)
    return any(credentials.verify(issued.secret, row.encoded, row.pepper_version) for row in rows)


def test_a_new_key_has_one_secret_that_works(admin, deployment):
    issued = create(admin, deployment, name="CI", description="For the nightly build")

    assert works(issued)
    assert issued.number == 1
    assert not issued.is_replacement
    assert (issued.key.name, issued.key.description) == ("CI", "For the nightly build")
    assert issued.key.created_by_name == "Ada"


def test_the_database_holds_an_argon2id_hash_and_not_the_secret(admin, deployment):
    issued = create(admin, deployment)

    row = ApiKeySecret.objects.get()
    assert row.encoded.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert issued.secret.reveal() not in row.encoded
    assert issued.secret.reveal() not in repr(issued)


def test_the_deployment_counts_its_keys(admin, deployment):
    create(admin, deployment)
    create(admin, deployment)

    deployment.refresh_from_db()
    assert deployment.api_key_count == 2


def test_making_a_key_is_audited_without_the_secret(admin, deployment):
    issued = create(admin, deployment, name="CI")

    event = AuditEvent.objects.get(operation="createDeploymentApiKey")
    assert (event.subject_id, event.target, event.deployment) == (admin.id, issued.key.pk, deployment.pk)
    assert event.input["name"] == "CI"
    assert issued.secret.reveal() not in str(event.__dict__)


def test_the_same_form_again_replaces_the_secret_and_makes_no_second_key(admin, deployment):
    nonce = new_nonce()
    first = create(admin, deployment, nonce=nonce)

    second = create(admin, deployment, nonce=nonce)

    assert ApiKey.objects.count() == 1
    assert second.key.pk == first.key.pk
    assert second.is_replacement
    assert works(second)
    assert not works(first)
    assert AuditEvent.objects.filter(operation="reissueDeploymentApiKeySecret").count() == 1


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda key: key.__dict__.update(acknowledged_secret=1), id="confirmed"),
        pytest.param(
            lambda key: key.__dict__.update(created_at=timezone.now() - timedelta(minutes=16)), id="too old"
        ),
        pytest.param(lambda key: key.__dict__.update(name="Renamed"), id="renamed"),
        pytest.param(lambda key: key.__dict__.update(created_by_id=None), id="maker gone"),
    ],
)
def test_the_same_form_again_is_refused_once_the_key_is(admin, deployment, spoil):
    nonce = new_nonce()
    issued = create(admin, deployment, nonce=nonce)
    spoil(issued.key)
    issued.key.save()

    with pytest.raises(keys.NonceSpent) as caught:
        create(admin, deployment, nonce=nonce)

    assert caught.value.key.pk == issued.key.pk
    assert works(issued)


def test_the_same_form_again_is_refused_once_the_secret_was_used(admin, deployment):
    nonce = new_nonce()
    issued = create(admin, deployment, nonce=nonce)
    issued.key.secrets.update(first_used_at=timezone.now())

    with pytest.raises(keys.NonceSpent):
        create(admin, deployment, nonce=nonce)

    assert works(issued)


def test_the_same_form_from_another_person_is_refused(admin, deployment):
    nonce = new_nonce()
    create(admin, deployment, nonce=nonce)
    other = principal_for(create_member(workspace=deployment.workspace, role=Role.ADMIN))

    with pytest.raises(keys.NonceSpent):
        create(other, deployment, nonce=nonce)


def test_the_same_nonce_in_another_deployment_makes_another_key(admin, deployment):
    nonce = new_nonce()
    sibling = create_deployment(workspace=deployment.workspace)

    create(admin, deployment, nonce=nonce)
    create(admin, sibling, nonce=nonce)

    assert ApiKey.objects.count() == 2


def test_a_secret_is_replaced_at_most_twenty_times(admin, deployment):
    nonce = new_nonce()
    for _ in range(21):
        issued = create(admin, deployment, nonce=nonce)

    with pytest.raises(keys.NonceSpent):
        create(admin, deployment, nonce=nonce)

    assert issued.number == 21
    assert works(issued)


def test_one_key_too_many_names_the_limit(admin, deployment, settings):
    settings.API_KEYS_PER_DEPLOYMENT = 1
    create(admin, deployment)

    with pytest.raises(ValidationError) as caught:
        create(admin, deployment)

    assert "1 API keys, which is the limit" in caught.value.message_dict["name"][0]
    assert ApiKey.objects.count() == 1


@pytest.mark.threat("T-L1")
def test_a_maker_removed_while_the_form_was_open_makes_nothing(admin, deployment):
    Membership.objects.all().delete()

    with pytest.raises(Http404):
        create(admin, deployment)

    assert not ApiKey.objects.exists()


@pytest.mark.threat("T-L1")
def test_a_maker_demoted_while_the_form_was_open_makes_nothing(admin, deployment):
    Membership.objects.update(role=Role.EDITOR)

    with pytest.raises(PermissionDenied, match="Only a Workspace Admin can create"):
        create(admin, deployment)

    assert not ApiKey.objects.exists()


def test_an_organization_owner_makes_keys_without_being_a_member(deployment):
    issued = create(principal_for(create_owner()), deployment)

    assert works(issued)


def test_issuing_anew_replaces_an_unconfirmed_secret(admin, deployment):
    issued = create(admin, deployment)

    again = key_secrets.reissue_secret(admin, issued.key)

    assert works(again)
    assert not works(issued)
    assert again.number == 2


def test_any_admin_may_issue_anew(deployment):
    issued = create_api_key(deployment)
    other = principal_for(create_member(workspace=deployment.workspace, role=Role.ADMIN))

    assert works(key_secrets.reissue_secret(other, issued.key))


def test_a_confirmed_secret_is_not_issued_anew(admin, deployment):
    issued = create(admin, deployment)
    key_secrets.confirm_secret(admin, issued.key, number=1)

    with pytest.raises(key_secrets.NotReissuable):
        key_secrets.reissue_secret(admin, issued.key)

    assert works(issued)


def test_confirming_is_audited_once(admin, deployment):
    issued = create(admin, deployment)

    key_secrets.confirm_secret(admin, issued.key, number=1)
    key_secrets.confirm_secret(admin, issued.key, number=1)

    issued.key.refresh_from_db()
    assert issued.key.acknowledged_secret == 1
    assert AuditEvent.objects.filter(operation="acknowledgeDeploymentApiKey").count() == 1


def test_a_replaced_secret_cannot_be_confirmed(admin, deployment):
    issued = create(admin, deployment)
    key_secrets.reissue_secret(admin, issued.key)

    with pytest.raises(key_secrets.StaleReveal):
        key_secrets.confirm_secret(admin, issued.key, number=1)

    issued.key.refresh_from_db()
    assert issued.key.acknowledged_secret == 0


def test_a_key_outlives_its_maker(admin, deployment):
    issued = create(admin, deployment)
    Membership.objects.all().delete()
    issued.key.created_by.delete()

    issued.key.refresh_from_db()
    assert issued.key.created_by is None
    assert issued.key.created_by_name == "Ada"
    assert works(issued)


def rotated(admin, deployment):
    """A key whose first secret is confirmed and in use, and whose second one was shown and lost."""
    first = create(admin, deployment)
    key_secrets.confirm_secret(admin, first.key, number=1)
    first.key.secrets.update(first_used_at=timezone.now())
    return first, key_secrets.rotate_secret(admin, first.key, overlap=timedelta(hours=24))


@pytest.mark.threat("T-R6")
def test_a_new_secret_lost_during_a_rotation_is_issued_anew_and_the_old_one_goes_on(admin, deployment):
    first, lost = rotated(admin, deployment)

    again = key_secrets.reissue_secret(admin, first.key)

    assert works(again)
    assert works(first)
    assert not works(lost)
    assert first.key.secrets.live().get(number=1).ends_at is not None


def test_confirming_an_older_secret_later_takes_nothing_back(admin, deployment):
    first, second = rotated(admin, deployment)
    key_secrets.confirm_secret(admin, first.key, number=second.number)

    key_secrets.confirm_secret(admin, first.key, number=1)

    first.key.refresh_from_db()
    assert first.key.acknowledged_secret == second.number


def test_the_creation_form_sent_again_never_replaces_a_secret_of_a_rotation(admin, deployment):
    nonce = new_nonce()
    first = create(admin, deployment, nonce=nonce)
    key_secrets.confirm_secret(admin, first.key, number=1)
    second = key_secrets.rotate_secret(admin, first.key, overlap=timedelta(hours=24))

    with pytest.raises(keys.NonceSpent):
        create(admin, deployment, nonce=nonce)

    assert works(second)
