"""A remembered row is shown only while it is true."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apikeys import keys
from apikeys.models import ApiKey
from tests.factories import create_api_key, create_member
from workspaces.principals import principal_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(deployment, admin):
    return create_api_key(deployment, name="Nightly", by=admin).key


def rows(key):
    return ApiKey.objects.filter(pk=key.pk)


@pytest.fixture
def shown(client, deployment, admin):
    def shown(person=admin):
        client.force_login(person)
        address = f"/{deployment.workspace_id}/deployments/{deployment.pk}/api-keys"
        return client.get(address).content.decode()

    return shown


@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        pytest.param(
            lambda admin, key: keys.update_key(admin, key, version=1, name="Hourly", description=""),
            "Nightly", "Hourly", id="renamed",
        ),
        pytest.param(keys.disable_key, "", "Disabled</span>", id="disabled"),
        pytest.param(
            lambda _, key: rows(key).update(last_used_at=timezone.now(), last_used_from="203.0.113.9"),
            ">Never<", "from 203.0.113.9", id="used",
        ),
        pytest.param(
            lambda _, key: rows(key).update(created_at=timezone.now() - timedelta(hours=2)),
            "", "2\N{NO-BREAK SPACE}hours ago</time>", id="older",
        ),
    ],
)  # fmt: skip
def test_a_key_shows_at_once_what_has_changed(shown, key, admin, change, before, after):
    page = shown()
    assert before in page
    assert after not in page

    change(principal_for(admin), key)

    page = shown()
    assert after in page
    assert not before or before not in page


def test_a_row_without_buttons_is_another_row(shown, key, deployment):
    edit = f"/{key.pk}/edit"
    assert edit in shown()

    assert edit not in shown(create_member(workspace=deployment.workspace))

    assert edit in shown()
