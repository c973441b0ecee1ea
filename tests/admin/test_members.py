"""Members of Workspaces in the admin site."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.admin.forms import errors, send
from tests.deployments.helpers import page, signed_in, text
from tests.factories import create_member, create_user, create_workspace
from workspaces.models import AuditEvent, Membership, Role, User

LIST = "/admin/workspaces/membership/"
ADD = f"{LIST}add/"
LAST_ADMIN = "The last Admin stays in a Workspace while the Organization has no active Owner."


def change(member):
    return f"{LIST}{member.pk}/change/"


def delete(member):
    return f"{LIST}{member.pk}/delete/"


def listed(client, **params):
    rows = page(client.get(LIST, params)).select("#result_list tbody tr")
    return [row.select_one(".field-email").get_text() for row in rows]


@pytest.fixture
def member(workspace, admin):
    """The Admin's own membership."""
    return Membership.objects.get(user=admin)


def test_a_member_joins(as_operator, workspace, member):
    user = create_user()

    send(as_operator, ADD, workspace=workspace.pk, user=user.pk, role=Role.EDITOR)

    assert Membership.objects.get(user=user).role == Role.EDITOR
    event = AuditEvent.objects.get()
    assert (event.operation, event.workspace) == ("createMembership", workspace.pk)
    assert event.input == {"workspace": workspace.pk, "user": user.pk, "role": Role.EDITOR}


def test_a_member_gets_another_role(as_operator, owner, workspace, member):
    send(as_operator, change(member), role=Role.MEMBER)

    member.refresh_from_db()
    assert member.role == Role.MEMBER
    event = AuditEvent.objects.get()
    assert (event.operation, event.workspace) == ("updateMembership", workspace.pk)
    assert event.input == {"role": Role.MEMBER, "before": {"role": Role.ADMIN}}


def test_a_member_leaves(as_operator, owner, workspace, member):
    as_operator.post(delete(member), {"post": "yes"})

    assert not Membership.objects.exists()
    event = AuditEvent.objects.get()
    assert (event.operation, event.workspace) == ("deleteMembership", workspace.pk)
    assert event.input == {"name": "Ada Admin in Data Engineering"}


def test_nobody_is_a_member_twice(as_operator, workspace, member):
    response = send(as_operator, ADD, workspace=workspace.pk, user=member.user_id)

    assert "This person is already a member of the Workspace." in errors(response)
    assert Membership.objects.count() == 1


def test_the_last_admin_stays_while_there_is_no_owner(as_operator, member):
    demoted = send(as_operator, change(member), role=Role.EDITOR)
    removed = as_operator.post(delete(member), {"post": "yes"}, follow=True)

    assert LAST_ADMIN in errors(demoted)
    assert LAST_ADMIN in text(removed)
    assert Membership.objects.get().role == Role.ADMIN
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("is_active", [True, False])
def test_another_admin_lets_the_first_one_go_if_active(as_operator, workspace, member, is_active):
    create_member(workspace=workspace, role=Role.ADMIN, is_active=is_active)

    as_operator.post(delete(member), {"post": "yes"})

    assert Membership.objects.filter(pk=member.pk).exists() != is_active


@pytest.mark.threat("T-W8")
def test_a_membership_is_of_one_person_and_workspace(as_operator, owner, workspace, member):
    other = {"workspace": create_workspace().pk, "user": create_user().pk}

    send(as_operator, change(member), **other)

    member.refresh_from_db()
    assert (member.workspace_id, member.user_id) == (workspace.pk, member.user.pk)


def test_the_members_of_one_workspace_the_newest_first(as_operator, workspace, member):
    newest = create_member(workspace=workspace)
    create_member(workspace=create_workspace())

    assert listed(as_operator, workspace__id__exact=workspace.pk) == [newest.email, member.user.email]


def test_whoever_is_added_from_there_joins_that_workspace(as_operator, workspace, member):
    response = as_operator.get(LIST, {"workspace__id__exact": workspace.pk})

    form = as_operator.get(page(response).select_one(".object-tools .addlink")["href"])

    assert page(form).select_one("select[name=workspace] option[selected]")["value"] == workspace.pk


def test_members_are_found_by_person_and_by_workspace(as_operator, workspace, member):
    create_member(workspace=create_workspace(name="Other"))

    for words in (member.user.email[:12], "ada a", "data eng", workspace.pk, member.user_id):
        assert listed(as_operator, q=words) == [member.user.email], words


def test_many_members_take_as_many_queries_as_few(as_operator, workspace, member):
    url = f"{LIST}?workspace__id__exact={workspace.pk}"
    as_operator.get(url)
    with CaptureQueriesContext(connection) as few:
        as_operator.get(url)
    people = User.objects.bulk_create(User(email=f"many{number}@example.com") for number in range(2000))
    members = Membership.objects.bulk_create(Membership(workspace=workspace, user=user) for user in people)

    with CaptureQueriesContext(connection) as many:
        as_operator.get(url)
    with CaptureQueriesContext(connection) as page_of_one:
        as_operator.get(change(members[0]))

    assert len(many) == len(few)
    assert len(page_of_one) < 10


@pytest.mark.parametrize("path", ["", "add/"])
def test_members_are_for_who_may_see_or_add_them(db, path):
    assert signed_in(create_user(is_staff=True)).get(f"{LIST}{path}").status_code == 403
