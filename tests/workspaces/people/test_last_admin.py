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


@pytest.fixture
def admin(workspace):
    return create_member(workspace=workspace, role=Role.ADMIN)


def test_an_active_admin_is_enough(admin):
    require_admin_left([admin])


def test_without_an_admin_an_active_owner_is_enough():
    create_owner()

    require_admin_left([])


@pytest.mark.parametrize("has_inactive_owner", [False, True])
def test_the_last_admin_stays_without_an_owner(has_inactive_owner):
    if has_inactive_owner:
        create_owner(is_active=False)

    with pytest.raises(ValidationError, match="The last Admin stays"):
        require_admin_left([])


def test_an_admin_who_cannot_sign_in_does_not_count(workspace):
    admin = create_member(workspace=workspace, role=Role.ADMIN, is_active=False)

    with pytest.raises(ValidationError):
        require_admin_left([admin])


def test_the_only_admin_is_not_deactivated_without_an_owner(admin):
    with pytest.raises(ValidationError, match="nobody could manage the Workspace Data Engineering"):
        require_replaceable(admin, is_active=False, organization_role=MEMBER)


def test_the_only_admin_may_be_deactivated_beside_another_one(admin, workspace):
    create_member(workspace=workspace, role=Role.ADMIN)

    require_replaceable(admin, is_active=False, organization_role=MEMBER)


def test_the_only_admin_may_be_deactivated_while_there_is_an_owner(admin):
    create_owner()

    require_replaceable(admin, is_active=False, organization_role=MEMBER)


@pytest.mark.parametrize(("is_active", "role"), [(False, OWNER), (True, MEMBER)])
def test_the_last_owner_stays_while_a_workspace_has_no_admin(workspace, is_active, role):
    with pytest.raises(ValidationError):
        require_replaceable(create_owner(), is_active=is_active, organization_role=role)


@pytest.mark.parametrize(("is_active", "role"), [(False, OWNER), (True, MEMBER)])
def test_the_last_owner_may_go_when_every_workspace_has_an_admin(admin, is_active, role):
    require_replaceable(create_owner(), is_active=is_active, organization_role=role)


def test_a_change_that_takes_no_power_is_no_question(workspace):
    owner = create_owner()

    require_replaceable(owner, is_active=True, organization_role=OWNER)
