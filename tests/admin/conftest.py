"""Operators: a superuser, who may do everything here, and a helper, who has some permissions and no power."""

import pytest
from django.contrib.auth.models import Group, Permission

from tests.deployments.helpers import signed_in
from tests.factories import create_deployment, create_member, create_owner, create_user, create_workspace
from workspaces.models import Role


@pytest.fixture
def operator(db):
    return create_user(full_name="Opal Operator", is_staff=True, is_superuser=True)


@pytest.fixture
def as_operator(operator):
    return signed_in(operator)


@pytest.fixture
def helper(db):
    """Staff with every permission that a group can give, and still no superuser."""
    helpers = Group.objects.create(name="Helpers")
    helpers.permissions.set(Permission.objects.all())
    user = create_user(full_name="Hal Helper", is_staff=True)
    user.groups.add(helpers)
    return user


@pytest.fixture
def as_helper(helper):
    return signed_in(helper)


@pytest.fixture
def owner(db):
    return create_owner(full_name="Olga Owner")


@pytest.fixture
def workspace(db):
    return create_workspace(name="Data Engineering", description="Pipelines.")


@pytest.fixture
def deployment(workspace):
    return create_deployment(workspace=workspace, name="Production")


@pytest.fixture
def admin(workspace):
    return create_member(workspace=workspace, role=Role.ADMIN, full_name="Ada Admin")
