"""The `astro` client v1.45.0 itself, command by command: what a key, an Admin, an Editor and a Member get.

The tables are in astro_today_steps.py. The client looks for its server at port 8888 and nowhere else, which must be
free.
"""

from collections.abc import Iterator

import pytest
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from apikeys.keys import delete_key, disable_key
from apikeys.tokens import access_tokens
from deployments.airflow.runner.logs import Log
from deployments.airflow.runner.place import Place
from deployments.models import Airflow, Deployment, EnvironmentVariable, Executor, Ground
from deployments.variables.service import read_value
from tests.apikeys.machine import token_of
from tests.clients import real_astro
from tests.clients.astro_today_steps import (
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
from workspaces.models import AuditEvent, Role
from workspaces.principals import principal_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server(settings) -> Iterator[LiveServer]:
    settings.PUBLIC_URL = f"http://localhost:{real_astro.PORT_TODAY}"
    server = LiveServer(f"localhost:{real_astro.PORT_TODAY}")
    yield server
    server.stop()


@pytest.fixture
def astro(server, tmp_path) -> RealAstro:
    (tmp_path / "given.env").write_text('# Given\n\nGIVEN="two words"\n')
    return RealAstro(
        real_astro.binary(real_astro.NEW), tmp_path, configuration=real_astro.CONFIGURATION_TODAY
    )


@pytest.fixture
def with_key(astro, demo, issued) -> RealAstro:
    astro.environment.update(ASTRONOMER_KEY_ID=issued.key.pk, ASTRONOMER_KEY_SECRET=issued.secret.reveal())
    return astro


@pytest.fixture
def ada():
    return create_user(email="ada@example.com")


def with_token(astro, person, deployment) -> RealAstro:
    astro.environment["ASTRO_API_TOKEN"] = access_tokens.mint_for_user(person)[0]
    astro.run("workspace", "switch", deployment.workspace_id)
    return astro


def member(deployment, role):
    deployment.workspace.memberships.all().delete()
    return create_member(workspace=deployment.workspace, role=role)


def test_with_a_key(with_key, demo, ada):
    sibling = create_deployment(workspace=demo.workspace)

    follow(with_key, demo, LOOK + CHANGE + EXECUTORS + OF_A_KEY, sibling=sibling.pk)

    assert (with_key.home / "saved.env").read_text() == "\nFOO=seen\nGIVEN=two words\nTOKEN= # secret"
    assert read_value(EnvironmentVariable.objects.get(key="TOKEN")) == "hidden"


@pytest.mark.parametrize(
    ("role", "steps"),
    [
        (Role.ADMIN, LOOK + CHANGE + EXECUTORS + OF_AN_EDITOR + OF_AN_ADMIN),
        (Role.EDITOR, LOOK + CHANGE + EXECUTORS + OF_AN_EDITOR + NO_ADMIN),
        (Role.MEMBER, LOOK + OF_A_MEMBER + NO_ADMIN),
    ],
)
def test_with_a_token_of_a_role(astro, demo, ada, role, steps):
    person = member(demo, role)
    sibling = create_deployment(workspace=demo.workspace)

    follow(with_token(astro, person, demo), demo, steps, me=person.email, sibling=sibling.pk)


def test_an_airflow_that_runs_here_sleeps_wakes_up_and_has_logs(with_key, demo, settings, tmp_path):
    settings.DATA_DIR = tmp_path / "data"
    Airflow.objects.create(deployment=demo, ground=Ground.LOCAL)
    Place(demo.release_name).make(demo.pk)
    log = Log(Place(demo.release_name), "scheduler")
    log.write(f"{timezone.now():%Y-%m-%dT%H:%M:%SZ} [error ] no table")
    log.close()
    steps = [
        ("deployment logs {id} -e", 0, "ERROR no table scheduler"),
        ("deployment logs {id} -w", 0, "No matching logs have been recorded in the past 24 hours"),
        ("deployment hibernate {id} -f", 0, "Successfully overrode to hibernate"),
        ("deployment wake-up {id} -f", 0, "Successfully overrode to wake up"),
        ("deployment hibernate {id} --for 1h -f", 1, "Leave out --until and --for."),
        ("deployment wake-up {id} --remove-override -f", 0, ""),
    ]

    follow(with_key, demo, steps)

    assert list(
        AuditEvent.objects.filter(operation__contains="ibernate").values_list("operation", flat=True)
    ) == ["hibernateDeployment"]
    assert Airflow.objects.get().is_awake


def test_an_owner_makes_workspaces(astro, demo):
    follow(with_token(astro, create_owner(), demo), demo, OF_AN_OWNER)


def test_signed_in_with_a_token_and_out(astro, demo):
    person = member(demo, Role.EDITOR)
    steps = [
        (f"login localhost -t {access_tokens.mint_for_user(person)[0]}", 0, person.email),
        ("deployment list", 0, "Demo"),
        ("logout", 0, "Successfully logged out of Astronomer"),
        ("deployment list", 1, "no context set"),
    ]

    follow(astro, demo, steps)


@pytest.mark.parametrize("executor", Executor.values)
def test_what_inspect_writes_can_be_applied_and_is_then_the_same(with_key, demo, executor):
    follow(with_key, demo, [*CHANGE, (f"deployment update {{id}} -e {executor} -f", 0, "")])
    before = with_key.run("deployment", "inspect", "-n", "Demo").text
    file = with_key.home / "demo.yaml"
    file.write_text(before)

    applied = with_key.run("deployment", "update", "--deployment-file", file.name)

    assert (applied.status, applied.text) == (0, before)
    assert read_value(EnvironmentVariable.objects.get(key="TOKEN")) == "hidden"
    file.write_text(before.replace("Nightly", "Weekly"))
    changed = with_key.run("deployment", "update", "--deployment-file", file.name)
    assert changed.status == 0
    assert without_moment(changed.text) == without_moment(before.replace("Nightly", "Weekly"))


def test_a_file_without_variables_deletes_them_and_never_lowers_enforcement(with_key, demo):
    follow(with_key, demo, CHANGE)
    text = with_key.run("deployment", "inspect", "-n", "Demo").text
    rest = text[text.index("    configuration:") :]
    file = with_key.home / "demo.yaml"
    file.write_text("deployment:\n" + rest.replace("        ci_cd_enforcement: true\n", ""))

    ended = with_key.run("deployment", "update", "--deployment-file", file.name)

    assert ended.status == 0, ended.text
    now = Deployment.objects.get(pk=demo.pk)
    assert (now.variable_count, now.ci_cd_enforced) == (0, True)
    told = AuditEvent.objects.filter(operation="updateDeploymentVariables").latest("pk").input["variables"]
    assert {each["change"] for each in told} == {"deleted"}


def test_a_key_that_opens_nothing_ends_the_command_with_the_reason(with_key, demo, issued):
    caller = principal_for(create_member(workspace=demo.workspace, role=Role.ADMIN))
    secret = with_key.environment["ASTRONOMER_KEY_SECRET"]
    refused = [("deployment list", 1, "API error (401):")]

    follow(with_key, demo, [("deployment list", 0, "Demo")])
    with_key.environment["ASTRONOMER_KEY_SECRET"] = secret[:-1] + ("0" if secret[-1] != "0" else "1")
    follow(with_key, demo, refused)
    with_key.environment["ASTRONOMER_KEY_SECRET"] = secret
    disable_key(caller, issued.key)
    follow(with_key, demo, refused)
    delete_key(caller, issued.key)
    follow(with_key, demo, refused)


def test_an_exchanged_token_serves_as_well_as_its_key(astro, demo, issued):
    astro.environment["ASTRO_API_TOKEN"] = token_of(issued)
    create_deployment(workspace=demo.workspace)
    steps = [
        ("deployment list --all", 0, "Demo"),
        ("deployment variable create FOO=bar -d {id}", 0, "FOO     bar"),
        ("deployment delete {id} -f", 1, f"An API key cannot delete a Deployment. {NO_KEY}"),
    ]

    follow(astro, demo, steps)

    disable_key(principal_for(create_member(workspace=demo.workspace, role=Role.ADMIN)), issued.key)
    follow(astro, demo, [("deployment list", 1, "The access token is not valid.")])


@pytest.mark.parametrize(
    ("token", "sentence"),
    [("opaque", "API Token is invalid or malformed"), ("a.b.c", "API Token is invalid")],
)
def test_a_token_that_is_none(astro, demo, token, sentence):
    astro.environment["ASTRO_API_TOKEN"] = token

    follow(astro, demo, [("organization list", 1, sentence)])


def test_a_deployment_with_nothing_in_it_is_no_crash(with_key, demo):
    demo.worker_queues.all().delete()
    demo.cluster.node_pools.all().delete()
    Deployment.objects.update(executor=Executor.KUBERNETES)
    steps = [
        ("deployment list", 0, "Demo"),
        ("deployment inspect", 0, "name: Demo"),
        ("deployment variable list", 0, "No variables found"),
        ("deployment worker-queue create -n heavy -t small", 1, "workerType small is not available"),
        ("deployment update -n Other -f", 0, "Successfully updated Deployment"),
        ("deployment update -e CeleryExecutor -f", 1, "This cluster has no node pools"),
    ]

    follow(with_key, demo, steps)


def test_who_belongs_nowhere_gets_no_crash(astro, demo):
    steps = [
        ("workspace list", 0, "NAME"),
        ("organization list", 0, "My"),
        ("deployment list --workspace-id {workspace}", 1, "There is no such Workspace"),
    ]

    follow(with_token(astro, create_user(), demo), demo, steps)
