"""Every module is in a layer, and an import that points the wrong way is found (pyproject.toml, tool.importlinter)."""

import os
import shutil
import subprocess
import sys
from itertools import groupby

import pytest

from tests.house.conventions import PACKAGES, ROOT

# The contract that must notice, who imports, and what.
WRONG = [
    ("apikeys", "apikeys.credentials", "apikeys.models"),
    ("apikeys", "apikeys.tokens.bearer", "apikeys.astro.v1alpha1"),
    ("apps", "apikeys.forms", "cloudui.api"),
    ("apps", "cloudui.web.htmx", "workspaces.models"),
    ("apps", "deployments.access", "apikeys.models"),
    ("apps", "workspaces.access", "deployments.models"),
    ("deployments", "deployments.models.deployment", "deployments.service"),
    ("deployments", "deployments.variables.service", "deployments.queues.views"),
    ("faces", "deployments.details.service", "deployments.queues.views"),
    ("faces", "deployments.queues.service", "deployments.queues.forms"),
    ("file", "deployments.deployment_file.apply", "deployments.deployment_file.views"),
    ("kernel", "cloudui.web.keyring", "cloudui.web.middleware"),
    ("rest", "cloudui.web.rest.schemas", "cloudui.web.rest.docs"),
    ("roof", "cloudui.configuration", "cloudui.settings"),
    ("rooms", "deployments.variables.dotenv", "deployments.variables.views"),
    ("store", "deployments.deploys.store.tar", "deployments.models"),
    ("tokens", "apikeys.tokens.exchange", "apikeys.tokens.oauth.views"),
    ("workspaces", "workspaces.access", "workspaces.views"),
    ("workspaces", "workspaces.people.last_admin", "workspaces.views"),
]
CONTRACTS = [(name, list(cases)) for name, cases in groupby(WRONG, key=lambda case: case[0])]

# Modules that nobody put into a layer.
NEW = [
    "apikeys.new",
    "apikeys.tokens.new",
    "cloudui.new",
    "cloudui.web.new",
    "cloudui.web.rest.new",
    "deployments.new",
    "deployments.variables.new",
    "workspaces.new",
    "workspaces.people.new",
]


def test_imports_point_down():
    result = _lint(ROOT)

    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(("contract", "cases"), CONTRACTS, ids=[name for name, _ in CONTRACTS])
def test_an_import_that_points_up_is_found(scratch, contract, cases):
    for _, importer, imported in cases:
        with _file(scratch, importer).open("a") as file:
            file.write(f"\nimport {imported}\n")

    result = _lint(scratch, "--contract", contract)

    assert result.returncode == 1
    missed = [case for case in cases if f"{case[1]} -> {case[2]} (l." not in result.stdout]
    assert not missed, result.stdout


def test_a_circle_is_found(scratch):
    with _file(scratch, "deployments.models.cluster").open("a") as file:
        file.write("\nfrom deployments.models import deployment\n")

    result = _lint(scratch, "--contract", "circles")

    assert result.returncode == 1
    assert ".deployment -> .cluster" in result.stdout or ".cluster -> .deployment" in result.stdout


def test_a_module_without_a_layer_is_found(scratch):
    for module in NEW:
        _file(scratch, module).write_text("")

    result = _lint(scratch)

    assert result.returncode == 1
    assert [module for module in NEW if f"- {module}" not in result.stdout] == []


@pytest.fixture
def scratch(tmp_path):
    """A copy of our code, to plant in."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def _file(directory, module):
    path = directory.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _lint(directory, *options) -> subprocess.CompletedProcess[str]:
    command = "from importlinter.cli import lint_imports_command as run; run()"
    return subprocess.run(
        [sys.executable, "-c", command, "--no-cache", *options],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(directory)},
        capture_output=True,
        text=True,
        check=False,
    )
