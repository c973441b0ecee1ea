"""A server as a pipeline sees it: a real port, real threads, and clients that others wrote."""

import os

import pytest

from apikeys.tokens import access_tokens
from deployments.models import Deployment
from tests.clients import deploy_action, real_astro
from tests.clients.astro_commands import Commands
from tests.factories import (
    create_api_key,
    create_deployment,
    create_member,
    create_node_pool,
    create_owner,
)
from workspaces.models import AuditEvent, Role

# Only where whoever runs the tests has the client.
collect_ignore = [
    name for name, variables in real_astro.TESTS.items() if not any(map(real_astro.binary, variables))
]
if not all(map(real_astro.binary, (real_astro.OLD, real_astro.NEW))):
    collect_ignore += real_astro.OF_BOTH
if not (real_astro.binary(real_astro.NEW) and os.environ.get(deploy_action.DIRECTORY)):
    collect_ignore.append("test_deploy_action.py")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was not tried."""
    for variable in (real_astro.OLD, real_astro.NEW):
        if not real_astro.binary(variable):
            terminalreporter.write_line(
                f"The astro client itself was not tried: {variable} names no program."
            )
    if "test_deploy_action.py" in collect_ignore:
        terminalreporter.write_line(
            "GitHub's deploy-action was not tried: "
            f"{deploy_action.DIRECTORY} names no checkout of it, or {real_astro.NEW} no program."
        )


@pytest.fixture
def base(live_server, settings) -> str:
    """The address of the server; the discovery documents name the usual one."""
    return live_server.url


@pytest.fixture
def issued(transactional_db):
    return create_api_key(create_deployment(), name="Pipeline")


@pytest.fixture
def demo(issued) -> Deployment:
    """The Deployment of that key, on a Cluster with two kinds of workers."""
    deployment = issued.key.deployment
    deployment.name = "Demo"
    deployment.save()
    create_node_pool(deployment.cluster, worker_type="large", max_workers=5)
    return deployment


@pytest.fixture
def cli(live_server, settings) -> Commands:
    """The `astro` client, with the server in the place of http://localhost:8871."""
    settings.PUBLIC_URL = url = live_server.url
    return Commands(home=url, core=f"{url}/v1alpha1", graphql=f"{url}/graphql")


@pytest.fixture
def cli_with_key(cli, issued) -> Commands:
    cli.environment.update(ASTRONOMER_KEY_ID=issued.key.pk, ASTRONOMER_KEY_SECRET=issued.secret.reveal())
    return cli


def signed_in(cli: Commands, deployment: Deployment, role: Role | None = None) -> Commands:
    """The client in the hands of somebody with that role in the Workspace, or of an Organization Owner."""
    person = create_owner() if role is None else create_member(workspace=deployment.workspace, role=role)
    cli.login(access_tokens.mint_for_user(person)[0])
    cli.context["workspace"] = deployment.workspace_id
    return cli


def operations() -> list[str]:
    """What the audit log says happened, the oldest first."""
    return list(AuditEvent.objects.order_by("pk").values_list("operation", flat=True))
