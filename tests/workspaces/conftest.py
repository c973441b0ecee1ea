"""The cast: an Owner of the Organization, an Admin and a Member of one Workspace, somebody from nowhere."""

import pytest
from django.test import Client

from tests.deployments.helpers import signed_in
from tests.factories import create_member, create_owner, create_user, create_workspace
from workspaces.models import Role


@pytest.fixture
def workspace(db):
    return create_workspace(name="Data Engineering", description="Pipelines.")


@pytest.fixture
def owner(db):
    return create_owner(full_name="Olga Owner")


@pytest.fixture
def admin(workspace):
    return create_member(workspace=workspace, role=Role.ADMIN, full_name="Ada Admin")


@pytest.fixture
def member(workspace):
    return create_member(workspace=workspace, role=Role.MEMBER, full_name="Mia Member")


@pytest.fixture
def as_nobody():
    return Client()


@pytest.fixture
def as_owner(owner):
    return signed_in(owner)


@pytest.fixture
def as_admin(admin):
    return signed_in(admin)


@pytest.fixture
def as_member(member):
    return signed_in(member)


@pytest.fixture
def as_newcomer(db):
    """Somebody who belongs to no Workspace yet."""
    return signed_in(create_user())
