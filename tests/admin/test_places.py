"""Workspaces in the admin site."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.admin.forms import errors, send
from tests.deployments.helpers import page, text
from tests.factories import create_deployment, create_user, create_workspace
from workspaces.models import AuditEvent, Membership, Role, User, Workspace

ADD = "/admin/workspaces/workspace/add/"


def change(workspace):
    return f"/admin/workspaces/workspace/{workspace.pk}/change/"


def delete(workspace):
    return f"/admin/workspaces/workspace/{workspace.pk}/delete/"


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


def test_the_first_admin_comes_with_the_workspace(as_operator):
    user = create_user()

    send(as_operator, ADD, name="Analytics", first_admin=user.pk)

    workspace = Workspace.objects.get()
    assert [(member.user_id, member.role) for member in workspace.memberships.all()] == [
        (user.pk, Role.ADMIN)
    ]
    events = AuditEvent.objects.order_by("pk").values_list("operation", "workspace")
    assert list(events) == [("createWorkspace", workspace.pk), ("createMembership", workspace.pk)]


def test_without_an_owner_a_workspace_needs_an_admin(as_operator):
    response = send(as_operator, ADD, name="Analytics")

    assert "The last Admin stays in a Workspace while the Organization has no active Owner." in errors(
        response
    )
    assert not Workspace.objects.exists()


def test_the_page_of_a_workspace_costs_the_same_with_many_members(
    as_operator, workspace, admin, django_assert_num_queries
):
    as_operator.get(change(workspace))
    with CaptureQueriesContext(connection) as few:
        form = as_operator.get(change(workspace))
        delete_form = as_operator.get(delete(workspace))
    people = User.objects.bulk_create(User(email=f"many{number}@example.com") for number in range(2000))
    Membership.objects.bulk_create(Membership(workspace=workspace, user=user) for user in people)

    with django_assert_num_queries(len(few)):
        with_many = as_operator.get(change(workspace))
        delete_with_many = as_operator.get(delete(workspace))

    assert len(with_many.content) < 1.1 * len(form.content)
    assert len(delete_with_many.content) < 1.1 * len(delete_form.content)
    assert "Memberships: 2001" in text(delete_with_many)
    assert send(as_operator, change(workspace), name="Renamed").status_code == 302
    assert page(with_many).find("a", string="Members")["href"] == (
        f"/admin/workspaces/membership/?workspace__id__exact={workspace.pk}"
    )


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

    for words in ("data eng", workspace.pk):
        response = as_operator.get("/admin/workspaces/workspace/", {"q": words})
        assert len(page(response).select("#result_list tbody tr")) == 1
