"""Who is in a Workspace: given a role, given another, removed, each with its right and its event."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError
from django.http import Http404

from cloudui.web.principal import Kind, Principal
from tests.factories import create_deployment, create_member, create_owner, create_user, create_workspace
from workspaces import audit
from workspaces.access import require_directory_reader
from workspaces.models import AuditEvent, Role
from workspaces.people.service import DEACTIVATED, remove_member, set_role
from workspaces.principals import principal_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def workspace():
    return create_workspace(name="Analytics")


@pytest.fixture
def admin(workspace):
    return principal_for(create_member(workspace=workspace, role=Role.ADMIN))


def roles(workspace):
    return {member.user_id: member.role for member in workspace.memberships.all()}


def test_a_person_becomes_a_member_and_gets_another_role(workspace, admin):
    ada = create_user()

    for role in (Role.MEMBER, Role.EDITOR, Role.EDITOR):
        set_role(admin, workspace, ada.pk, role=role)

    assert roles(workspace) == {admin.id: Role.ADMIN, ada.pk: Role.EDITOR}
    made, changed = AuditEvent.objects.order_by("pk")
    assert (made.operation, made.workspace, made.input) == (
        "createMembership",
        workspace.pk,
        {"user": ada.pk, "role": Role.MEMBER},
    )
    assert (changed.operation, changed.input) == (
        "updateMembership",
        {"role": Role.EDITOR, "before": {"role": Role.MEMBER}},
    )
    assert changed.target == made.target


def test_a_member_is_removed(workspace, admin):
    ada = create_member(workspace=workspace, full_name="Ada")

    remove_member(admin, workspace, ada.pk)

    assert roles(workspace) == {admin.id: Role.ADMIN}
    event = AuditEvent.objects.get()
    assert (event.operation, event.input) == (
        "deleteMembership",
        {"name": "Ada in Analytics", "user": ada.pk},
    )
    with pytest.raises(Http404):
        remove_member(admin, workspace, ada.pk)


def test_the_last_admin_stays_while_there_is_no_owner(workspace, admin):
    for change in (
        lambda: remove_member(admin, workspace, admin.id),
        lambda: set_role(admin, workspace, admin.id, role=Role.MEMBER),
    ):
        with pytest.raises(ValidationError, match="last Admin"):
            change()
    assert roles(workspace) == {admin.id: Role.ADMIN}

    create_owner()
    set_role(admin, workspace, admin.id, role=Role.MEMBER)

    assert roles(workspace) == {admin.id: Role.MEMBER}


def test_one_of_two_admins_may_go(workspace, admin):
    other = create_member(workspace=workspace, role=Role.ADMIN)

    remove_member(admin, workspace, other.pk)

    assert roles(workspace) == {admin.id: Role.ADMIN}


def test_nobody_and_who_is_deactivated_become_no_members(workspace, admin):
    with pytest.raises(Http404):
        set_role(admin, workspace, "c" + "0" * 24, role=Role.MEMBER)
    with pytest.raises(ValidationError, match=DEACTIVATED):
        set_role(admin, workspace, create_user(is_active=False).pk, role=Role.MEMBER)
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("role", [Role.MEMBER, Role.EDITOR])
def test_only_admins_decide(workspace, admin, role):
    member = principal_for(create_member(workspace=workspace, role=role))

    with pytest.raises(PermissionDenied):
        set_role(member, workspace, member.id, role=Role.ADMIN)
    with pytest.raises(PermissionDenied):
        remove_member(member, workspace, admin.id)


def test_who_was_admin_when_it_began_changes_nothing(workspace, admin):
    workspace.memberships.all().delete()
    key = Principal(
        kind=Kind.API_KEY, id="k", name="CI", deployment=create_deployment(workspace=workspace).pk
    )

    for principal in (admin, key):
        with pytest.raises(Http404):
            set_role(principal, workspace, create_user().pk, role=Role.MEMBER)
    assert roles(workspace) == {}


@pytest.mark.threat("T-S7")
def test_without_its_event_nothing_changes(workspace, admin, monkeypatch):
    ada = create_member(workspace=workspace)

    def fail(*args, **kwargs):
        raise DatabaseError("disk full")

    monkeypatch.setattr(audit, "record", fail)

    for change in (
        lambda: set_role(admin, workspace, ada.pk, role=Role.ADMIN),
        lambda: set_role(admin, workspace, create_user().pk, role=Role.ADMIN),
        lambda: remove_member(admin, workspace, ada.pk),
    ):
        with pytest.raises(DatabaseError):
            change()
    assert roles(workspace) == {admin.id: Role.ADMIN, ada.pk: Role.MEMBER}


def test_who_decides_about_members_may_look_for_people(workspace, admin):
    require_directory_reader(admin)
    require_directory_reader(principal_for(create_owner()))
    key = Principal(kind=Kind.API_KEY, id="k", name="CI", deployment="c")
    editor = principal_for(create_member(workspace=workspace, role=Role.EDITOR))

    for principal in (key, editor, principal_for(create_user())):
        with pytest.raises(PermissionDenied, match="list the people"):
            require_directory_reader(principal)
