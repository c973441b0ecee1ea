"""API keys move with their Deployment: same ID, same secret, and tokens bought before go on working."""

import pytest

from apikeys.models import ApiKey
from apikeys.tokens import access_tokens
from deployments.details.transfer import transfer_deployment
from tests.apikeys.machine import credentials_of, exchange, post, token_of, whoami
from tests.factories import create_api_key, create_member, create_owner, create_workspace
from workspaces.models import Role
from workspaces.principals import principal_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def target():
    return create_workspace(name="Analytics")


@pytest.fixture
def issued(deployment):
    return create_api_key(deployment, name="CI")


@pytest.fixture
def move(deployment, target):
    return lambda: transfer_deployment(principal_for(create_owner()), deployment, target)


@pytest.mark.threat("T-L4")
def test_a_token_bought_before_works_and_learns_the_new_workspace(issued, target, move):
    token = token_of(issued)
    move()

    answer = whoami(token)

    assert answer.status_code == 200
    assert answer.json()["workspace"] == {"id": target.pk, "name": "Analytics"}
    assert answer.json()["id"] == issued.key.pk


def test_the_same_secret_buys_tokens_that_name_the_new_workspace(issued, target, move):
    exchange(issued)
    move()

    token = token_of(issued)

    claims = access_tokens.read(token)
    assert (claims.subject, claims.deployment) == (issued.key.pk, issued.key.deployment_id)
    assert whoami(token).json()["workspace"]["id"] == target.pk


def test_introspection_still_calls_the_old_token_active(issued, move):
    token = token_of(issued)
    move()

    answer = post("/oauth/introspect", {**credentials_of(issued), "token": token})

    assert answer.status_code == 200
    assert answer.json()["active"] is True


def test_the_keys_are_those_of_before(deployment, issued, move):
    moved = move()

    assert [key.pk for key in ApiKey.objects.of(moved)] == [issued.key.pk]
    assert moved.api_key_count == 1


@pytest.mark.threat("T-L4")
def test_who_made_the_key_manages_it_no_longer_unless_a_member_there(client, deployment, issued, move):
    admin = create_member(workspace=deployment.workspace, role=Role.ADMIN)
    client.force_login(admin)
    moved = move()

    for workspace in (deployment.workspace_id, moved.workspace_id):
        address = f"/{workspace}/deployments/{deployment.pk}/api-keys"
        assert client.get(address).status_code == 404
        assert client.get(f"{address}/{issued.key.pk}/edit").status_code == 404
