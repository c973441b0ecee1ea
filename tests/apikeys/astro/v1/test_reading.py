"""What the client of today reads: everything that it looks at is there, for one Deployment and for a thousand."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apikeys.astro.v1 import shown
from apikeys.tokens import access_tokens
from deployments.models import Deployment, EnvironmentVariable, Executor, NodePool
from tests.apikeys.astro.v1.calls import NEVER_EXISTED, SECRET, at, of, of_person, read, refusal
from tests.clients.astro_shapes import decode
from tests.clients.astro_today import (
    CLUSTER,
    DEPLOYMENT,
    NEVER_NULL,
    OPTIONS,
    ORGANIZATION,
    WORKSPACE,
    page,
)
from tests.deployments.deploys.programs import Program
from tests.factories import create_deployment, create_member, create_owner, create_user, create_workspace
from workspaces.models import Role

pytestmark = pytest.mark.django_db


def test_a_deployment(key, filled):
    said = read(key.get(of(filled)))

    decode(DEPLOYMENT, said)
    assert None not in {said[name] for name in NEVER_NULL["deployment"] if name != "workerQueues"}
    assert said["namespace"] == filled.release_name
    assert (said["workspaceName"], said["clusterName"]) == (filled.workspace.name, filled.cluster.name)
    assert (said["type"], said["executor"], said["status"]) == ("HYBRID", "CELERY", "UNKNOWN")
    assert [(each["key"], each["value"], each["isSecret"]) for each in said["environmentVariables"]] == [
        ("FOO", "bar", False),
        ("TOKEN", "", True),
    ]
    pool = filled.cluster.node_pools.get()
    assert said["workerQueues"][1] == {
        "id": filled.worker_queues.get(name="heavy").pk,
        "name": "heavy",
        "isDefault": False,
        "minWorkerCount": 0,
        "maxWorkerCount": 2,
        "workerConcurrency": 4,
        "nodePoolId": pool.pk,
        "podCpu": "1",
        "podMemory": "2Gi",
    }
    assert SECRET not in str(said)


def test_no_address_of_an_airflow_is_named_to_which_the_client_would_send_the_token(key, filled):
    Deployment.objects.update(airflow_url="https://airflow.example.com")

    said = read(key.get(of(filled)))

    assert (said["webServerUrl"], said["webServerAirflowApiUrl"]) == ("", "")


def test_a_value_that_cannot_be_read_is_empty(key, filled):
    EnvironmentVariable.objects.filter(key="FOO").update(value=b"\x01nonsense")

    assert read(key.get(of(filled)))["environmentVariables"][0]["value"] == ""


def test_kubernetes_has_no_queues_and_one_worker_type(key, filled):
    filled.worker_queues.all().delete()
    Deployment.objects.update(executor=Executor.KUBERNETES)

    said = read(key.get(of(filled)))

    assert (said["executor"], said["workerQueues"]) == ("KUBERNETES", [])
    assert said["taskPodNodePoolId"] == filled.cluster.node_pools.get().pk


def test_a_cluster_without_node_pools_has_something_where_the_client_takes_the_first(key, filled):
    filled.worker_queues.all().delete()
    NodePool.objects.all().delete()
    Deployment.objects.update(executor=Executor.KUBERNETES)

    cluster = read(key.get(at("clusters", filled.cluster_id)))

    decode(CLUSTER, cluster)
    assert [pool["id"] for pool in cluster["nodePools"]] == [shown.NO_POOL]
    assert read(key.get(of(filled)))["taskPodNodePoolId"] == shown.NO_POOL


def test_the_start_of_a_key(key, filled):
    """An empty list, or a product that is missing, would be a crash of the client."""
    organizations = read(key.get("/v1/organizations?limit=100&offset=0"))
    deployments = read(key.get(at("deployments?limit=1000&offset=0")))

    decode(page("organizations", ORGANIZATION), organizations)
    decode(page("deployments", DEPLOYMENT), deployments)
    assert (organizations["organizations"][0]["product"], organizations["totalCount"]) == ("HYBRID", 1)
    assert [each["id"] for each in deployments["deployments"]] == [filled.pk]
    assert (deployments["totalCount"], deployments["limit"], deployments["offset"]) == (1, 1000, 0)


def test_lists_of_everything_else(key, filled):
    workspaces = read(key.get(at("workspaces?limit=1000&offset=0&sorts=name:asc")))
    clusters = read(key.get(at("clusters?limit=1000")))

    decode(page("workspaces", WORKSPACE), workspaces)
    decode(page("clusters", CLUSTER), clusters)
    assert [each["id"] for each in workspaces["workspaces"]] == [filled.workspace_id]
    assert [each["id"] for each in clusters["clusters"]] == [filled.cluster_id]
    assert read(key.get(at("workspaces", filled.workspace_id)))["name"] == filled.workspace.name
    assert read(key.get(at()))["product"] == "HYBRID"


def test_what_may_be_chosen(key, filled):
    NodePool.objects.update(max_workers=7)

    said = read(key.get(at(f"deployment-options?deploymentId={filled.pk}")))

    decode(OPTIONS, said)
    assert said["executors"] == ["CELERY", "KUBERNETES"]
    assert filled.runtime_id in {release["version"] for release in said["runtimeReleases"]}
    # The default of 0 leaves to the service what the node pool decides.
    assert said["workerQueues"] == {
        "minWorkers": {"floor": 0, "ceiling": 7, "default": 0},
        "maxWorkers": {"floor": 0, "ceiling": 7, "default": 0},
        "workerConcurrency": {"floor": 1, "ceiling": 64, "default": 16},
    }
    assert said["legacyAstro"]["schedulerAstroUnitRange"] == {"floor": 5, "ceiling": 30, "default": 5}
    # The client sends these, and one of them without a value.
    decode(OPTIONS, read(key.get(at("deployment-options?cloudProvider=&deploymentType=HYBRID"))))
    assert len(read(key.get(at("cluster-options?provider=AZURE&type=DEDICATED")))) == 1


def test_who_sees_nothing_gets_regions_all_the_same():
    """The client takes the first of them."""
    assert read(of_person(create_user()).get(at("cluster-options"))) == [{"provider": "", "regions": []}]


def test_logs_are_none_and_the_client_does_not_ask_again(key, filled):
    query = (
        "limit=500&maxNumResults=500&offset=0&range=86400&sources=webserver&sources=worker&searchText=ERROR"
    )

    said = read(key.get(of(filled, f"logs?{query}")))

    assert said == {
        "limit": 500,
        "maxNumResults": 500,
        "offset": 0,
        "resultCount": 0,
        "searchId": filled.pk,
        "results": [],
    }


def test_pages_of_a_list(filled):
    others = [create_deployment(workspace=filled.workspace, name=f"d{number}") for number in range(3)]
    owner = of_person(create_owner())
    ids = [filled.pk, *(each.pk for each in others)]

    pages = [read(owner.get(at(f"deployments?limit=2&offset={offset}"))) for offset in (0, 2, 4)]

    assert [[each["id"] for each in one["deployments"]] for one in pages] == [ids[:2], ids[2:], []]
    assert {one["totalCount"] for one in pages} == {4}
    assert read(owner.get("/v1/organizations?limit=100&offset=1"))["organizations"] == []


@pytest.mark.parametrize("number", [1, 25])
def test_a_list_takes_as_many_queries_for_many_as_for_one(filled, admin, number):
    create_workspace()
    for index in range(number - 1):
        create_deployment(workspace=filled.workspace, name=f"d{index}", cluster=filled.cluster)
    program = of_person(admin)

    with CaptureQueriesContext(connection) as queries:
        said = read(program.get(at(f"deployments?limit=1000&workspaceIds={filled.workspace_id}")))

    assert said["totalCount"] == number
    assert len(queries) == 6, [query["sql"] for query in queries]


def test_what_is_named_and_not_there_is_an_error_and_never_an_empty_list(filled, admin, key):
    stranger, sibling = create_deployment(), create_deployment(workspace=filled.workspace)
    person = of_person(admin)

    for program in (person, key):
        for workspace in (stranger.workspace_id, NEVER_EXISTED):
            assert "no such Workspace" in refusal(
                program.get(at(f"deployments?workspaceIds={workspace}")), 404
            )
            assert "no such Workspace" in refusal(program.get(at("workspaces", workspace)), 404)
        for other in (stranger.pk, NEVER_EXISTED):
            assert "no such Deployment" in refusal(program.get(at(f"deployments?deploymentIds={other}")), 404)
            assert "no such Deployment" in refusal(program.get(at("deployments", other)), 404)
        assert "no such Cluster" in refusal(program.get(at("clusters", NEVER_EXISTED)), 404)
        assert "another Organization" in refusal(program.get("/v1/organizations/elsewhere"), 404)
        for path in ("/deployments", f"/deployments/{filled.pk}", f"/clusters/{filled.cluster_id}"):
            assert "another Organization" in refusal(program.get(f"/v1/organizations/elsewhere{path}"), 404)
    assert "an API key opens its own Deployment only" in refusal(key.get(of(sibling)), 404)
    both = f"workspaceIds={filled.workspace_id}&workspaceIds={filled.workspace_id}"
    assert read(person.get(at(f"deployments?{both}&deploymentIds={sibling.pk}")))["totalCount"] == 1


def test_who_may_make_deployments_sees_all_clusters_and_others_those_in_use(filled):
    elsewhere = create_deployment()
    member = create_member(workspace=filled.workspace, role=Role.MEMBER)
    editor = create_member(workspace=filled.workspace, role=Role.EDITOR)

    def seen(user):
        return {each["id"] for each in read(of_person(user).get(at("clusters")))["clusters"]}

    assert seen(member) == {filled.cluster_id}
    assert seen(editor) >= {filled.cluster_id, elsewhere.cluster_id}
    assert refusal(of_person(member).get(at("clusters", elsewhere.cluster_id)), 404)


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "offset=-1", "limit=x", f"offset={10**20}"])
def test_numbers_that_are_none(key, query):
    name = query.partition("=")[0]

    assert refusal(key.get(at(f"deployments?{query}")), 422).startswith(f"{name}: ")


@pytest.mark.parametrize("base", ["/platform/v1beta1", "/iam/v1beta1", "/v1alpha1/v1"])
def test_the_bases_of_earlier_versions_lead_to_the_same(key, filled, base):
    for parts in ((), ("deployments",), ("deployments", filled.pk), ("workspaces",), ("clusters",)):
        assert read(key.get(at(*parts, base=base))) == read(key.get(at(*parts)))


def test_what_earlier_versions_ask_for_at_another_base(key, filled):
    for parts in (("deployment-options",), ("deployments", filled.pk, "logs")):
        assert read(key.get(at(*parts, base="/v1alpha1"))) == read(key.get(at(*parts)))
    assert read(key.get(at("workspaces", base="/v1alpha1")))["totalCount"] == 1


OTHERS = {
    "tokens": "API keys instead of API tokens",
    f"tokens/{NEVER_EXISTED}/rotate": "API keys instead of API tokens",
    "invites": "does not send invitations yet",
    "teams": "no teams",
    "environment-objects": "astro deployment variable",
    "audit-logs": "Activity",
    "brand-new": "does not serve this command",
    "a%00b": "does not serve this command",
}


@pytest.mark.parametrize(("url", "sentence"), OTHERS.items())
def test_what_is_not_there_says_why(key, url, sentence):
    for method in ("get", "post", "delete"):
        assert sentence in refusal(key.send(method, at(url)), 404)


def test_a_token_that_opens_nothing_says_what_to_do(key, filled, monkeypatch):
    assert "not valid. Run astro login" in refusal(Program("opaque").get(of(filled)), 401)
    # Without a token the client sends the word all the same.
    assert "Run astro login" in refusal(Client().get(of(filled), headers={"Authorization": "Bearer "}), 401)
    monkeypatch.setattr(access_tokens.time, "time", lambda now=access_tokens.time.time: now() + 10**6)
    assert "has expired. Run astro login" in refusal(key.get(of(filled)), 401)


@pytest.mark.parametrize(
    "address",
    [
        "deployments?deploymentIds=a%00b",
        "deployments?workspaceIds=%00",
        "deployment-options?deploymentId=%00",
    ],
)
def test_a_null_character_in_an_address_is_refused(key, filled, address):
    """PostgreSQL takes none in a text, so that it was a failure of ours."""
    assert refusal(key.get(at(address)), 400) == "The address contains a null character."
