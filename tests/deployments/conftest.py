"""The cast: one Workspace with a person of each role, an Owner of the Organization, and an outsider."""

from pathlib import Path

import pytest
from django.test import Client

from deployments.queues import service
from deployments.variables.service import VariableInput, list_variables, save_variables
from tests.deployments.helpers import signed_in
from tests.deployments.queues.facts import HEAVY
from tests.deployments.variables.pages import SECRET
from tests.factories import (
    create_cluster,
    create_deployment,
    create_member,
    create_node_pool,
    create_owner,
    create_runtime,
    create_workspace,
)
from workspaces.models import Role
from workspaces.principals import principal_for


@pytest.fixture
def workspace(db):
    return create_workspace(name="Data Engineering")


@pytest.fixture
def deployment(workspace):
    return create_deployment(workspace=workspace, name="Production")


@pytest.fixture
def several(workspace):
    cluster, runtime = create_cluster(name="east"), create_runtime(version="13.9.1")
    for name in ("beta", "Alpha", "gamma"):
        create_deployment(
            workspace=workspace,
            name=name,
            release_name=f"{name.lower()}-moon-1",
            cluster=cluster,
            runtime=runtime,
        )


@pytest.fixture
def editor(workspace):
    return create_member(workspace=workspace, role=Role.EDITOR, full_name="Eda Editor")


@pytest.fixture
def principal(editor):
    """The Editor, as the services know them."""
    return principal_for(editor)


@pytest.fixture
def by(principal):
    """The same, where a sentence reads better so."""
    return principal


@pytest.fixture
def root(settings, tmp_path) -> Path:
    """A store of DAGs for this test alone."""
    settings.DAGS_ROOT = tmp_path / "dags"
    return settings.DAGS_ROOT


@pytest.fixture
def as_nobody():
    return Client()


@pytest.fixture
def as_outsider(db):
    return signed_in(create_member(workspace=create_workspace(), role=Role.ADMIN))


@pytest.fixture
def as_member(workspace):
    return signed_in(create_member(workspace=workspace, role=Role.MEMBER, full_name="Mia Member"))


@pytest.fixture
def as_editor(editor):
    return signed_in(editor)


@pytest.fixture
def as_admin(workspace):
    return signed_in(create_member(workspace=workspace, role=Role.ADMIN, full_name="Ada Admin"))


@pytest.fixture
def as_owner(db):
    return signed_in(create_owner(full_name="Olga Owner"))


@pytest.fixture
def some_variables(editor, deployment):
    """The Deployment with one plain variable, REGION, and a secret one, TOKEN."""
    wanted = [VariableInput("REGION", "eu-central"), VariableInput("TOKEN", SECRET, is_secret=True)]
    return save_variables(principal_for(editor), deployment, wanted)


@pytest.fixture
def large(deployment):
    """A second node pool of the Deployment's Cluster."""
    return create_node_pool(deployment.cluster, worker_type="large", max_workers=5)


@pytest.fixture
def heavy(principal, deployment, large):
    """A worker queue besides `default`."""
    return service.create_queue(principal, deployment, HEAVY)


@pytest.fixture
def save(principal, deployment):
    """Saves variables of the Deployment, the complete set, as the Editor."""

    def save(*wanted, **options):
        return save_variables(principal, deployment, wanted, **options)

    return save


@pytest.fixture
def stored(deployment):
    """Reads the variables of the Deployment, by key."""
    return lambda: {shown.key: shown for shown in list_variables(deployment)}
