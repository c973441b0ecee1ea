"""`astro deploy` of the clients v1.15.1 and v1.45.0 themselves: of DAGs, and of an image by a stand-in for Docker.

Each looks for its server at one port and nowhere else, which must be free.
"""

import os
from collections.abc import Iterator

import pytest
from pytest_django.live_server_helper import LiveServer

from apikeys.tokens import access_tokens
from deployments.models import Deploy, DeployStatus, StagedDeploy
from tests.clients import real_astro
from tests.clients.astro_project import add_project, commit
from tests.clients.real_astro import RealAstro
from tests.factories import create_member
from workspaces.models import Role

pytestmark = pytest.mark.django_db(transaction=True)

VERSIONS = {
    variable: details
    for variable, details in {
        real_astro.OLD: ("1.15.1", real_astro.PORT, real_astro.CONFIGURATION),
        real_astro.NEW: ("1.45.0", real_astro.PORT_TODAY, real_astro.CONFIGURATION_TODAY),
    }.items()
    if real_astro.binary(variable)
}
OF_BOTH = list(VERSIONS)
OF_TODAY = [variable for variable in VERSIONS if variable == real_astro.NEW]
REGISTRY = "registry.example.com/airflow"


@pytest.fixture(params=OF_BOTH)
def variable(request) -> str:
    return request.param


@pytest.fixture
def server(variable, settings, tmp_path) -> Iterator[LiveServer]:
    port = VERSIONS[variable][1]
    settings.PUBLIC_URL = f"http://localhost:{port}"
    settings.DAGS_ROOT = tmp_path / "store"
    settings.IMAGE_REGISTRY = REGISTRY
    server = LiveServer(f"localhost:{port}")
    yield server
    server.stop()


@pytest.fixture
def astro(variable, server, demo, tmp_path) -> RealAstro:
    configuration = VERSIONS[variable][2]
    astro = RealAstro(real_astro.binary(variable), tmp_path / "home", configuration=configuration)
    add_project(astro, runtime=demo.runtime_id)
    return astro


@pytest.fixture
def with_key(astro, issued) -> RealAstro:
    astro.environment.update(ASTRONOMER_KEY_ID=issued.key.pk, ASTRONOMER_KEY_SECRET=issued.secret.reveal())
    return astro


def signed_in(astro, demo, role) -> RealAstro:
    demo.workspace.memberships.all().delete()
    person = create_member(workspace=demo.workspace, role=role)
    ended = astro.run("login", "localhost", "-t", access_tokens.mint_for_user(person)[0])
    assert ended.status == 0, ended.text
    astro.run("workspace", "switch", demo.workspace_id)
    return astro


def change(demo, **fields):
    type(demo).objects.filter(pk=demo.pk).update(**fields)


def deploys(astro, *arguments):
    ended = astro.run("deploy", *arguments)
    assert ended.status == 0, ended.text
    return ended.text


def refuses(astro, *arguments):
    ended = astro.run("deploy", *arguments)
    assert ended.status == 1, ended.text
    return ended.text


def told_docker(astro):
    return (astro.home.parent / "docker").read_text().splitlines()


def test_dags_small_and_large(with_key, variable, demo, settings):
    current = settings.DAGS_ROOT / demo.release_name / "current"

    assert "Successfully uploaded DAGs" in deploys(with_key, demo.pk, "--dags", "-f")
    assert (current / "a.py").read_text() == "print(1)"
    # More than the 1 MiB of a block.
    large = os.urandom(3_500_000)
    (with_key.folder / "dags" / "large.bin").write_bytes(large)
    deploys(with_key, "--dags", "-f")

    assert (current / "large.bin").read_bytes() == large
    assert set(Deploy.objects.values_list("status", "client", "made_by_kind")) == {
        (DeployStatus.SUCCEEDED, f"astro CLI {VERSIONS[variable][0]}", "api_key")
    }
    assert Deploy.objects.count() == 2
    assert not list(with_key.folder.glob("*.tar*"))


def test_an_image_and_its_dags(with_key, demo):
    deploys(with_key, demo.pk, "-f")

    images = [deploy.image for deploy in Deploy.objects.exclude(image="")]
    assert len(images) == 1
    said = told_docker(with_key)
    name = f"{demo.release_name}/airflow:latest"
    assert f"tag {name} {images[0]}" in said
    assert f"push {images[0]}" in said
    assert any(line.startswith("login ") and " -u cli " in line for line in said)
    demo.refresh_from_db()
    assert demo.current_deploy.has_files


@pytest.mark.parametrize("variable", OF_TODAY, indirect=True)
def test_an_image_alone(with_key, demo):
    deploys(with_key, demo.pk, "--dags", "-f")
    deploys(with_key, demo.pk, "--image", "-f", "--description", "New requirements")

    demo.refresh_from_db()
    image = Deploy.objects.exclude(image="").get()
    assert image.description == "New requirements"
    assert demo.current_deploy != image


def test_an_editor_deploys_until_only_keys_may(astro, variable, demo):
    signed_in(astro, demo, Role.EDITOR)
    deploys(astro, demo.pk, "--dags", "-f")
    deploys(astro, demo.pk, "-f")
    made = Deploy.objects.count()
    change(demo, ci_cd_enforced=True)

    for arguments in (("--dags",), ()):
        assert "only accepts deploys made with an API key" in refuses(astro, demo.pk, "-f", *arguments)

    assert Deploy.objects.count() == made


def test_a_key_deploys_where_only_keys_may(with_key, demo):
    change(demo, ci_cd_enforced=True)

    deploys(with_key, demo.pk, "--dags", "-f")


def test_a_member_does_not_deploy(astro, demo):
    signed_in(astro, demo, Role.MEMBER)

    for arguments in (("--dags",), ()):
        assert "Your role here is Member" in refuses(astro, demo.pk, "-f", *arguments)

    assert not StagedDeploy.objects.exists()


def test_where_dag_deploys_are_disabled_an_image_is_all_there_is(with_key, variable, demo):
    change(demo, dag_deploys_enabled=False)

    text = refuses(with_key, demo.pk, "--dags", "-f")
    assert "DAG-only deploys are not enabled" in text or "DAG deploys are disabled" in text
    deploys(with_key, demo.pk, "-f")

    (made,) = Deploy.objects.all()
    assert (made.has_files, bool(made.image)) == (False, True)


def test_an_archive_with_a_link_is_refused_and_the_history_says_why(with_key, demo):
    deploys(with_key, demo.pk, "--dags", "-f")
    (with_key.folder / "dags" / "link").symlink_to("/etc/hostname")

    assert "The archive holds a symbolic link" in refuses(with_key, demo.pk, "--dags", "-f")

    failed = Deploy.objects.get(status=DeployStatus.FAILED)
    assert "symbolic link" in failed.reason
    demo.refresh_from_db()
    assert demo.current_deploy.status == DeployStatus.SUCCEEDED


def test_nothing_is_deployed_to_another_deployment(with_key, demo):
    assert "There is no such Deployment" in refuses(with_key, "c" + "0" * 24, "--dags", "-f")


def test_without_a_registry_the_image_is_not_built(with_key, variable, demo, settings):
    settings.IMAGE_REGISTRY = ""

    ended = with_key.run("deploy", demo.pk, "-f")

    # The client of 2023 chooses the name of the image by itself.
    assert ended.status == (0 if variable == real_astro.OLD else 1)
    assert ("IMAGE_REGISTRY" in ended.text) == (variable == real_astro.NEW)


@pytest.mark.parametrize("variable", OF_TODAY, indirect=True)
def test_the_history_names_the_commit(with_key, demo):
    sha = commit(with_key.folder, "Fix retries")

    deploys(with_key, demo.pk, "--dags")

    made = Deploy.objects.get()
    assert (made.description, made.commit_branch, made.commit_repository) == (
        "Fix retries",
        "main",
        "acme/etl",
    )
    assert made.commit_sha == sha


def test_uncommitted_changes_are_left_to_the_client(with_key, demo):
    commit(with_key.folder, "Fix retries")
    (with_key.folder / "dags" / "a.py").write_text("print(2)")

    assert "uncommitted changes" in deploys(with_key, demo.pk, "--dags")

    assert not Deploy.objects.exists()
