"""Deploying as the client of 2023 does: its mutations, with the upload between them."""

import json

import pytest
from django.test import Client

from deployments.deploys.store.staged import StagedArchive
from deployments.models import Deploy, StagedDeploy
from tests.apikeys.machine import JSON
from tests.clients.astro_mutations import CREATE_IMAGE, DEPLOY_IMAGE, INITIATE_DAGS, REPORT_DAGS
from tests.deployments.deploys.archives import files, zipped
from tests.deployments.deploys.deploying import agree, read_by_airflow
from tests.factories import create_deployment

pytestmark = pytest.mark.django_db

CLIENT = {"apollographql-client-name": "cli", "apollographql-client-version": "1.15.1"}
IMAGE = {"tag": "deploy-2023-05-20T10-30", "repository": "localhost:5000/org1/dep1", "dagDeployEnabled": True}


@pytest.fixture(autouse=True)
def store(settings, tmp_path):
    settings.DAGS_ROOT = tmp_path / "dags"


@pytest.fixture
def ask(token):
    def ask(query, *, status=200, host="localhost:8871", **variables):
        headers = {"Authorization": f"Bearer {token}", "Host": host, **CLIENT}
        body = json.dumps({"query": query, "variables": variables})
        response = Client().post("/graphql", body, content_type=JSON, headers=headers)
        assert response.status_code == status, response.content
        return response.json()

    return ask


def initiate(ask, deployment):
    return ask(INITIATE_DAGS, input={"runtimeId": deployment.pk})["data"]["initiateDagDeployment"]


def report(ask, deployment, staged, status="SUCCEEDED"):
    sent = {
        "initiatedDagDeploymentId": staged["id"],
        "runtimeId": deployment.pk,
        "action": "UPLOAD",
        "versionId": staged["id"],
        "status": status,
        "message": "DAGs uploaded successfully",
    }
    return ask(REPORT_DAGS, input=sent)


def upload(staged, content=None):
    """In blocks, as this client sends even the smallest archive."""
    path = staged["dagUrl"].removeprefix("http://localhost:8871")
    content = zipped(files({"a.py": b"print(1)"})) if content is None else content
    client = Client(enforce_csrf_checks=True)
    assert client.put(f"{path}?comp=block&blockid=AAA%3D", content).status_code == 201
    listed = client.put(f"{path}?comp=blocklist", "<BlockList><Latest>AAA=</Latest></BlockList>")
    assert (listed.status_code, listed.headers["x-ms-version-id"]) == (201, staged["id"])


def message(answer):
    [error] = answer["errors"]
    return error["message"]


def test_dags_are_current_when_their_status_was_reported(ask, deployment):
    staged = initiate(ask, deployment)
    upload(staged)

    reported = report(ask, deployment, staged)["data"]["reportDagDeploymentStatus"]

    assert (reported["status"], reported["versionId"], reported["runtimeId"]) == (
        "SUCCEEDED",
        staged["id"],
        deployment.pk,
    )
    assert read_by_airflow(deployment) == "print(1)"
    agree(deployment)
    assert Deploy.objects.get().client == "astro CLI 1.15.1"


def test_an_image_is_announced_before_it_is_pushed_and_recorded_after(ask, deployment):
    sent = {"tag": "8.2.0", "deploymentId": deployment.pk}
    made = ask(CREATE_IMAGE, imageCreateInput=sent)["data"]["createImage"]
    sent = {"imageId": made["id"], "deploymentId": deployment.pk, **IMAGE}

    deployed = ask(DEPLOY_IMAGE, imageDeployInput=sent)["data"]["deployImage"]

    assert (deployed["tag"], deployed["repository"]) == (IMAGE["tag"], IMAGE["repository"])
    assert Deploy.objects.get().image == f"{IMAGE['repository']}:{IMAGE['tag']}"


@pytest.mark.parametrize(
    ("domain", "refused"), [("cloudui-localhost.example.com", True), ("cloudui-localhost.cloud", False)]
)
def test_no_token_is_sent_to_a_registry_of_others(ask, deployment, settings, domain, refused):
    settings.ASTRO_DOMAIN, settings.API_HOST = domain, f"api.{domain}"
    settings.ALLOWED_HOSTS = [f"api.{domain}"]
    sent = {"tag": "8.2.0", "deploymentId": deployment.pk}

    said = ask(CREATE_IMAGE, host=f"api.{domain}", imageCreateInput=sent)

    assert ("images.cloudui-localhost.cloud" in str(said.get("errors"))) == refused
    assert StagedDeploy.objects.exists() == (not refused)


def test_what_cannot_be_deployed_is_refused_before_the_upload(ask, deployment):
    other = create_deployment().pk
    assert "There is no such" in message(ask(INITIATE_DAGS, input={"runtimeId": other}))
    sent = {"tag": "8.2.0", "deploymentId": other}
    assert "There is no such" in message(ask(CREATE_IMAGE, imageCreateInput=sent))
    deployment.dag_deploys_enabled = False
    deployment.save()
    # The client looks for these words.
    assert "DAG deploys are disabled" in message(ask(INITIATE_DAGS, input={"runtimeId": deployment.pk}))
    assert not StagedDeploy.objects.exists()


@pytest.mark.parametrize(
    ("content", "sentence"), [(b"no archive " * 50, "no tar archive"), (None, "Upload the archive before")]
)
def test_what_is_wrong_with_an_archive_is_printed(content, sentence, ask, deployment):
    staged = initiate(ask, deployment)
    if content:
        upload(staged, content)
    assert sentence in message(report(ask, deployment, staged))


def test_an_upload_that_failed_is_given_up(ask, deployment):
    staged = initiate(ask, deployment)
    upload(staged)
    assert "nothing was deployed" in message(report(ask, deployment, staged, status="FAILED"))
    assert not StagedArchive(staged["id"]).path.exists()
    assert "You announced no such deploy" in message(report(ask, deployment, staged))


def test_an_image_is_named_by_repository_and_tag(ask, deployment):
    made = ask(CREATE_IMAGE, imageCreateInput={"tag": "8", "deploymentId": deployment.pk})["data"]
    sent = {"imageId": made["createImage"]["id"], "deploymentId": deployment.pk, **IMAGE, "tag": "x" * 600}
    assert "repository:tag" in message(ask(DEPLOY_IMAGE, imageDeployInput=sent))


def test_mutations_count_as_changes_and_queries_do_not(ask, deployment, settings):
    settings.CHANGES_PER_MINUTE = 1
    initiate(ask, deployment)
    for _ in range(3):
        assert ask("{ deploymentConfigOptions { __typename } }")["data"]
    refused = ask(INITIATE_DAGS, status=429, input={"runtimeId": deployment.pk})
    assert "changes in a minute" in message(refused)
