"""The `astro` command-line client against a running server: signing in, starting with a key, looking at things."""

import shlex
import time

import pytest
from django.test import Client

from apikeys import snippets
from apikeys.tokens import access_tokens
from deployments.models import Executor
from deployments.variables.service import VariableInput, save_variables
from tests.clients.astro import Astro
from tests.clients.astro_shapes import Failed
from tests.factories import (
    create_api_key,
    create_deployment,
    create_member,
    create_owner,
    create_user,
    create_workspace,
)
from workspaces.models import Role
from workspaces.principals import principal_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def base(live_server, settings, monkeypatch) -> str:
    """The server in the place of http://localhost:8871."""
    settings.PUBLIC_URL = live_server.url
    monkeypatch.setattr(snippets, "ASTRO_HOME", live_server.url)
    return live_server.url


@pytest.fixture
def astro(base) -> Astro:
    return Astro(home=base, core=f"{base}/v1alpha1", graphql=f"{base}/graphql")


@pytest.fixture
def with_key(astro, issued) -> Astro:
    astro.environment.update(ASTRONOMER_KEY_ID=issued.key.pk, ASTRONOMER_KEY_SECRET=issued.secret.reveal())
    return astro


@pytest.fixture
def person(issued):
    return create_member(workspace=issued.key.deployment.workspace, role=Role.EDITOR, full_name="Eda")


def token_of(person) -> str:
    return access_tokens.mint_for_user(person)[0]


def test_a_command_starts_with_a_key(with_key, issued, settings):
    create_deployment(workspace=issued.key.deployment.workspace)
    create_deployment()

    listed = with_key.deployment_list()

    assert [one["id"] for one in listed] == [issued.key.deployment_id]
    assert with_key.context.pop("token").startswith("Bearer ")
    assert with_key.context == {
        "workspace": issued.key.deployment.workspace_id,
        "organization": settings.ORGANIZATION_ID,
        "short_name": "my-organization",
        "product": "HYBRID",
    }
    assert [one["name"] for one in with_key.organization_list()] == ["My Organization"]
    assert [one["id"] for one in with_key.workspace_list()] == [issued.key.deployment.workspace_id]
    assert [one["id"] for one in with_key.deployment_list(everywhere=True)] == [issued.key.deployment_id]


def test_everything_that_inspect_shows_is_there(with_key, issued, person):
    deployment = issued.key.deployment
    deployment.airflow_url, deployment.alert_emails = "https://airflow.example.com/prod/", ["ops@example.com"]
    deployment.description = "Nightly ✨"
    deployment.save()
    wanted = [VariableInput("PLAIN", "100 %"), VariableInput("TOKEN", "hidden", is_secret=True)]
    save_variables(principal_for(person), deployment, wanted)
    queue, pool = deployment.worker_queues.get(), deployment.cluster.node_pools.get()

    [shown] = with_key.deployment_list()

    variables = shown["deploymentSpec"].pop("environmentVariablesObjects")
    assert [(one["key"], one["value"], one["isSecret"]) for one in variables] == [
        ("PLAIN", "100 %", False),
        ("TOKEN", "", True),
    ]
    for moment in (shown.pop("createdAt"), shown.pop("updatedAt"), variables[0]["updatedAt"]):
        assert moment.endswith("Z")
    assert shown == {
        "id": deployment.pk,
        "label": deployment.name,
        "description": "Nightly ✨",
        "releaseName": deployment.release_name,
        "status": "UNKNOWN",
        "schedulerSize": "",
        "dagDeployEnabled": True,
        "apiKeyOnlyDeployments": False,
        "isHighAvailability": False,
        "alertEmails": ["ops@example.com"],
        "cluster": {
            "id": deployment.cluster_id,
            "name": deployment.cluster.name,
            "cloudProvider": "local",
            "region": "",
            "nodePools": [{"id": pool.pk, "isDefault": True, "nodeInstanceType": "small", "createdAt": None}],
        },
        "workerQueues": [
            {
                "id": queue.pk,
                "name": "default",
                "isDefault": True,
                "nodePoolId": pool.pk,
                "podCpu": "1",
                "podRam": "2Gi",
                "workerConcurrency": queue.concurrency,
                "minWorkerCount": queue.min_workers,
                "maxWorkerCount": queue.max_workers,
            }
        ],
        "runtimeRelease": {"version": deployment.runtime_id, "airflowVersion": "3.3.2", "channel": ""},
        "deploymentSpec": {
            "executor": "CeleryExecutor",
            "image": {"tag": deployment.runtime_id},
            "scheduler": {"au": 5, "replicas": 1},
            "webserver": {"url": ""},
        },
        "workspace": {
            "id": deployment.workspace_id,
            "label": deployment.workspace.name,
            "organizationId": "c000000000000000000000001",
        },
    }


def test_a_deployment_with_nothing_in_it_can_be_read_too(astro, base):
    deployment = create_deployment(executor=Executor.KUBERNETES)
    deployment.cluster.node_pools.all().delete()
    issued = create_api_key(deployment)
    astro.environment.update(ASTRONOMER_KEY_ID=issued.key.pk, ASTRONOMER_KEY_SECRET=issued.secret.reveal())

    [shown] = astro.deployment_list()

    assert shown["workerQueues"] == shown["alertEmails"] == shown["cluster"]["nodePools"] == []
    assert shown["deploymentSpec"]["webserver"]["url"] == ""
    assert shown["deploymentSpec"]["environmentVariablesObjects"] == []


def test_a_deployment_is_found_by_its_id(with_key, issued):
    shown = with_key.deployment(issued.key.deployment_id)

    assert shown["label"] == issued.key.deployment.name
    assert shown["cluster"]["nodePools"][0]["maxNodeCount"] == 10
    with pytest.raises(Failed, match=r"There is no such Deployment, or this API key is not for it"):
        with_key.deployment(create_deployment().pk)


def test_a_wrong_secret_ends_the_process_with_the_answer(with_key):
    with_key.environment["ASTRONOMER_KEY_SECRET"] = "wrong"

    with pytest.raises(Failed, match=r'^API error \(401\): {"error": "invalid_client"'):
        with_key.deployment_list()


def test_a_key_whose_deployment_was_deleted_gets_no_empty_list(with_key, issued):
    issued.key.deployment.delete()

    with pytest.raises(Failed, match=r"API error \(401\)"):
        with_key.deployment_list()


def test_a_person_signs_in_with_a_token(astro, issued, person):
    other = create_deployment(workspace=issued.key.deployment.workspace)
    create_deployment()

    astro.login(token_of(person))

    assert astro.context["workspace"] == other.workspace_id
    assert [one["id"] for one in astro.deployment_list()] == [issued.key.deployment_id, other.pk]
    assert [one["label"] for one in astro.workspace_list()] == [other.workspace.name]
    assert astro.deployment(other.pk)["workspace"]["id"] == other.workspace_id


def test_who_belongs_nowhere_signs_in_all_the_same(astro):
    astro.login(token_of(create_user()))

    assert astro.workspace_list() == astro.deployment_list(everywhere=True) == []


def test_an_owner_sees_all_workspaces(astro, issued):
    create_workspace()
    astro.login(token_of(create_owner()))

    assert len(astro.workspace_list()) == 2
    assert [one["id"] for one in astro.deployment_list(everywhere=True)] == [issued.key.deployment_id]


def test_in_the_run_that_refreshed_the_organization_is_empty(astro, issued, person):
    astro.login(token_of(person))
    astro.context["organization"] = ""

    assert len(astro.deployment_list()) == 1


def test_the_commands_that_the_token_page_shows_work(astro, base, person):
    browser = Client()
    browser.force_login(person)
    page = browser.post("/token").context
    [typed] = [one.text for one in page["commands"] if one.title == "astro CLI"]

    for line in typed.splitlines():
        match shlex.split(line):
            case ["astro", "login", "localhost", "-t", "$TOKEN"]:
                astro.login(page["token"].reveal())
            case other:
                pytest.fail(f"The client has no such command: {other}")

    assert astro.deployment_list()


def test_a_foreign_workspace_is_not_there(astro, issued, person):
    astro.login(token_of(person))
    astro.context["workspace"] = create_deployment().workspace_id

    with pytest.raises(Failed, match="There is no such Workspace, or you have no access to it"):
        astro.deployment_list()


def test_a_token_that_was_ended_does_not_sign_in(astro, person):
    token = token_of(person)
    person.is_active = False
    person.save()

    with pytest.raises(Failed, match=r"cannot retrieve userinfo: API error \(401\)"):
        astro.login(token)


def test_a_key_token_is_no_persons(astro, with_key):
    with_key.deployment_list()

    with pytest.raises(Failed, match=r"cannot retrieve userinfo: API error \(403\)"):
        astro.login(with_key.context["token"].removeprefix("Bearer "))


def test_an_expired_token_is_answered_in_a_sentence(astro, person, monkeypatch):
    astro.login(token_of(person))
    later = time.time() + 25 * 60 * 60
    monkeypatch.setattr("apikeys.tokens.access_tokens.time.time", lambda: later)

    with pytest.raises(Failed, match=r"^Your token has expired\. Log in again with astro login localhost\.$"):
        astro.deployment_list()


def test_without_a_token_nothing_is_answered(astro):
    astro.context.update(workspace="", organization="")

    with pytest.raises(Failed, match=r"Error processing GraphQL request: API error \(401\)"):
        astro.deployment_list(everywhere=True)
    with pytest.raises(Failed, match="Send an access token"):
        astro.organization_list()
