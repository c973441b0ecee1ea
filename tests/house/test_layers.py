"""Imports point down only: urls, apikeys, deployments, workspaces, cloudui.web (pyproject.toml, tool.importlinter)."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.house.conventions import PACKAGES, ROOT


def test_imports_point_down(tmp_path):
    result = _lint(ROOT)

    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("module", "statement", "contract"),
    [
        ("cloudui/web/htmx.py", "from workspaces import models", "Apps point one way"),
        ("workspaces/access.py", "from deployments import models", "Apps point one way"),
        ("deployments/access.py", "import apikeys.models", "Apps point one way"),
        ("apikeys/forms.py", "from cloudui import urls", "Apps point one way"),
        ("workspaces/access.py", "from workspaces import views", "Inside an app, HTTP is on top"),
        (
            "deployments/models/deployment.py",
            "from deployments import access",
            "Inside an app, HTTP is on top",
        ),
        ("apikeys/credentials.py", "from apikeys.models import ApiKey", "Inside an app, HTTP is on top"),
    ],
)
def test_an_import_that_points_up_is_found(tmp_path, module, statement, contract):
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / module).open("a") as file:
        file.write(f"\n{statement}\n")

    result = _lint(tmp_path)

    assert result.returncode == 1
    assert f"{contract} BROKEN" in result.stdout


def _lint(directory) -> subprocess.CompletedProcess[str]:
    command = "from importlinter.cli import lint_imports; import sys; sys.exit(lint_imports(no_cache=True))"
    return subprocess.run(
        [sys.executable, "-c", command],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(directory)},
        capture_output=True,
        text=True,
        check=False,
    )
