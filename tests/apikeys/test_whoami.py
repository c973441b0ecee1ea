"""`GET /v1/whoami`: the first step of a pipeline says who is calling and what it may do."""

import datetime as dt

import pytest

from apikeys.tokens import access_tokens
from tests.apikeys.machine import JSON, token_of, whoami
from tests.factories import create_api_key, create_member, create_owner
from workspaces.models import Role

pytestmark = pytest.mark.django_db


def test_a_key_learns_its_deployment_and_workspace(deployment):
    issued = create_api_key(deployment, name="Nightly ✨")
    token = token_of(issued)

    response = whoami(token)

    assert response.headers["Content-Type"] == JSON
    assert response.headers["Cache-Control"] == "no-store"
    content = response.json()
    expires = dt.datetime.fromisoformat(content.pop("expiresAt"))
    assert expires.timestamp() == access_tokens.read(token).expires_at
    assert content == {
        "kind": "api_key",
        "id": issued.key.pk,
        "name": "Nightly ✨",
        "deployment": {"id": deployment.pk, "name": deployment.name},
        "workspace": {"id": deployment.workspace_id, "name": deployment.workspace.name},
        "rights": ["deployment:read", "deployment:update", "deployment:deploy", "airflow:op"],
    }


def test_a_person_learns_the_roles_of_this_moment(deployment):
    person = create_member(workspace=deployment.workspace, role=Role.EDITOR, full_name="Edith Editor")
    token, ends = access_tokens.mint_for_user(person)

    assert whoami(token).json() == {
        "kind": "user",
        "id": person.pk,
        "name": "Edith Editor",
        "email": person.email,
        "rights": ["organization:member", f"workspace:{deployment.workspace_id}:editor"],
        "expiresAt": ends.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }

    person.memberships.all().delete()

    assert whoami(token).json()["rights"] == ["organization:member"]


def test_an_owner_needs_no_list_of_workspaces():
    token, _ = access_tokens.mint_for_user(create_owner())

    assert whoami(token).json()["rights"] == ["organization:owner"]
