"""People by the client of today: who is listed to whom, and which roles change."""

import pytest

from tests.apikeys.astro.v1.calls import NEVER_EXISTED, at, of_person, read, refusal
from tests.clients.astro_shapes import decode
from tests.clients.astro_today import USER, page
from tests.deployments.deploys.programs import of_role
from tests.factories import create_member, create_owner, create_user, create_workspace
from workspaces.models import AuditEvent, Membership, Role

pytestmark = pytest.mark.django_db


def roles_of(user):
    return dict(Membership.objects.filter(user=user).values_list("workspace_id", "role"))


def set_roles(program, user, *roles, **body):
    listed = [{"workspaceId": workspace, "role": role} for workspace, role in roles]
    return program.post(at("users", user.pk, "roles"), {"workspaceRoles": listed, **body})


@pytest.fixture
def person():
    return create_user(email="a@example.com", full_name="Ann")


def test_members_of_a_workspace_are_listed_to_each_of_them(filled, admin):
    elsewhere = create_workspace()
    Membership.objects.create(workspace=elsewhere, user=admin, role=Role.MEMBER)
    member = create_member(workspace=filled.workspace, email="m@example.com")
    create_user()

    said = read(of_person(member).get(at(f"users?limit=100&offset=0&workspaceId={filled.workspace_id}")))

    decode(page("users", USER), said)
    assert said["totalCount"] == 2
    # Of roles elsewhere the caller does not know.
    assert {each["username"]: each["workspaceRoles"] for each in said["users"]} == {
        admin.email: [{"workspaceId": filled.workspace_id, "role": "WORKSPACE_OWNER"}],
        "m@example.com": [{"workspaceId": filled.workspace_id, "role": "WORKSPACE_MEMBER"}],
    }
    by_deployment = read(of_person(member).get(at(f"users?deploymentId={filled.pk}")))
    assert by_deployment["users"] == said["users"]


def test_everybody_is_listed_to_who_decides_about_members(filled, person):
    for program in (of_role(filled, Role.ADMIN), of_person(create_owner())):
        said = read(program.get(at("users?limit=100&offset=0")))
        assert person.email in {each["username"] for each in said["users"]}
    for role in (Role.MEMBER, Role.EDITOR):
        assert "Only an Organization Owner or a Workspace Admin" in refusal(
            of_role(filled, role).get(at("users")), 403
        )


def test_an_admin_adds_changes_and_removes_a_member(filled, admin, person):
    program, home = of_person(admin), filled.workspace_id
    elsewhere = create_workspace()
    Membership.objects.create(workspace=elsewhere, user=person, role=Role.EDITOR)
    others = {elsewhere.pk: Role.EDITOR}

    assert read(program.get(at("users", person.pk)))["workspaceRoles"] == []
    read(set_roles(program, person, (home, "WORKSPACE_OPERATOR")))
    assert roles_of(person) == {**others, home: Role.EDITOR}
    read(set_roles(program, person, (home, "WORKSPACE_MEMBER")))
    assert roles_of(person) == {**others, home: Role.MEMBER}
    read(program.post(at("users", person.pk, "roles"), {"organizationRole": "ORGANIZATION_MEMBER"}))
    assert roles_of(person) == {**others, home: Role.MEMBER}
    read(set_roles(program, person))
    assert roles_of(person) == others
    assert [each.operation for each in AuditEvent.objects.order_by("pk")][-3:] == [
        "createMembership",
        "updateMembership",
        "deleteMembership",
    ]


def test_all_roles_of_a_request_change_or_none(filled, admin, person):
    foreign = create_workspace()

    for other in (foreign.pk, NEVER_EXISTED):
        asked = set_roles(
            of_person(admin), person, (filled.workspace_id, "WORKSPACE_MEMBER"), (other, "WORKSPACE_OWNER")
        )
        assert refusal(asked, 404)
        assert roles_of(person) == {}


@pytest.mark.parametrize("role", ["WORKSPACE_AUTHOR", "", "ADMIN"])
def test_a_role_that_there_is_not(filled, admin, person, role):
    said = refusal(set_roles(of_person(admin), person, (filled.workspace_id, role)), 400)

    assert said.startswith(
        "Choose one of these roles: WORKSPACE_MEMBER, WORKSPACE_OPERATOR, WORKSPACE_OWNER."
    )


def test_roles_in_the_organization_stay(filled, person):
    owner = of_person(create_owner())

    said = refusal(set_roles(owner, person, organizationRole="ORGANIZATION_OWNER"), 400)

    assert "An operator changes them" in said


def test_the_last_admin_stays(filled, admin):
    said = refusal(set_roles(of_person(admin), admin, (filled.workspace_id, "WORKSPACE_MEMBER")), 409)

    assert "last Admin" in said


def test_who_may_not(filled, key, person):
    for role in (Role.MEMBER, Role.EDITOR):
        program = of_role(filled, role)
        assert "no such person" in refusal(program.get(at("users", person.pk)), 404)
        assert refusal(set_roles(program, person, (filled.workspace_id, "WORKSPACE_OWNER")), 404)
        colleague = create_member(workspace=filled.workspace)
        asked = set_roles(program, colleague, (filled.workspace_id, "WORKSPACE_OWNER"))
        assert "Only a Workspace Admin can" in refusal(asked, 403)
    for ask in (
        lambda: key.get(at("users")),
        lambda: key.get(at("users", person.pk)),
        lambda: key.get("/v1/users/self"),
        lambda: set_roles(key, person, (filled.workspace_id, "WORKSPACE_OWNER")),
    ):
        assert "An API key cannot" in refusal(ask(), 403)
    assert roles_of(person) == {}


def test_oneself(admin):
    said = read(of_person(admin).get("/v1/users/self?createIfNotExist=true"))

    assert (said["id"], said["username"], said["fullName"]) == (admin.pk, admin.email, "Ada Admin")
