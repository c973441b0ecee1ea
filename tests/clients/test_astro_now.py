"""The `astro` client v1.45.0, byte for byte as its contract describes it, against a server.

The client itself is tried in test_real_astro_new.py, where its program is at hand.
"""

import pytest

from apikeys.keys import disable_key
from apikeys.tokens import access_tokens
from deployments.models import Deployment, EnvironmentVariable, Executor
from deployments.variables.service import read_value
from tests.apikeys.machine import token_of
from tests.clients.astro_now import AstroNow
from tests.clients.astro_shapes import Failed
from tests.clients.conftest import operations
from tests.factories import create_deployment, create_member
from workspaces.models import Role
from workspaces.principals import principal_for

pytestmark = pytest.mark.django_db(transaction=True)

HIDDEN = {"key": "TOKEN", "value": "hidden", "isSecret": True}


@pytest.fixture
def now(live_server, settings) -> AstroNow:
    settings.PUBLIC_URL = live_server.url
    return AstroNow(base=live_server.url)


@pytest.fixture
def with_key(now, demo, issued) -> AstroNow:
    now.environment.update(ASTRONOMER_KEY_ID=issued.key.pk, ASTRONOMER_KEY_SECRET=issued.secret.reveal())
    return now


def with_token(now, demo, role) -> AstroNow:
    person = create_member(workspace=demo.workspace, role=role)
    now.environment["ASTRO_API_TOKEN"] = access_tokens.mint_for_user(person)[0]
    now.context["workspace"] = demo.workspace_id
    return now


def test_the_start_of_a_key_is_four_requests(with_key, demo):
    assert [each["id"] for each in with_key.deployment_list()] == [demo.pk]

    organization = "/v1/organizations/c000000000000000000000001"
    listed = f"GET {organization}/deployments?limit=1000&offset=0"
    assert with_key.sent == [
        "GET /private/v1alpha1/cli/auth-config",
        "POST /oauth/token",
        "GET /v1/organizations?limit=100&offset=0",
        listed,
        f"{listed}&workspaceIds={demo.workspace_id}",
    ]


def test_the_start_of_a_token_is_one(now, demo, issued):
    now.environment["ASTRO_API_TOKEN"] = token_of(issued)

    assert [each["id"] for each in now.deployment_list(everywhere=True)] == [demo.pk]
    assert [each["id"] for each in now.workspace_list()] == [demo.workspace_id]
    assert now.sent[0] == "GET /v1/organizations?limit=100&offset=0"


def test_flags_variables_and_queues(with_key, demo):
    with_key.update("Demo", environmentVariables=[{"key": "FOO", "value": "1=2", "isSecret": False}, HIDDEN])
    shown = with_key.update("Demo", name="Other", isCicdEnforced=True)

    assert (shown["name"], shown["isCicdEnforced"], shown["isDagDeployEnabled"]) == ("Other", True, True)
    assert [each["value"] for each in shown["environmentVariables"]] == ["1=2", ""]
    assert read_value(EnvironmentVariable.objects.get(key="TOKEN")) == "hidden"
    queue = {"name": "heavy", "isDefault": False, "maxWorkerCount": 0, "minWorkerCount": 0}
    default = {each: shown["workerQueues"][0][each] for each in ("id", "name", "nodePoolId")}
    assert len(with_key.update("Other", workerQueues=[default, queue])["workerQueues"]) == 2
    assert operations()[-2:] == ["updateDeployment", "createWorkerQueue"]


def test_there_and_back_between_the_executors(with_key, demo):
    kubernetes = with_key.update("Demo", executor="KUBERNETES", workerQueues=None)
    again = with_key.update("Demo", description="d")

    assert (kubernetes["workerQueues"], again["executor"], again["workerQueues"]) == ([], "KUBERNETES", [])
    assert with_key.inspect("Demo")["taskPodNodePoolId"]
    celery = with_key.update("Demo", executor="CELERY")
    assert [each["name"] for each in celery["workerQueues"]] == ["default"]


def test_a_file_replaces_what_it_lists_and_keeps_enforcement(with_key, demo):
    with_key.update("Demo", environmentVariables=[HIDDEN], isCicdEnforced=True)
    document = {"name": "Demo", "cluster_name": demo.cluster.name}

    kept = with_key.apply({**document, "environment_variables": [{**HIDDEN, "value": ""}]})
    gone = with_key.apply({**document, "alert_emails": ["ops@example.com"]})

    assert [each["key"] for each in kept["environmentVariables"]] == ["TOKEN"]
    assert (gone["environmentVariables"], gone["contactEmails"]) == ([], ["ops@example.com"])
    assert (gone["isCicdEnforced"], gone["schedulerAu"]) == (True, demo.scheduler_au)


def test_logs_end(with_key, demo):
    assert with_key.logs("Demo") == []


@pytest.mark.parametrize(("role", "may"), [(Role.ADMIN, True), (Role.EDITOR, True), (Role.MEMBER, False)])
def test_people_by_their_role(now, demo, role, may):
    astro = with_token(now, demo, role)

    assert [each["username"] for each in astro.users(demo.workspace_id)]
    assert astro.inspect("Demo")["name"] == "Demo"
    if may:
        assert astro.update("Demo", description="d")["description"] == "d"
    else:
        with pytest.raises(Failed, match=r"Only a Workspace Editor or Admin can change a Deployment\."):
            astro.update("Demo", description="d")


def test_a_thousand_deployments_are_read_by_pages(now, demo):
    for number in range(3):
        create_deployment(workspace=demo.workspace, name=f"d{number}", cluster=demo.cluster)
    astro = with_token(now, demo, Role.MEMBER)

    assert len(astro.deployment_list()) == 4


def test_a_key_that_opens_nothing_ends_the_command(with_key, demo, issued):
    disable_key(principal_for(create_member(workspace=demo.workspace, role=Role.ADMIN)), issued.key)

    with pytest.raises(Failed, match=r"API error \(401\): .*This API key is disabled"):
        with_key.deployment_list()


def test_a_deployment_with_nothing_in_it_is_no_crash(with_key, demo):
    demo.worker_queues.all().delete()
    demo.cluster.node_pools.all().delete()
    Deployment.objects.update(executor=Executor.KUBERNETES)

    assert with_key.inspect("Demo")["workerQueues"] == []
    assert with_key.update("Demo", name="Other")["name"] == "Other"
