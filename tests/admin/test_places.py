"""Workspaces and their members in the admin site."""

import pytest

from tests.admin.forms import errors, send
from tests.deployments.helpers import page, text
from tests.factories import create_deployment, create_user, create_workspace
from workspaces.models import AuditEvent, Role, Workspace

ADD = "/admin/workspaces/workspace/add/"


def change(workspace):
    return f"/admin/workspaces/workspace/{workspace.pk}/change/"


def delete(workspace):
    return f"/admin/workspaces/workspace/{workspace.pk}/delete/"


def members_of(workspace):
    return {member.user_id: member.role for member in workspace.memberships.all()}


def new_member(user, *, at, role=Role.MEMBER):
    """The fields of one more row, after the rows that are there."""
    prefix = f"memberships-{at}"
    return {
        "memberships-TOTAL_FORMS": at + 1,
        f"{prefix}-user": user.pk,
        f"{prefix}-role": role.value,
        f"{prefix}-id": "",
    }


def test_a_workspace_is_made(as_operator, owner):
    send(as_operator, ADD, name="Analytics", description="One line.\nAnother.")

    workspace = Workspace.objects.get()
    assert (workspace.name, workspace.description) == ("Analytics", "One line.\nAnother.")
    event = AuditEvent.objects.get()
    assert (event.operation, event.workspace, event.target) == ("createWorkspace", workspace.pk, workspace.pk)


@pytest.mark.parametrize("name", ["data engineering", "", "a\u202eb", "x" * 101])
def test_a_bad_name_is_refused_beside_the_field(as_operator, owner, workspace, name):
    response = send(as_operator, ADD, name=name)

    assert response.status_code == 200
    assert errors(response)
    assert Workspace.objects.count() == 1


def test_a_changed_workspace_is_audited_with_what_was_there_before(as_operator, owner, workspace):
    send(as_operator, change(workspace), name="Data Platform")

    event = AuditEvent.objects.get()
    assert (event.operation, event.workspace) == ("updateWorkspace", workspace.pk)
    assert event.input == {"name": "Data Platform", "before": {"name": "Data Engineering"}}
    # What the console had open is stale.
    assert Workspace.objects.get().version == 2


@pytest.mark.parametrize(
    ("change_member", "role", "operation", "data"),
    [
        ({"memberships-0-role": Role.MEMBER.value}, Role.MEMBER, "updateMembership", None),
        ({"memberships-0-DELETE": "on"}, None, "deleteMembership", {"name": "Ada Admin in Data Engineering"}),
    ],
)
def test_a_member_gets_another_role_or_leaves(
    as_operator, workspace, admin, owner, change_member, role, operation, data
):
    send(as_operator, change(workspace), **change_member)

    assert members_of(workspace) == ({admin.pk: role} if role else {})
    event = AuditEvent.objects.get()
    assert (event.operation, event.workspace) == (operation, workspace.pk)
    assert event.input == (data or {"role": Role.MEMBER, "before": {"role": Role.ADMIN}})


def test_a_member_joins(as_operator, workspace, admin):
    user = create_user()

    send(as_operator, change(workspace), **new_member(user, at=1, role=Role.EDITOR))

    assert members_of(workspace) == {admin.pk: Role.ADMIN, user.pk: Role.EDITOR}
    event = AuditEvent.objects.get()
    assert (event.operation, event.workspace) == ("createMembership", workspace.pk)
    assert event.input == {"user": user.pk, "role": Role.EDITOR}


def test_nobody_is_a_member_twice(as_operator, workspace, admin):
    response = send(as_operator, change(workspace), **new_member(admin, at=1))

    assert "Please correct the duplicate data" in errors(response)
    assert members_of(workspace) == {admin.pk: Role.ADMIN}


@pytest.mark.parametrize(
    "fields",
    [{"memberships-0-DELETE": "on"}, {"memberships-0-role": Role.EDITOR.value}],
    ids=["leaves", "is demoted"],
)
def test_the_last_admin_stays_while_there_is_no_owner(as_operator, workspace, admin, fields):
    response = send(as_operator, change(workspace), **fields)

    reason = "The last Admin stays in a Workspace while the Organization has no active Owner."
    assert reason in errors(response)
    assert members_of(workspace) == {admin.pk: Role.ADMIN}
    assert not AuditEvent.objects.exists()


def test_the_last_admin_may_be_replaced_in_one_step(as_operator, workspace, admin):
    user = create_user()

    send(
        as_operator,
        change(workspace),
        **{"memberships-0-DELETE": "on"},
        **new_member(user, at=1, role=Role.ADMIN),
    )

    assert members_of(workspace) == {user.pk: Role.ADMIN}


def test_an_empty_workspace_is_deleted_and_the_deletion_audited(as_operator, workspace, admin):
    as_operator.post(delete(workspace), {"post": "yes"})

    assert not Workspace.objects.exists()
    event = AuditEvent.objects.get()
    assert (event.operation, event.workspace, event.target) == ("deleteWorkspace", workspace.pk, workspace.pk)
    assert event.input == {"name": "Data Engineering"}


def test_a_workspace_with_deployments_stays(as_operator, workspace):
    create_deployment(workspace=workspace)

    answers = as_operator.get(delete(workspace)), as_operator.post(delete(workspace), {"post": "yes"})

    assert ["Cannot delete workspace" in text(answer) for answer in answers] == [True, True]
    assert Workspace.objects.exists()
    assert not AuditEvent.objects.exists()


def test_people_who_are_searched_for_show_their_e_mail_address(as_operator, admin):
    response = as_operator.get(
        "/admin/autocomplete/",
        {"term": "ada", "app_label": "workspaces", "model_name": "membership", "field_name": "user"},
    )

    assert [entry["text"] for entry in response.json()["results"]] == [f"Ada Admin ({admin.email})"]


def test_a_new_workspace_shows_only_what_can_be_chosen(as_operator):
    names = {control["name"] for control in page(as_operator.get(ADD)).select("#workspace_form [name]")}

    assert {"name", "description", "ci_cd_enforced_by_default"} <= names
    assert "id" not in names


def test_workspaces_are_found_by_name_and_identifier(as_operator, workspace):
    create_workspace(name="Other")

    for words in ("engineering", workspace.pk):
        response = as_operator.get("/admin/workspaces/workspace/", {"q": words})
        assert len(page(response).select("#result_list tbody tr")) == 1
