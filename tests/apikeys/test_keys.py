"""Editing and deleting a key: only name and description change, a stale form is noticed, deleting is final."""

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from apikeys import keys
from apikeys.models import ApiKey, ApiKeySecret
from cloudui.web.versions import StaleEdit
from tests.factories import create_api_key, create_deployment, create_member
from workspaces.models import AuditEvent, Membership, Role
from workspaces.principals import principal_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def key():
    return create_api_key(create_deployment(), name="CI", description="Old").key


@pytest.fixture
def admin(key):
    return principal_for(create_member(workspace=key.deployment.workspace, role=Role.ADMIN))


def test_name_and_description_change(admin, key):
    keys.update_key(admin, key, version=1, name="Nightly", description="New")

    key.refresh_from_db()
    assert (key.name, key.description, key.version) == ("Nightly", "New", 2)


def test_an_edit_is_audited_with_what_was_there_before(admin, key):
    keys.update_key(admin, key, version=1, name="Nightly", description="New")

    event = AuditEvent.objects.get(operation="updateDeploymentApiKey")
    assert event.input == {
        "name": "Nightly",
        "description": "New",
        "before": {"name": "CI", "description": "Old"},
    }


def test_an_edit_that_changes_nothing_leaves_no_trace(admin, key):
    keys.update_key(admin, key, version=1, name="CI", description="Old")

    key.refresh_from_db()
    assert key.version == 1
    assert not AuditEvent.objects.filter(operation="updateDeploymentApiKey").exists()


def test_a_stale_edit_changes_nothing_and_shows_what_is_there(admin, key):
    keys.update_key(admin, key, version=1, name="First", description="")

    with pytest.raises(StaleEdit) as caught:
        keys.update_key(admin, key, version=1, name="Second", description="")

    assert caught.value.current.name == "First"
    key.refresh_from_db()
    assert key.name == "First"


@pytest.mark.parametrize("role", [Role.MEMBER, Role.EDITOR])
def test_only_admins_change_keys(key, role):
    someone = principal_for(create_member(workspace=key.deployment.workspace, role=role))

    with pytest.raises(PermissionDenied):
        keys.update_key(someone, key, version=1, name="Mine", description="")
    with pytest.raises(PermissionDenied):
        keys.delete_key(someone, key)

    assert ApiKey.objects.filter(name="CI").exists()


def test_deleting_takes_the_secrets_along_and_lowers_the_count(admin, key):
    keys.delete_key(admin, key)

    assert not ApiKey.objects.exists()
    assert not ApiKeySecret.objects.exists()
    key.deployment.refresh_from_db()
    assert key.deployment.api_key_count == 0
    assert AuditEvent.objects.get(operation="deleteDeploymentApiKey").input == {"id": key.pk, "name": "CI"}


def test_a_key_is_deleted_only_once(admin, key):
    keys.delete_key(admin, key)

    with pytest.raises(Http404):
        keys.delete_key(admin, key)

    key.deployment.refresh_from_db()
    assert key.deployment.api_key_count == 0


def test_a_removed_admin_deletes_nothing(admin, key):
    Membership.objects.filter(user_id=admin.id).delete()

    with pytest.raises(Http404):
        keys.delete_key(admin, key)

    assert ApiKey.objects.exists()


def test_deleting_the_deployment_deletes_its_keys(key):
    key.deployment.delete()

    assert not ApiKey.objects.exists()
