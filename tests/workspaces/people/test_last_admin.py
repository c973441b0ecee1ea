"""Somebody stays in charge of each Workspace."""

import pytest
from django.core.exceptions import ValidationError

from tests.factories import create_member, create_owner, create_workspace
from workspaces.models import OrganizationRole, Role
from workspaces.people.last_admin import require_admin_left, require_replaceable

pytestmark = pytest.mark.django_db

MEMBER, OWNER = OrganizationRole.MEMBER, OrganizationRole.OWNER


@pytest.fixture
def workspace():
    return create_workspace(name="Data Engineering")


def an_admin(workspace, **fields):
    return create_member(workspace=workspace, role=Role.ADMIN, **fields)


def test_an_active_admin_or_an_active_owner_is_enough(workspace):
    require_admin_left([an_admin(workspace)])
    create_owner()
    require_admin_left([])


@pytest.mark.parametrize("has_inactive_owner", [False, True])
@pytest.mark.parametrize("has_inactive_admin", [False, True])
def test_the_last_admin_stays_without_an_owner(workspace, has_inactive_owner, has_inactive_admin):
    if has_inactive_owner:
        create_owner(is_active=False)
    admins = [an_admin(workspace, is_active=False)] if has_inactive_admin else []

    with pytest.raises(ValidationError, match="The last Admin stays"):
        require_admin_left(admins)


def test_the_only_admin_is_not_deactivated_without_an_owner(workspace):
    with pytest.raises(ValidationError, match="nobody could manage the Workspace Data Engineering"):
        require_replaceable(an_admin(workspace), is_active=False, organization_role=MEMBER)


@pytest.mark.parametrize("create_another", [an_admin, lambda _workspace: create_owner()])
def test_the_only_admin_may_be_deactivated_beside_another_one_or_an_owner(workspace, create_another):
    create_another(workspace)

    require_replaceable(an_admin(workspace), is_active=False, organization_role=MEMBER)


@pytest.mark.parametrize(("is_active", "role"), [(False, OWNER), (True, MEMBER)])
def test_the_last_owner_may_go_only_when_every_workspace_has_an_admin(workspace, is_active, role):
    owner = create_owner()
    with pytest.raises(ValidationError):
        require_replaceable(owner, is_active=is_active, organization_role=role)

    an_admin(workspace)

    require_replaceable(owner, is_active=is_active, organization_role=role)


def test_a_change_that_takes_no_power_is_no_question(workspace):
    require_replaceable(create_owner(), is_active=True, organization_role=OWNER)
