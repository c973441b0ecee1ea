"""The commands that the Deploys tab shows, run in a shell against a running server."""

import json
import os
import subprocess

import pytest

from deployments.deploys.history import upload_commands
from tests.deployments.deploys.deploying import agree, read_by_airflow

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_commands_of_the_deploys_tab_deploy(base, issued, tmp_path, settings):
    settings.DAGS_ROOT = tmp_path / "store"
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "a.py").write_text("print('from a pipeline')")
    deployment = issued.key.deployment
    script = upload_commands(deployment).replace(f"export CLOUDUI={settings.PUBLIC_URL}", "")
    variables = {
        **os.environ,
        "CLOUDUI": base,
        "ASTRONOMER_KEY_ID": issued.key.pk,
        "ASTRONOMER_KEY_SECRET": issued.secret.reveal(),
        "no_proxy": "*",
    }

    ran = subprocess.run(
        ["bash", "-euo", "pipefail"],
        input=script,
        cwd=tmp_path,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert json.loads(ran.stdout)["status"] == "SUCCEEDED"
    assert read_by_airflow(deployment) == "print('from a pipeline')"
    agree(deployment)
    assert (deployment.updated_by_kind, deployment.updated_by_id) == ("api_key", issued.key.pk)
