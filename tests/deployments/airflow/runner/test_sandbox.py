"""What an Airflow may see, and what is said where that cannot be kept."""

import subprocess
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest

from cloudui.configuration import public_url
from deployments.airflow.runner import sandbox
from deployments.airflow.runner.environments import Environment
from deployments.airflow.runner.place import Place
from deployments.airflow.runner.sandbox import Isolation


@pytest.fixture(autouse=True)
def _anew():
    tried = sandbox.isolation
    tried.cache_clear()
    yield
    tried.cache_clear()


@pytest.fixture
def machine(monkeypatch):
    """A machine on which bubblewrap does this."""

    def machine(*, has_it=True, status=0, said="", user=1000):
        monkeypatch.setattr(sandbox.shutil, "which", lambda name: f"/usr/bin/{name}" if has_it else None)
        monkeypatch.setattr(
            sandbox.subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=status, stderr=said)
        )
        monkeypatch.setattr(sandbox.os, "geteuid", lambda: user)

    return machine


@pytest.mark.parametrize(
    ("machine_is", "works", "reason"),
    [
        ({}, True, ""),
        ({"has_it": False}, False, "bubblewrap is not installed"),
        (
            {"status": 1, "said": "bwrap: No permissions"},
            False,
            "bubblewrap fails here (bwrap: No permissions)",
        ),
    ],
)
def test_it_is_tried(machine, machine_is, works, reason):
    machine(**machine_is)

    assert sandbox.isolation() == Isolation(works=works, reason=reason)


def test_a_bubblewrap_that_cannot_be_run_does_not_work(machine, monkeypatch):
    machine()

    def fail(*_, **__):
        raise subprocess.TimeoutExpired("bwrap", 10)

    monkeypatch.setattr(sandbox.subprocess, "run", fail)
    assert sandbox.isolation().reason == "bubblewrap cannot be run (TimeoutExpired)"


@pytest.mark.parametrize(
    ("address", "works", "is_enough", "said"),
    [
        ("http://localhost:8871", True, True, ""),
        ("https://console.example.com", True, True, ""),
        ("http://localhost:8871", False, True, "Run only your own"),
        ("https://console.example.com", False, False, "No Airflow runs on this machine"),
    ],
)
def test_where_dags_would_reach_the_console_only_who_works_there_may_run_them(
    settings, address, works, is_enough, said
):
    settings.PUBLIC = public_url(address)

    isolation = Isolation(works=works, reason="bubblewrap is not installed")

    assert isolation.is_enough is is_enough
    assert said in isolation.warning
    assert ("the console's keys and database" in isolation.warning) is not works


@pytest.fixture
def confine(settings, tmp_path, machine):
    settings.DATA_DIR, settings.DAGS_ROOT = tmp_path / "data", tmp_path / "dags"
    place = Place("a-1")
    state = place.make("c1")
    environment = Environment("3.3.2", tmp_path / "environments" / "3.3.2", Path("/opt/python"))

    def confine(*, user=1000, **options):
        machine(user=user)
        return sandbox.confine(["python", "-m", "airflow"], place, state, environment, **options)

    return confine


def bound(arguments):
    """What is bound into it: the sources, each with whether it may be written to."""
    return {source: how == "--bind" for how, source in pairwise(arguments) if how in {"--bind", "--ro-bind"}}


def test_it_sees_its_own_folders_and_no_others_of_the_console(confine, tmp_path, settings):
    seen = bound(confine())

    ours = {path: writable for path, writable in seen.items() if path.startswith(str(tmp_path))}
    own = f"{settings.DATA_DIR}/airflow/a-1"
    assert ours == {
        f"{own}/home": True,
        f"{own}/tmp": True,
        f"{own}/secrets": False,
        f"{own}/passwd": False,
        f"{own}/group": False,
        f"{tmp_path}/dags/a-1": False,
        f"{tmp_path}/environments/3.3.2": False,
    }
    assert "/etc" not in seen
    assert "/etc/shadow" not in seen


def test_only_who_signs_people_in_sees_passwords(confine):
    assert not any(path.endswith("/accounts") for path in bound(confine()))
    assert any(path.endswith("/accounts") for path in bound(confine(sees_accounts=True)))


def test_it_has_processes_of_its_own_that_end_with_the_keeper(confine):
    arguments = confine()

    assert {"--unshare-pid", "--unshare-ipc", "--die-with-parent", "--proc"} <= set(arguments)
    assert arguments[-3:] == ["python", "-m", "airflow"]


@pytest.mark.parametrize(("user", "becomes"), [(0, "setpriv"), (1000, "--unshare-user")])
def test_nobody_is_root_in_it(confine, user, becomes):
    arguments = confine(user=user)

    assert becomes in arguments
    assert ("--reuid" in arguments) is (user == 0)


def test_without_bubblewrap_it_is_run_as_it_is(confine, monkeypatch):
    monkeypatch.setattr(sandbox, "isolation", lambda: Isolation(works=False, reason="no"))

    assert confine() == ["python", "-m", "airflow"]
