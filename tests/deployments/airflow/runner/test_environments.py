"""Environments: which there are, whether they are whole, and what is said where none can be made."""

import json
import os
import re
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from deployments.airflow.runner import environments
from deployments.airflow.runner.environments import NotInstalled
from deployments.models import RuntimeRelease


@pytest.fixture(autouse=True)
def root(settings, tmp_path):
    settings.AIRFLOW_ENVIRONMENTS = tmp_path / "environments"
    return settings.AIRFLOW_ENVIRONMENTS


def python(folder, name, *, version="3.11", status=0):
    """A stand-in for a Python, which says that it is of this version."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{json.dumps([version, '/opt/python'])}'\nexit {status}\n")
    path.chmod(0o755)
    return path


def make(root, version, *, digest=None):
    path = root / version
    (path / "bin").mkdir(parents=True)
    (path / "bin" / "python").symlink_to(sys.executable)
    marker = {"digest": digest or environments._digest(version), "base": "/opt/python"}
    (path / "cloudui.json").write_text(json.dumps(marker))


def test_those_that_can_run_here_are_among_the_runtimes(db):
    assert environments.versions() == ["3.3.2", "2.11.2"]
    offered = RuntimeRelease.objects.offered().values_list("airflow_version", flat=True)
    assert set(environments.versions()) <= set(offered)


@pytest.mark.parametrize("version", environments.versions())
def test_each_package_has_its_hashes_and_comes_from_no_named_place(version):
    text = (environments.REQUIREMENTS / f"airflow-{version}.txt").read_text()

    packages = re.findall(r"^[a-z0-9][\w.\[\]-]*==\S+.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    assert len(packages) > 120
    assert all("--hash=sha256:" in package for package in packages)
    assert f"apache-airflow=={version} " in text
    assert "://" not in text
    assert "-index" not in text


def test_one_is_there_when_it_is_whole_and_of_the_requirements_of_today(root):
    assert environments.find("3.3.2") is None
    make(root, "3.3.2")
    make(root, "2.11.2", digest="of yesterday")

    found = environments.find("3.3.2")

    assert (found.airflow_version, found.base) == ("3.3.2", Path("/opt/python"))
    assert environments.find("2.11.2") is None
    (root / "3.3.2" / "cloudui.json").write_text("{")
    assert environments.find("3.3.2") is None


@pytest.mark.parametrize(
    ("airflow_version", "there", "found"),
    [
        ("2.11.2", {"python3.11": "3.11"}, "python3.11"),
        ("2.11.2", {"python3.12": "3.12", "python3.11": "3.11"}, "python3.12"),
        ("2.11.2", {"python3": "3.13"}, None),
        ("3.3.2", {"python3": "3.13"}, "python3"),
        ("3.3.2", {"python3": "3.10"}, None),
        ("3.3.2", {}, None),
    ],
)
def test_it_finds_a_python_that_the_airflow_runs_on(tmp_path, monkeypatch, airflow_version, there, found):
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}")
    for name, version in there.items():
        python(tmp_path / "bin", name, version=version)
    if found:
        assert environments.find_python(airflow_version) == (str(tmp_path / "bin" / found), "/opt/python")
    else:
        with pytest.raises(NotInstalled, match=r"needs Python 3\.12.*Install one.*AIRFLOW_PYTHON"):
            environments.find_python(airflow_version)


def test_a_stand_in_that_finds_no_python_of_its_own_is_passed_over(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path / "one"), str(tmp_path / "two")]))
    python(tmp_path / "one", "python3.12", status=127)
    works = python(tmp_path / "two", "python3.12", version="3.12")

    assert environments.find_python("3.3.2")[0] == str(works)


def test_one_that_is_named_is_taken(tmp_path, monkeypatch):
    monkeypatch.setenv("AIRFLOW_PYTHON", str(python(tmp_path, "mine", version="3.12")))

    assert environments.find_python("2.11.2")[0] == str(tmp_path / "mine")


def test_another_version_says_which_there_are():
    with pytest.raises(NotInstalled, match=r"cannot run here, only 3\.3\.2 and 2\.11\.2"):
        environments.install("3.0.6", print)


def test_a_failure_says_what_was_said_last_and_leaves_nothing_that_counts(tmp_path, monkeypatch):
    monkeypatch.setenv("AIRFLOW_PYTHON", str(python(tmp_path, "mine", version="3.12")))

    # The stand-in makes no environment, so its pip is missing.
    with pytest.raises(NotInstalled, match="install failed, and said at last"):
        environments.install("3.3.2", print)
    assert environments.find("3.3.2") is None


def test_the_command_installs_what_is_missing(root, monkeypatch, capsys):
    make(root, "3.3.2")
    installed = []
    monkeypatch.setattr(environments, "install", lambda version, say: installed.append(version))

    call_command("install_airflow")

    assert installed == ["2.11.2"]
    assert "Airflow 3.3.2 is there." in capsys.readouterr().out


def test_the_command_fails_with_what_to_do(monkeypatch):
    def install(version, say):
        raise NotInstalled(f"Airflow {version} needs Python.")

    monkeypatch.setattr(environments, "install", install)

    with pytest.raises(CommandError, match=r"Airflow 2\.11\.2 needs Python\."):
        call_command("install_airflow", "2.11.2")
