"""The `astro` client v1.15.1 itself, command by command: what a key, an Admin, an Editor and a Member get.

The tables are in astro_steps.py. The client looks for its server at port 8871 and nowhere else, which must be free.
"""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from pytest_django.live_server_helper import LiveServer

from apikeys.key_secrets import end_secret, rotate_secret
from apikeys.keys import delete_key, disable_key, enable_key
from apikeys.tokens import access_tokens
from deployments.models import Deployment, EnvironmentVariable
from deployments.variables.service import read_value
from tests.apikeys.machine import token_of
from tests.clients import real_astro
from tests.clients.astro_steps import (
    CHANGE,
    EXECUTORS,
    LOOK,
    NO_ADMIN,
    NO_KEY,
    OF_A_KEY,
    OF_A_MEMBER,
    OF_AN_ADMIN,
    OF_AN_EDITOR,
    OF_AN_OWNER,
)
from tests.clients.real_astro import RealAstro, follow, without_moment
from tests.factories import create_deployment, create_member, create_owner, create_user
from workspaces.models import Role
from workspaces.principals import principal_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server(settings) -> Iterator[LiveServer]:
    settings.PUBLIC_URL = f"http://localhost:{real_astro.PORT}"
    server = LiveServer(f"localhost:{real_astro.PORT}")
    yield server
    server.stop()


@pytest.fixture
def astro(server, tmp_path) -> RealAstro:
    (tmp_path / "given.env").write_text('# Given\n\nGIVEN="two words"\n')
    return RealAstro(real_astro.binary(real_astro.OLD), tmp_path)


@pytest.fixture
def with_key(astro, demo, issued) -> RealAstro:
    astro.environment.update(ASTRONOMER_KEY_ID=issued.key.pk, ASTRONOMER_KEY_SECRET=issued.secret.reveal())
    return astro


def signed_in(astro, person, deployment) -> RealAstro:
    ended = astro.run("login", "localhost", "-t", access_tokens.mint_for_user(person)[0])
    assert ended.status == 0, ended.text
    astro.run("workspace", "switch", deployment.workspace_id)
    return astro


def member(deployment, role, **fields):
    deployment.workspace.memberships.all().delete()
    return create_member(workspace=deployment.workspace, role=role, **fields)


@pytest.fixture
def ada():
    return create_user(email="ada@example.com")


def test_with_a_key(with_key, demo, ada):
    sibling = create_deployment(workspace=demo.workspace)

    follow(with_key, demo, LOOK + CHANGE + EXECUTORS + OF_A_KEY, sibling=sibling.pk)

    assert (with_key.home / "saved.env").read_text() == "\nFOO=seen\nGIVEN=two words\nTOKEN="
    assert read_value(EnvironmentVariable.objects.get(key="TOKEN")) == "hidden"


@pytest.mark.parametrize(
    ("role", "steps"),
    [
        (Role.ADMIN, LOOK + CHANGE + EXECUTORS + OF_AN_EDITOR + OF_AN_ADMIN),
        (Role.EDITOR, LOOK + CHANGE + EXECUTORS + OF_AN_EDITOR + NO_ADMIN),
        (Role.MEMBER, LOOK + OF_A_MEMBER + NO_ADMIN),
    ],
)
def test_with_a_role(astro, demo, ada, role, steps):
    person = member(demo, role)
    sibling = create_deployment(workspace=demo.workspace)

    follow(signed_in(astro, person, demo), demo, steps, me=person.email, sibling=sibling.pk)


def test_an_owner_makes_workspaces(astro, demo):
    follow(signed_in(astro, create_owner(), demo), demo, OF_AN_OWNER)


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_what_inspect_writes_can_be_applied_and_is_then_the_same(with_key, demo, form):
    follow(with_key, demo, CHANGE)
    before = with_key.run("deployment", "inspect", "-n", "Demo", "-o", form).text
    file = with_key.home / f"demo.{form}"
    file.write_text(before)

    applied = with_key.run("deployment", "update", "--deployment-file", file.name)

    assert (applied.status, applied.text) == (0, before)
    assert read_value(EnvironmentVariable.objects.get(key="TOKEN")) == "hidden"
    file.write_text(before.replace("Nightly", "Weekly"))
    changed = with_key.run("deployment", "update", "--deployment-file", file.name)
    assert changed.status == 0
    assert without_moment(changed.text) == without_moment(before.replace("Nightly", "Weekly"))
    file.write_text(before.replace("small", "huge"))
    refused = with_key.run("deployment", "update", "--deployment-file", file.name)
    assert (refused.status, "worker_type: huge does not exist in cluster" in refused.text) == (1, True)


def test_a_key_that_opens_nothing_ends_the_command_with_the_reason(with_key, demo, issued):
    caller = principal_for(create_member(workspace=demo.workspace, role=Role.ADMIN))
    secret = with_key.environment["ASTRONOMER_KEY_SECRET"]
    refused = (1, "API error (401):")

    def tried() -> tuple[int, str]:
        ended = with_key.run("deployment", "list")
        return ended.status, refused[1] if refused[1] in ended.text else ended.text

    assert with_key.run("deployment", "list").status == 0
    with_key.environment["ASTRONOMER_KEY_SECRET"] = secret[:-1] + ("0" if secret[-1] != "0" else "1")
    assert tried() == refused
    with_key.environment["ASTRONOMER_KEY_SECRET"] = secret
    disable_key(caller, issued.key)
    assert tried() == refused
    enable_key(caller, issued.key)
    rotate_secret(caller, issued.key, overlap=timedelta(hours=1))
    assert with_key.run("deployment", "list").status == 0
    end_secret(caller, issued.key, number=1)
    assert tried() == refused
    delete_key(caller, issued.key)
    assert tried() == refused


def test_an_exchanged_token_serves_as_well_as_its_key(astro, demo, issued):
    astro.environment["ASTRO_API_TOKEN"] = token_of(issued)
    create_deployment(workspace=demo.workspace)
    steps = [
        ("deployment list --all", 0, "Demo"),
        ("deployment variable create -n Demo FOO=bar", 0, "FOO     bar"),
        ("deployment delete {id} -f", 1, f"An API key cannot delete a Deployment. {NO_KEY}"),
    ]

    follow(astro, demo, steps)

    disable_key(principal_for(create_member(workspace=demo.workspace, role=Role.ADMIN)), issued.key)
    # It says nothing of a refusal at its start, and stops as if it knew no Workspace.
    assert (astro.run("deployment", "list").status, Deployment.objects.count()) == (1, 2)


def test_a_deployment_with_nothing_in_it_is_no_crash(with_key, demo):
    demo.cluster.node_pools.exclude(worker_queues__isnull=False).delete()
    demo.worker_queues.all().delete()
    demo.cluster.node_pools.all().delete()
    steps = [
        ("deployment list", 0, "Demo"),
        ("deployment inspect", 0, "name: Demo"),
        ("deployment variable list", 0, "No variables found"),
        ("deployment worker-queue create -n heavy -t small", 1, "workerType small is not available"),
        ("deployment update -n Other -f", 0, "Successfully updated Deployment"),
    ]

    follow(with_key, demo, steps)


def test_who_belongs_nowhere_gets_no_crash(astro, demo):
    steps = [
        ("workspace list", 0, "NAME"),
        ("deployment list --all", 0, "NAME"),
        ("organization list", 0, "My"),
    ]

    follow(signed_in(astro, create_user(), demo), demo, steps)
