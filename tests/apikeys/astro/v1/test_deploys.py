"""Deploying as the client of today does: announce, upload to the URL of the answer, finalize."""

import re

import pytest
from django.test import Client

from deployments.models import Deploy, StagedDeploy
from tests.apikeys.astro.v1.calls import NEVER_EXISTED, of, read, refusal
from tests.deployments.deploys.archives import files, zipped
from tests.deployments.deploys.deploying import agree, history, read_by_airflow
from tests.deployments.deploys.programs import of_key, of_role
from tests.factories import create_deployment
from workspaces.models import Role

pytestmark = pytest.mark.django_db

CLIENT = {"x-astro-client-identifier": "github-action", "x-astro-client-version": "1.45.0"}
GIT = {
    "provider": "GITHUB",
    "account": "acme",
    "repo": "etl",
    "branch": "main",
    "path": "airflow",
    "commitSha": "3f2c9d1e0b7a48d5c6e1f0a9b8c7d6e5f4a3b2c1",
    "commitUrl": "https://github.com/acme/etl/commit/3f2c9d1e0b7a48d5c6e1f0a9b8c7d6e5f4a3b2c1",
    "authorName": "Kim",
}


@pytest.fixture(autouse=True)
def store(settings, tmp_path):
    settings.DAGS_ROOT = tmp_path / "dags"
    settings.IMAGE_REGISTRY = "registry.example.com/airflow"


def announce(program, deployment, kind="DAG_ONLY", **more):
    sent = {"type": kind, "description": "Fix retries", **more}
    return program.send("post", of(deployment, "deploys"), sent, **CLIENT)


def upload(url, content):
    """Put an archive as the client's library puts a small one; the version that it reads."""
    response = Client(enforce_csrf_checks=True).put(
        url, content, "application/octet-stream", headers={"x-ms-blob-type": "BlockBlob"}
    )
    assert response.status_code == 201
    return response.headers["x-ms-version-id"]


def finish(program, deployment, deploy_id, **sent):
    return program.post(of(deployment, "deploys", deploy_id, "finalize"), sent)


def archive(text="print(1)"):
    return zipped(files({"a.py": text.encode()}))


def test_dags_are_announced_uploaded_and_current(key, filled):
    announced = read(announce(key, filled, git=GIT))
    assert (announced["status"], announced["type"], announced["isDagDeployEnabled"]) == (
        "INITIALIZED",
        "DAG_ONLY",
        True,
    )
    url = announced["dagsUploadUrl"]
    assert re.fullmatch(r"http://localhost:8871/uploads/[\w-]{43}", url)

    version = upload(url.removeprefix("http://localhost:8871"), archive())
    done = read(finish(key, filled, announced["id"], dagTarballVersion=version))

    assert (done["id"], done["dagTarballVersion"], done["status"]) == (announced["id"], version, "DEPLOYED")
    assert read_by_airflow(filled) == "print(1)"
    agree(filled)
    deploy = Deploy.objects.get()
    assert (deploy.pk, deploy.client) == (announced["id"], "astro CLI in GitHub Actions 1.45.0")
    assert (deploy.commit_branch, deploy.commit_repository) == ("main", "acme/etl")


def test_an_image_with_dags_is_named_by_the_server_and_recorded(key, filled):
    announced = read(announce(key, filled, "IMAGE_AND_DAG"))
    assert announced["imageRepository"] == f"registry.example.com/airflow/{filled.pk}"
    assert announced["imageTag"].startswith("deploy-20")
    upload(announced["dagsUploadUrl"].removeprefix("http://localhost:8871"), archive())

    done = read(finish(key, filled, announced["id"], dagTarballVersion=announced["id"]))

    assert done["imageTag"] == announced["imageTag"]
    assert Deploy.objects.get().image == f"{announced['imageRepository']}:{announced['imageTag']}"
    assert read_by_airflow(filled) == "print(1)"


@pytest.mark.parametrize(("kind", "sent"), [("IMAGE_ONLY", {"dagTarballVersion": ""}), ("IMAGE_AND_DAG", {})])
def test_an_image_alone_keeps_the_dags(kind, sent, key, filled):
    announced = read(announce(key, filled, kind))
    done = read(finish(key, filled, announced["id"], **sent))
    assert (done["type"], done["dagTarballVersion"]) == ("IMAGE_ONLY", "")
    filled.refresh_from_db()
    assert filled.current_deploy is None


def test_the_last_answer_may_be_asked_for_again(key, filled):
    announced = read(announce(key, filled))
    version = upload(announced["dagsUploadUrl"].removeprefix("http://localhost:8871"), archive())
    first, second = (read(finish(key, filled, announced["id"], dagTarballVersion=version)) for _ in range(2))
    assert first == second
    assert len(history(filled)) == 1


@pytest.mark.parametrize(
    ("change", "kind", "sentence"),
    [
        ({"dag_deploys_enabled": False}, "DAG_ONLY", "DAG deploys are disabled for this Deployment"),
        ({}, "BUNDLE", "and no bundles"),
        ({"ci_cd_enforced": True}, "DAG_ONLY", ""),
    ],
)
def test_what_a_key_cannot_deploy_is_refused_before_the_upload(change, kind, sentence, key, filled):
    for name, value in change.items():
        setattr(filled, name, value)
    filled.save()
    if not sentence:
        read(announce(key, filled, kind))
        return
    status = 400 if kind == "BUNDLE" else 403
    assert sentence in refusal(announce(key, filled, kind), status)
    assert not StagedDeploy.objects.exists()


def test_without_a_registry_there_are_no_images(key, filled, settings):
    settings.IMAGE_REGISTRY = ""
    assert "IMAGE_REGISTRY" in refusal(announce(key, filled, "IMAGE_ONLY"), 400)
    read(announce(key, filled))


@pytest.mark.parametrize(
    ("role", "enforced", "sentence"),
    [
        (Role.ADMIN, False, ""),
        (Role.EDITOR, False, ""),
        (Role.MEMBER, False, "Your role here is Member"),
        (Role.ADMIN, True, "only accepts deploys made with an API key"),
    ],
)
def test_roles_and_enforcement_decide_for_people(role, enforced, sentence, filled):
    filled.ci_cd_enforced = enforced
    filled.save()
    response = announce(of_role(filled, role), filled)
    if sentence:
        assert sentence in refusal(response, 403)
    else:
        read(response)


def test_a_deploy_is_finished_by_whoever_announced_it(key, filled):
    announced = read(announce(key, filled))
    version = upload(announced["dagsUploadUrl"].removeprefix("http://localhost:8871"), archive())
    for program in (of_role(filled, Role.ADMIN), of_key(filled, name="Other")):
        message = refusal(finish(program, filled, announced["id"], dagTarballVersion=version), 404)
        assert "You announced no such deploy" in message
    assert refusal(finish(key, filled, announced["id"], dagTarballVersion=NEVER_EXISTED), 404)
    other = create_deployment()
    assert "API key opens its own Deployment only" in refusal(announce(key, other), 404)


@pytest.mark.parametrize(
    ("content", "sentence"), [(b"no archive", "no tar archive"), (None, "Upload the archive before")]
)
def test_what_is_wrong_with_an_archive_is_printed(content, sentence, key, filled):
    announced = read(announce(key, filled))
    if content:
        upload(announced["dagsUploadUrl"].removeprefix("http://localhost:8871"), content * 100)
    assert sentence in refusal(finish(key, filled, announced["id"], dagTarballVersion=announced["id"]), 400)


def test_a_key_that_was_disabled_meanwhile_finishes_nothing(key, filled):
    announced = read(announce(key, filled))
    version = upload(announced["dagsUploadUrl"].removeprefix("http://localhost:8871"), archive())
    filled.api_keys.update(is_enabled=False)
    response = finish(key, filled, announced["id"], dagTarballVersion=version)
    assert response.status_code == 401
    assert not Deploy.objects.exists()


def test_too_many_open_uploads_are_refused_until_one_ends(key, filled):
    for _ in range(4):
        announced = read(announce(key, filled))
        upload(announced["dagsUploadUrl"].removeprefix("http://localhost:8871"), archive())
    assert "4 uploads to this Deployment are under way" in refusal(announce(key, filled), 429)
