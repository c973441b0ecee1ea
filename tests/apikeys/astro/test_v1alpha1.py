"""Workspaces and people under `/v1alpha1`: what is read, what is refused, and how lists have pages."""

from unittest.mock import ANY

import pytest
from django.test import Client

from apikeys.tokens import access_tokens
from tests.apikeys.machine import JSON
from tests.factories import create_deployment, create_member, create_user
from workspaces.models import AuditEvent, Role, Workspace

pytestmark = pytest.mark.django_db

HERE = "/v1alpha1/organizations/my-organization"


@pytest.fixture
def headers(admin):
    return {"Authorization": f"Bearer {access_tokens.mint_for_user(admin)[0]}"}


@pytest.fixture
def place(deployment):
    return f"{HERE}/workspaces/{deployment.workspace_id}"


def send(method, path, headers, body=None):
    data = {} if body is None else {"data": body, "content_type": JSON}
    return getattr(Client(), method)(path, headers=headers, **data)


def message(response, status):
    said = response.json()
    assert (response.status_code, said["statusCode"]) == (status, status)
    return said["message"]


def test_workspaces_are_one_page(headers, deployment, token):
    row = deployment.workspace
    row.description = "Reports"
    row.save()
    expected = {
        "id": row.pk,
        "name": row.name,
        "description": "Reports",
        "apiKeyOnlyDeploymentsDefault": False,
        "organizationId": "c000000000000000000000001",
    }

    for bearer in (headers, {"Authorization": f"Bearer {token}"}):
        said = send("get", f"{HERE}/workspaces", bearer).json()

        [shown] = said.pop("workspaces")
        assert said == {"totalCount": 1, "offset": 0, "limit": 1}
        assert shown.pop("createdAt").endswith("Z")
        assert shown.pop("updatedAt").endswith("Z")
        assert shown == expected


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "sentence"),
    [
        ("post", "", {"name": 1}, 400, "Send name as text."),
        ("post", "", {"name": "A", "apiKeyOnlyDeploymentsDefault": "yes"}, 400, "as true or false."),
        ("post", "", ["A"], 400, "Send one JSON object."),
        ("post", "", {"name": ""}, 400, "Name: Enter a name."),
        ("post", "", {"name": "a\nb"}, 400, "Name: Remove the invisible character U+000A."),
        ("post", "", {"name": "A", "description": "x" * 501}, 400, "Description: Use at most 500 characters"),
        ("delete", "", None, 409, "cannot be deleted while it has Deployments"),
        (
            "post",
            "/users/{user}/role",
            {"role": "WORKSPACE_KING"},
            400,
            "Choose one of these roles: WORKSPACE_MEM",
        ),
        ("post", "/users/{user}/role", {"role": None}, 400, "Choose one of these roles"),
        ("post", "/users/nobody/role", {"role": "WORKSPACE_OWNER"}, 404, "There is nobody of this e-mail"),
        ("post", "/users//role", {"role": "WORKSPACE_OWNER"}, 404, "There is nobody of this e-mail"),
        ("post", "/users/role", {"role": "WORKSPACE_OWNER"}, 404, "There is nobody of this e-mail"),
        ("delete", "/users/", None, 404, "This person is no member of the Workspace."),
        ("delete", "/users/nobody", None, 404, "This person is no member of the Workspace."),
        ("get", "/users?offset=-1", None, 400, "Send offset as a whole number."),
        ("get", "/users?limit=x", None, 400, "Send limit as a whole number."),
        ("get", "/users?limit=" + "9" * 30, None, 400, "Send limit as a whole number."),
        ("get", "/teams", None, 404, "Cloud UI does not serve this command"),
    ],
)
def test_what_is_wrong_is_said_and_changes_nothing(headers, place, method, path, body, status, sentence):
    response = send(method, place + path.format(user=create_user().pk), headers, body)

    assert sentence in message(response, status)
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", ""),
        ("delete", ""),
        ("get", "/users"),
        ("post", "/users/{user}/role"),
        ("delete", "/users/{user}"),
        ("post", "/users//role"),
    ],
)
def test_a_stranger_finds_no_workspace(headers, method, path):
    other = create_deployment().workspace_id
    body = {"name": "A", "role": "WORKSPACE_OWNER"} if method == "post" else None

    for workspace in (other, "c" + "0" * 24, "no-such"):
        address = f"{HERE}/workspaces/{workspace}{path.format(user=create_user().pk)}"
        assert message(send(method, address, headers, body), 404).startswith("There is no such Workspace")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/users"),
        ("get", "/workspaces"),
        ("post", "/invites"),
        ("post", "/users/c1/role"),
        ("get", "/workspaces/{workspace}/users"),
        ("post", "/workspaces/{workspace}"),
    ],
)
def test_another_organization_is_not_here(headers, deployment, method, path):
    path = "/v1alpha1/organizations/elsewhere" + path.format(workspace=deployment.workspace_id)

    said = message(send(method, path, headers, {} if method == "post" else None), 404)

    assert said.startswith("There is another Organization here by now.")


def test_members_come_in_pages_and_with_their_roles(headers, place, deployment):
    deployment.workspace.memberships.all().update(role=Role.ADMIN)
    ada = create_member(
        workspace=deployment.workspace, role=Role.EDITOR, email="aaa@example.com", full_name="Ada"
    )
    gone = create_member(workspace=deployment.workspace, email="aab@example.com", is_active=False)
    create_user(email="aac@example.com")

    first = send("get", f"{place}/users?limit=2&offset=0", headers).json()
    last = send("get", f"{place}/users?limit=2&offset=2", headers).json()
    past = send("get", f"{place}/users?limit=2&offset=4", headers).json()

    assert [page["totalCount"] for page in (first, last, past)] == [3, 3, 3]
    assert (len(last["users"]), past["users"]) == (1, [])
    shown = first["users"][0]
    assert shown.pop("createdAt") == shown.pop("updatedAt")
    assert shown == {
        "id": ada.pk,
        "username": "aaa@example.com",
        "fullName": "Ada",
        "avatarUrl": "",
        "status": "ACTIVE",
        "orgRole": "ORGANIZATION_MEMBER",
        "workspaceRole": "WORKSPACE_OPERATOR",
    }
    assert (first["users"][1]["id"], first["users"][1]["status"]) == (gone.pk, "INACTIVE")


def test_what_is_left_out_of_a_change_stays(headers, place, deployment):
    Workspace.objects.update(ci_cd_enforced_by_default=True, description="Reports")

    said = send("post", place, headers, {"name": "Other", "description": None}).json()

    assert (said["name"], said["description"]) == ("Other", "Reports")
    assert said["apiKeyOnlyDeploymentsDefault"] is True
    assert send("post", place, headers, {"description": ""}).json() == {
        **said,
        "description": "",
        "updatedAt": ANY,
    }


def test_roles_in_the_organization_and_invitations_are_not_served_yet(headers, place):
    for path in ("/users/c1/role", "/invites"):
        assert "An operator" in message(send("post", f"{HERE}{path}", headers, {}), 404)
