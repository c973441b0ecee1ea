"""The `astro` command-line client in the hands of people: what each role may do to Deployments, Workspaces and members."""

import pytest

from tests.clients.astro_shapes import Failed
from tests.clients.conftest import operations, signed_in
from tests.factories import create_user
from workspaces.models import Role, User, Workspace

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_member_looks_and_changes_nothing(cli, demo):
    as_member = signed_in(cli, demo, Role.MEMBER)
    told = operations()
    as_member.inspect("Demo")
    because = "Your role here is Member"

    for command in (
        lambda: as_member.update("Demo", name="Other"),
        lambda: as_member.change_variables("Demo", {"A": "1"}),
        lambda: as_member.queue_create("Demo", "heavy"),
        lambda: as_member.create("X", cluster=demo.cluster_id, version=demo.runtime_id),
        lambda: as_member.deployment_delete(demo.pk),
        lambda: as_member.workspace_update(demo.workspace_id, name="Other"),
        lambda: as_member.workspace_delete(demo.workspace_id),
    ):
        with pytest.raises(Failed, match=because):
            command()

    with pytest.raises(Failed, match="Only an Organization Owner can create a Workspace"):
        as_member.workspace_create("Other")
    with pytest.raises(Failed, match="Only an Organization Owner or a Workspace Admin can list the people"):
        as_member.member_add("ada@example.com")
    assert len(as_member.members()) == 2
    assert operations() == told


def test_an_admin_decides_who_is_in_the_workspace(cli, demo):
    demo.workspace.memberships.all().delete()
    as_admin, ada = signed_in(cli, demo, Role.ADMIN), create_user(email="ada@example.com")
    for _ in range(100):
        create_user(password=None)

    assert len(as_admin.people()) == User.objects.count() > 100
    as_admin.member_add("ada@example.com")
    as_admin.member_update("ada@example.com", "WORKSPACE_OPERATOR")

    [shown] = [each for each in as_admin.members() if each["username"] == "ada@example.com"]
    assert (shown["id"], shown["workspaceRole"]) == (ada.pk, "WORKSPACE_OPERATOR")
    as_admin.member_remove("ada@example.com")
    assert len(as_admin.members()) == 1
    for command in (
        lambda: as_admin.member_add("nobody@example.com"),
        lambda: as_admin.member_update("ada@example.com", "WORKSPACE_OWNER"),
    ):
        with pytest.raises(Failed, match=r"^There is nobody of this e-mail address"):
            command()
    with pytest.raises(Failed, match=r"^This person is no member of the Workspace"):
        as_admin.member_remove("ada@example.com")
    with pytest.raises(Failed, match=r"^The last Admin stays in a Workspace"):
        as_admin.member_remove(as_admin.members()[0]["username"])
    with pytest.raises(Failed, match=r"^Cloud UI does not send invitations yet"):
        as_admin.invite("ada@example.com")


def test_an_owner_makes_changes_and_deletes_a_workspace(cli, demo):
    as_owner = signed_in(cli, demo)

    as_owner.workspace_create("Made", enforced=True)
    made = Workspace.objects.get(name="Made")
    assert made.ci_cd_enforced_by_default
    with pytest.raises(Failed, match="A Workspace with this name already exists"):
        as_owner.workspace_create("Made")
    as_owner.workspace_update(made.pk, name="Changed")
    made.refresh_from_db()
    assert (made.name, made.ci_cd_enforced_by_default) == ("Changed", True)
    as_owner.workspace_delete(made.pk)

    with pytest.raises(Failed, match="cannot be deleted while it has Deployments"):
        as_owner.workspace_delete(demo.workspace_id)
    with pytest.raises(Failed, match=r"^Name: Remove the invisible character"):
        as_owner.workspace_create("a\u202eb")
    assert operations()[-3:] == ["createWorkspace", "updateWorkspace", "deleteWorkspace"]
