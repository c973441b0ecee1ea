"""Workspaces by the client of today: who sees, makes, changes and deletes them."""

import pytest

from tests.apikeys.astro.v1.calls import NEVER_EXISTED, at, of_person, read, refusal
from tests.deployments.deploys.programs import of_role
from tests.factories import create_owner, create_workspace
from workspaces.models import AuditEvent, Membership, Role, Workspace

pytestmark = pytest.mark.django_db

NEW = {"name": "X", "description": "", "cicdEnforcedDefault": False}


@pytest.fixture
def owner():
    return of_person(create_owner())


def test_an_owner_makes_changes_and_deletes_one(owner):
    made = read(owner.post(at("workspaces"), {**NEW, "cicdEnforcedDefault": True}))
    assert (made["name"], made["cicdEnforcedDefault"]) == ("X", True)
    assert Membership.objects.get(workspace=made["id"]).role == Role.ADMIN

    place = at("workspaces", made["id"])
    changed = read(owner.post(place, {"name": "Y", "description": "d", "cicdEnforcedDefault": False}))
    assert (changed["name"], changed["description"], changed["cicdEnforcedDefault"]) == ("Y", "d", False)
    # What is left out stays.
    assert read(owner.post(place, {"description": ""}))["name"] == "Y"

    assert read(owner.delete(place)) == {}
    assert "no such Workspace" in refusal(owner.get(place), 404)
    assert [
        each.operation for each in AuditEvent.objects.order_by("pk") if "Workspace" in each.operation
    ] == [
        "createWorkspace",
        "updateWorkspace",
        "updateWorkspace",
        "deleteWorkspace",
    ]


def test_the_list_is_by_name_and_holds_one_s_own(filled, admin, owner):
    create_workspace(name="zebra")
    create_workspace(name="Aardvark")

    mine = read(of_person(admin).get(at("workspaces?limit=1000&offset=0&sorts=name:asc")))
    names = [each["name"] for each in read(owner.get(at("workspaces")))["workspaces"]]

    assert [each["id"] for each in mine["workspaces"]] == [filled.workspace_id]
    assert names == sorted(names, key=str.lower)
    assert len(names) == 3


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        ({"name": "taken"}, 422, "name: A Workspace with this name already exists."),
        ({"name": " "}, 422, "name: Enter a name."),
        ({}, 422, "name: Enter a name."),
        ({"name": "x" * 101}, 422, "name: "),
        ({"name": "a\u200bb"}, 422, "name: "),
        ({"name": 1}, 422, "name: "),
        ({"name": "X", "cicdEnforcedDefault": "yes"}, 422, "cicdEnforcedDefault: "),
    ],
)
def test_what_cannot_be_made(owner, body, status, sentence):
    create_workspace(name="Taken")

    assert sentence in refusal(owner.post(at("workspaces"), body), status)
    assert Workspace.objects.count() == 1


def test_one_with_deployments_stays(filled, owner):
    assert "while it has Deployments" in refusal(owner.delete(at("workspaces", filled.workspace_id)), 409)


def test_who_may_do_what(filled, key):
    place = at("workspaces", filled.workspace_id)
    for role, status in ((Role.MEMBER, 403), (Role.EDITOR, 403), (Role.ADMIN, 200)):
        assert of_role(filled, role).post(place, {"description": "d"}).status_code == status
        assert "Only an Organization Owner can" in refusal(
            of_role(filled, role).post(at("workspaces"), NEW), 403
        )
    for program, other in ((of_role(filled, Role.ADMIN), create_workspace().pk), (key, NEVER_EXISTED)):
        assert refusal(program.get(at("workspaces", other)), 404)
    for ask in (
        lambda: key.post(at("workspaces"), NEW),
        lambda: key.post(place, NEW),
        lambda: key.delete(place),
    ):
        assert "An API key cannot" in refusal(ask(), 403)
