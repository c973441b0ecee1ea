"""A remembered row is shown only while it is true."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apikeys import keys
from apikeys.models import ApiKey
from tests.factories import create_api_key, create_deployment, create_member
from workspaces.models import Role
from workspaces.principals import principal_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def deployment():
    return create_deployment()


@pytest.fixture
def admin(deployment):
    return create_member(workspace=deployment.workspace, role=Role.ADMIN)


@pytest.fixture
def key(deployment, admin):
    return create_api_key(deployment, name="Nightly", by=admin).key


@pytest.fixture
def shown(client, deployment, admin):
    def shown(person=admin):
        client.force_login(person)
        address = f"/{deployment.workspace_id}/deployments/{deployment.pk}/api-keys"
        return client.get(address).content.decode()

    return shown


def test_a_key_that_was_renamed_shows_its_new_name(shown, key, admin):
    assert "Nightly" in shown()

    keys.update_key(principal_for(admin), key, version=1, name="Hourly", description="")

    page = shown()
    assert "Hourly" in page
    assert "Nightly" not in page


def test_a_key_that_was_disabled_says_so_at_once(shown, key, admin):
    assert ">Disabled<" not in shown()

    keys.disable_key(principal_for(admin), key)

    assert ">Disabled<" in shown()


def test_a_key_that_was_used_shows_from_where_at_once(shown, key):
    assert "from 203.0.113.9" not in shown()

    ApiKey.objects.filter(pk=key.pk).update(last_used_at=timezone.now(), last_used_from="203.0.113.9")

    assert "from 203.0.113.9" in shown()


def test_a_row_without_buttons_is_another_row(shown, key, deployment):
    edit = f"/{key.pk}/edit"
    assert edit in shown()

    assert edit not in shown(create_member(workspace=deployment.workspace))

    assert edit in shown()


def test_the_age_of_a_key_grows(shown, key):
    assert "now</time>" in shown()

    ApiKey.objects.filter(pk=key.pk).update(created_at=timezone.now() - timedelta(hours=2))

    assert "2\N{NO-BREAK SPACE}hours ago</time>" in shown()
