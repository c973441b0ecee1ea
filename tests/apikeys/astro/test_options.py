"""What `POST /graphql` tells the client before it asks for a change: limits, releases, Clusters; and logs, where there are any."""

import json

import pytest
from django.test import Client
from django.utils import timezone

from apikeys.tokens import access_tokens
from deployments.airflow.runner.logs import Log
from deployments.airflow.runner.place import Place
from deployments.models import Airflow, Ground
from tests.apikeys.machine import JSON
from tests.clients import astro_queries
from tests.factories import (
    create_cluster,
    create_deployment,
    create_member,
    create_node_pool,
    create_owner,
    create_runtime,
    create_user,
)
from workspaces.models import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_key(token):
    return {"Authorization": f"Bearer {token}"}


def bearer(person):
    return {"Authorization": f"Bearer {access_tokens.mint_for_user(person)[0]}"}


def member(deployment, role):
    return bearer(create_member(workspace=deployment.workspace, role=role))


def ask(query, headers, **variables):
    body = json.dumps({"query": query, "variables": variables or None})
    response = Client().post("/graphql", body, content_type=JSON, headers=headers)
    assert response.status_code == 200, response.content
    return response.json()


def test_the_limits_of_deployments(as_key, deployment):
    create_runtime(version="a-branch")
    create_runtime(version="1.0.0", is_offered=False)

    options = ask(astro_queries.CONFIG_OPTIONS, as_key)["data"]["deploymentConfigOptions"]

    assert options["components"]["scheduler"] == {
        "au": {"default": 5, "limit": 30, "request": 5},
        "replicas": {"default": 1, "limit": 4, "minimum": 1},
    }
    offered = [release["version"] for release in options["runtimeReleases"]]
    # A version that its library cannot read would have the client crash.
    assert deployment.runtime_id in offered
    assert not {"a-branch", "1.0.0"} & set(offered)


def test_the_limits_of_queues_fit_each_node_pool_that_the_caller_may_use(as_key, deployment, admin):
    create_node_pool(deployment.cluster, worker_type="large", max_workers=12)
    create_node_pool(create_cluster(), worker_type="huge", max_workers=50)
    expected = {
        "minWorkerCount": {"floor": 0, "ceiling": 10, "default": 0},
        "maxWorkerCount": {"floor": 0, "ceiling": 12, "default": 0},
        "workerConcurrency": {"floor": 1, "ceiling": 64, "default": 16},
    }

    assert ask(astro_queries.QUEUE_OPTIONS, as_key)["data"]["workerQueueOptions"] == expected
    people = ask(astro_queries.QUEUE_OPTIONS, bearer(admin))["data"]["workerQueueOptions"]
    assert people["maxWorkerCount"]["ceiling"] == 50
    nothing = ask(astro_queries.QUEUE_OPTIONS, bearer(create_user()))["data"]["workerQueueOptions"]
    assert nothing["maxWorkerCount"]["ceiling"] == 32_767


def test_clusters_are_those_that_the_caller_may_choose_or_sees(as_key, deployment):
    other = create_cluster(name="zz")

    def names(headers):
        found = ask(astro_queries.CLUSTERS, headers, organizationId="")["data"]["clusters"]
        return {cluster["name"] for cluster in found}

    own = {deployment.cluster.name}
    assert names(as_key) == names(member(deployment, Role.MEMBER)) == own
    assert names(bearer(create_user())) == set()
    assert names(member(deployment, Role.EDITOR)) >= own | {other.name}
    assert names(bearer(create_owner())) >= own | {other.name}


def test_logs_are_not_told_to_be_empty(as_key, deployment):
    said = ask(astro_queries.LOGS, as_key, deploymentId=deployment.pk, logLevels=["WARN"], start="-24hrs")[
        "errors"
    ][0]["message"]

    assert said.startswith("Cloud UI reads the logs of Airflows that it runs itself.")
    assert deployment.release_name in said
    other = ask(astro_queries.LOGS, as_key, deploymentId=create_deployment().pk)
    assert other["errors"][0]["message"].startswith("There is no such Deployment")


def test_the_log_of_a_scheduler_that_runs_here_is_told_by_level(as_key, deployment, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    Airflow.objects.create(deployment=deployment, ground=Ground.LOCAL)
    Place(deployment.release_name).make(deployment.pk)
    log = Log(Place(deployment.release_name), "scheduler")
    now = f"{timezone.now():%Y-%m-%dT%H:%M:%SZ}"
    for level in ("info", "warning", "error"):
        log.write(f"{now} [{level} ] {level} said")
    log.close()

    def told(**more):
        answer = ask(astro_queries.LOGS, as_key, deploymentId=deployment.pk, start="-24hrs", **more)
        return answer["data"]["deploymentHistory"]["schedulerLogs"]

    assert told(logLevels=["WARN"]) == [{"timestamp": now, "raw": "warning said", "level": "WARN"}]
    assert [each["level"] for each in told()] == ["INFO", "WARN", "ERROR"]
    assert [each["level"] for each in told(logCountLimit=1)] == ["ERROR"]
