"""The shell lines of docs/ci-cd.md deploy: with the client v1.45.0 where it is at hand, else with a stand-in for it."""

import re
import subprocess
import sys
from textwrap import dedent

import pytest
from pytest_django.live_server_helper import LiveServer

from deployments.models import Deploy, DeployStatus
from tests.clients import real_astro
from tests.clients.astro_project import add_project, commit
from tests.clients.real_astro import RealAstro
from tests.factories import disable_api_key
from tests.house.conventions import ROOT

pytestmark = pytest.mark.django_db(transaction=True)

PAPER = (ROOT / "docs/ci-cd.md").read_text(encoding="utf-8")
# In the shell, of GitHub Actions, GitLab, Jenkins and CircleCI.
SCRIPT = re.compile(
    r"^```sh\n([\s\S]+?)^```|^ +(?:run:|command:|-) \|\n((?: +\S.*\n)+)|sh '''\n([\s\S]+?)'''",
    flags=re.MULTILINE,
)
SCRIPTS = [dedent("".join(found)) for found in SCRIPT.findall(PAPER)]
NAMES = ["shell", "GitHub Actions", "GitLab", "Jenkins", "CircleCI"]
# What the services set by themselves.
OF_SERVICES = {"CI_COMMIT_SHORT_SHA": "52b94558", "CI_COMMIT_TITLE": "Fix retries & go"}
STAND_IN = f"""\
#!/bin/sh
test -d "$ASTRO_HOME" || exit 64
PYTHONPATH='{ROOT}' exec '{sys.executable}' -m tests.clients.astro_stand_in "$@"
"""


@pytest.fixture
def server(settings, tmp_path):
    # The client looks for its server there and nowhere else.
    port = real_astro.PORT_TODAY if real_astro.binary(real_astro.NEW) else 0
    server = LiveServer(f"localhost:{port}" if port else "localhost")
    settings.PUBLIC_URL = server.url
    settings.DAGS_ROOT = tmp_path / "store"
    yield server
    server.stop()


@pytest.fixture
def run(server, demo, issued, tmp_path):
    program = real_astro.binary(real_astro.NEW)
    astro = RealAstro(program, tmp_path / "home", configuration="")
    folder = add_project(astro, runtime=demo.runtime_id)
    commit(folder, "Fix retries")
    place = tmp_path / "programs" / "astro"
    if program:
        place.symlink_to(program)
    else:
        place.write_text(STAND_IN)
        place.chmod(0o755)

    def run(script: str) -> subprocess.CompletedProcess[str]:
        variables = {
            **astro.hermetic(),
            **astro.environment,
            **OF_SERVICES,
            "ASTRO_DOMAIN": "localhost",
            "ASTRONOMER_KEY_ID": issued.key.pk,
            "ASTRONOMER_KEY_SECRET": issued.secret.reveal(),
            "DEPLOYMENT": demo.pk,
            "SERVER": server.url,
            "WORKSPACE_TMP": str(tmp_path / "home"),
        }
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    return run


def test_every_service_has_its_lines():
    assert len(SCRIPTS) == len(NAMES)


@pytest.mark.parametrize("script", SCRIPTS, ids=NAMES)
def test_the_lines_deploy(run, demo, settings, script):
    ran = run(script)

    assert ran.returncode == 0, ran.stdout
    made = Deploy.objects.get()
    assert (made.status, made.made_by_kind) == (DeployStatus.SUCCEEDED, "api_key")
    assert made.client.endswith(" 1.45.0")
    current = settings.DAGS_ROOT / demo.release_name / "current"
    assert (current / "a.py").read_text() == "print(1)"
    if "$CI_COMMIT_TITLE" in script:
        assert made.description == "52b94558 Fix retries & go"


@pytest.mark.parametrize("script", SCRIPTS, ids=NAMES)
def test_a_job_with_a_disabled_key_fails_and_says_why(run, issued, script):
    disable_api_key(issued.key)

    ran = run(script)

    assert ran.returncode != 0
    assert "disabled" in ran.stdout
