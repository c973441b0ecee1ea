"""Deploys of the clients v1.15.1 and v1.45.0, as both were seen to send them, against a server.

The clients themselves are tried in test_real_astro_deploys.py, where their programs are at hand.
"""

import os

import pytest

from apikeys.tokens import access_tokens
from deployments.models import Deploy, DeployStatus, StagedDeploy
from tests.clients.astro_deploys import BLOCK, Deploying, DeployingNow
from tests.clients.astro_shapes import Failed
from tests.deployments.deploys.archives import files, zipped
from tests.deployments.deploys.deploying import agree
from tests.factories import create_member
from workspaces.models import Role

pytestmark = pytest.mark.django_db(transaction=True)

SMALL = zipped(files({"dags/a.py": b"print(1)"}))
LARGE = zipped(files({"dags/a.py": b"print(1)", "dags/large.bin": os.urandom(3 * BLOCK)}))
GIT = {
    "account": "acme",
    "authorName": "Kim",
    "branch": "main",
    "commitSha": "52b945585efcdbdff374a0de5cc28c9a2e040d1d",
    "commitUrl": "https://github.com/acme/etl/commit/52b945585efcdbdff374a0de5cc28c9a2e040d1d",
    "provider": "GITHUB",
    "repo": "etl",
}


@pytest.fixture
def url(live_server, settings, tmp_path) -> str:
    settings.PUBLIC_URL = live_server.url
    settings.DAGS_ROOT = tmp_path / "store"
    settings.IMAGE_REGISTRY = "registry.example.com/airflow"
    return live_server.url


@pytest.fixture
def old(url) -> Deploying:
    return Deploying(home=url, core=f"{url}/v1alpha1", graphql=f"{url}/graphql")


@pytest.fixture
def now(url) -> DeployingNow:
    return DeployingNow(base=url)


@pytest.fixture
def keys(issued) -> dict[str, str]:
    return {"ASTRONOMER_KEY_ID": issued.key.pk, "ASTRONOMER_KEY_SECRET": issued.secret.reveal()}


def airflow(settings, demo):
    return (settings.DAGS_ROOT / demo.release_name / "current" / "a.py").read_text()


@pytest.mark.parametrize("archive", [SMALL, LARGE], ids=["small", "large"])
def test_dags_of_2023(old, keys, demo, settings, archive):
    old.environment.update(keys)

    said = old.deploy_dags(demo.pk, archive)

    made = Deploy.objects.get()
    assert (said["id"], said["versionId"], said["status"]) == (made.pk, made.version, "SUCCEEDED")
    assert (said["initiatorId"], made.client) == (keys["ASTRONOMER_KEY_ID"], "astro CLI 1.15.1")
    assert airflow(settings, demo) == "print(1)"
    agree(demo)


@pytest.mark.parametrize("archive", [SMALL, LARGE], ids=["small", "large"])
def test_dags_of_today(now, keys, demo, settings, archive):
    now.environment.update(keys)

    said = now.deploy(demo.pk, archive, kind="DAG_ONLY", description="Fix retries", git=GIT)

    made = Deploy.objects.get()
    assert (said["id"], said["dagTarballVersion"]) == (made.pk, made.version)
    assert (made.client, made.commit_sha, made.commit_url) == (
        "astro CLI 1.45.0",
        GIT["commitSha"],
        GIT["commitUrl"],
    )
    assert airflow(settings, demo) == "print(1)"
    agree(demo)


def test_an_image_and_dags_of_2023_are_two_deploys(old, keys, demo, settings):
    old.environment.update(keys)

    said = old.deploy_image(demo.pk, SMALL, runtime=demo.runtime_id)

    image, dags = Deploy.objects.order_by("created_at")
    assert image.image == f"{said['repository']}:{said['tag']}"
    assert (dags.image, airflow(settings, demo)) == ("", "print(1)")


def test_images_of_today(now, keys, demo, settings):
    now.environment.update(keys)

    both = now.deploy(demo.pk, SMALL, kind="IMAGE_AND_DAG")
    alone = now.deploy(demo.pk, SMALL, kind="IMAGE_ONLY")

    assert both["imageRepository"] == f"registry.example.com/airflow/{demo.pk}"
    assert (bool(both["dagTarballVersion"]), alone["dagTarballVersion"]) == (True, "")
    assert airflow(settings, demo) == "print(1)"
    assert set(Deploy.objects.values_list("status", flat=True)) == {DeployStatus.SUCCEEDED}


def test_where_only_keys_may_deploy_people_are_refused_before_the_upload(old, now, demo):
    demo.ci_cd_enforced = True
    demo.save()
    person = create_member(workspace=demo.workspace, role=Role.EDITOR)
    token = access_tokens.mint_for_user(person)[0]
    old.login(token)
    now.environment["ASTRO_API_TOKEN"] = token

    with pytest.raises(Failed, match="only accepts deploys made with an API key"):
        old.deploy_dags(demo.pk, SMALL)
    for kind in ("DAG_ONLY", "IMAGE_AND_DAG"):
        with pytest.raises(Failed, match="only accepts deploys made with an API key"):
            now.deploy(demo.pk, SMALL, kind=kind)

    assert not StagedDeploy.objects.exists()


def test_what_is_wrong_with_an_archive_is_said_at_the_end(old, now, keys, demo):
    old.environment.update(keys)
    now.environment.update(keys)

    with pytest.raises(Failed, match="no tar archive"):
        old.deploy_dags(demo.pk, b"no archive " * 50)
    with pytest.raises(Failed, match="no tar archive"):
        now.deploy(demo.pk, b"no archive " * 50, kind="DAG_ONLY")
