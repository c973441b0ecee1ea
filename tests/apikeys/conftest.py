"""One Deployment and the people around it, for the tests of API keys."""

from contextlib import contextmanager

import pytest
from django.test import Client

from cloudui.web import slots
from tests.apikeys.machine import token_of
from tests.factories import create_api_key, create_deployment, create_member
from workspaces.models import Role
from workspaces.principals import principal_for


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


@pytest.fixture
def as_caller(admin):
    """The Admin as access functions know him."""
    return principal_for(admin)


@pytest.fixture
def issued(deployment, admin):
    """A key of the Deployment and its secret."""
    return create_api_key(deployment, by=admin)


@pytest.fixture
def token(issued):
    """An access token of that key."""
    return token_of(issued)


@pytest.fixture
def argon2_runs(monkeypatch):
    """How often argon2 ran: each run takes a slot."""
    runs = []

    @contextmanager
    def counted(**arguments):
        runs.append(arguments)
        with genuine(**arguments):
            yield

    genuine = slots.argon2_slot
    monkeypatch.setattr(slots, "argon2_slot", counted)
    return runs
