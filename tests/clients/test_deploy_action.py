"""GitHub's `astronomer/deploy-action`, step by step with the client v1.45.0 itself, deploys with an API key.

It always waits for a healthy Deployment, which here is so from the start.
"""

from collections.abc import Iterator

import pytest
from pytest_django.live_server_helper import LiveServer

from deployments.models import Deploy, Deployment, Status
from tests.clients import real_astro
from tests.clients.astro_project import add_project, commit
from tests.clients.deploy_action import Action
from tests.clients.real_astro import RealAstro

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE_ALL = "0" * 40


@pytest.fixture
def server(settings, tmp_path) -> Iterator[LiveServer]:
    settings.PUBLIC_URL = f"http://localhost:{real_astro.PORT_TODAY}"
    settings.DAGS_ROOT = tmp_path / "store"
    settings.IMAGE_REGISTRY = "registry.example.com/airflow"
    server = LiveServer(f"localhost:{real_astro.PORT_TODAY}")
    yield server
    server.stop()


@pytest.fixture
def action(server, demo, issued, tmp_path) -> Action:
    Deployment.objects.filter(pk=demo.pk).update(status=Status.HEALTHY)
    astro = RealAstro(real_astro.binary(real_astro.NEW), tmp_path / "home", configuration="")
    folder = add_project(astro, runtime=demo.runtime_id)
    programs = tmp_path / "programs"
    (programs / "astro").symlink_to(astro.binary)
    # It is installed from npm where it is missing.
    (programs / "semver").write_text("#!/bin/sh\n")
    (programs / "semver").chmod(0o755)
    (folder / "README.md").write_text("DAGs\n")
    before = commit(folder, "Begin")
    (folder / "dags" / "a.py").write_text("print(2)")
    after = commit(folder, "Fix retries")
    environment = {
        **astro.hermetic(),
        **astro.environment,
        "ASTRO_DOMAIN": "localhost",
        "ASTRONOMER_KEY_ID": issued.key.pk,
        "ASTRONOMER_KEY_SECRET": issued.secret.reveal(),
        "GITHUB_ACTIONS": "true",
        "GITHUB_REF": "refs/heads/main",
    }
    github = {
        "github.ref": "refs/heads/main",
        "github.event.before": before,
        "github.event.after": after,
    }
    # What the steps fetch from is the repository itself.
    (folder / ".git" / "config").write_text(
        (folder / ".git" / "config").read_text()
        + f'[url "{folder}"]\n\tinsteadOf = https://github.com/acme/etl.git\n'
    )
    return Action(folder, {"deployment-id": demo.pk}, environment, github)


def test_a_push_that_changes_dags_deploys_dags(action, demo, settings):
    failed = action.run()

    assert failed is None, failed.stdout
    assert action.ran[-1] == "DAG Deploy to Astro"
    made = Deploy.objects.get()
    assert (made.client, made.image) == ("astro CLI in GitHub Actions 1.45.0", "")
    current = settings.DAGS_ROOT / demo.release_name / "current"
    assert (current / "a.py").read_text() == "print(2)"


def test_a_first_push_deploys_an_image_with_the_dags(action, demo):
    action.inputs = {"deployment-name": "Demo", "force": "true"}
    action.github = {**action.github, "github.event.before": BEFORE_ALL}

    failed = action.run()

    assert failed is None, failed.stdout
    assert action.ran[-1] == "Image and DAG Deploy to Astro"
    assert Deploy.objects.get().image.startswith(f"registry.example.com/airflow/{demo.pk}:deploy-")


def test_a_key_that_is_refused_ends_the_job(action):
    action.environment = {**action.environment, "ASTRONOMER_KEY_SECRET": "cui1_wrong"}

    failed = action.run()

    assert failed is not None
    assert not Deploy.objects.exists()
