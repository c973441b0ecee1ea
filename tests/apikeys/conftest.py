"""One Deployment and the people around it, for the tests of API keys."""

import pytest
from django.test import Client

from tests.factories import create_deployment, create_member
from workspaces.models import Role


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def deployment():
    return create_deployment()


@pytest.fixture
def admin(deployment):
    return create_member(workspace=deployment.workspace, role=Role.ADMIN, full_name="Ada Admin")


@pytest.fixture
def as_admin(admin):
    return signed_in(admin)


@pytest.fixture
def as_editor(deployment):
    return signed_in(create_member(workspace=deployment.workspace, role=Role.EDITOR))


@pytest.fixture
def as_member(deployment):
    return signed_in(create_member(workspace=deployment.workspace, role=Role.MEMBER))


@pytest.fixture
def as_stranger():
    return signed_in(create_member(workspace=create_deployment().workspace, role=Role.ADMIN))


@pytest.fixture
def hx():
    """What htmx sends with each request."""
    return {"HX-Request": "true"}
