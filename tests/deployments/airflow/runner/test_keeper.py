"""Airflows come, go and are brought back, with a stand-in for Airflow itself: tests/airflow has the real one."""

import asyncio
import json
import os
import signal
import threading
from pathlib import Path

import pytest
from django.utils import timezone

from deployments.airflow.accounts import unseal
from deployments.airflow.runner import keeper, starting
from deployments.airflow.runner.keeper import AlreadyRunning, Keeper
from deployments.airflow.runner.place import Place
from deployments.airflow.runner.sandbox import Isolation
from deployments.models import Airflow, AirflowRole, Ground, Status
from deployments.service import delete_deployment
from tests.deployments.airflow.runner.watching import (
    healthy,
    place,
    process_of,
    set_variables,
    status,
    until,
)
from tests.factories import create_deployment, create_member
from workspaces.models import Role
from workspaces.principals import principal_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def airflow(transactional_db):
    return Airflow.objects.create(deployment=create_deployment(), ground=Ground.LOCAL)


def test_it_becomes_healthy_and_says_how_it_is_entered(airflow, keep):
    keep()
    healthy()

    row = Airflow.objects.get()
    assert row.base_url.startswith("http://127.0.0.1:")
    assert unseal(row).keys() == set(AirflowRole)
    assert {component["name"]: component["state"] for component in row.components} == {
        "api-server": "running",
        "scheduler": "running",
        "dag-processor": "running",
        "triggerer": "running",
    }
    assert (row.version, row.variables_version, row.reason) == ("3.3.2", 1, "")
    until(lambda: (Airflow.objects.get().memory_bytes or 0) > 0)
    seen = json.loads((place().home / "scheduler.environ").read_text())
    assert seen["AIRFLOW_HOME"] == str(place().home)
    assert "scheduler has begun" in (place().logs / "scheduler.log").read_text()


def test_what_is_killed_comes_back(airflow, keep):
    keep()
    healthy()
    killed = process_of("scheduler")

    os.kill(killed, signal.SIGKILL)

    until(lambda: (now := process_of("scheduler")) and now != killed)
    healthy()


def test_one_that_cannot_run_says_which_process_and_its_last_lines(airflow, keep):
    set_variables(FAILS="scheduler")
    keep()

    until(lambda: "The scheduler ended with status 1" in Airflow.objects.get().reason)
    until(lambda: "scheduler has no luck" in Airflow.objects.get().reason)
    assert status() == Status.UNHEALTHY


def test_it_sleeps_wakes_up_and_restarts(airflow, keep):
    keep()
    healthy()
    first = process_of("api-server")

    Airflow.objects.update(is_awake=False)
    until(lambda: status() == Status.HIBERNATING)
    assert process_of("api-server") is None
    assert Airflow.objects.get().memory_bytes is None

    Airflow.objects.update(is_awake=True)
    healthy()
    second = process_of("api-server")
    assert second != first
    set_variables(MY_VAR="1")
    until(lambda: Airflow.objects.get().variables_version == 2)
    healthy()
    assert process_of("api-server") != second
    assert json.loads((place().home / "scheduler.environ").read_text())["MY_VAR"] == "1"


def test_a_restart_that_somebody_asks_for_is_one(airflow, keep):
    keep()
    healthy()
    first = process_of("scheduler")

    Airflow.objects.update(restart_requested_at=timezone.now())

    until(lambda: (now := process_of("scheduler")) and now != first)
    healthy()


def test_what_airflow_looks_up_changes_without_a_restart(airflow, keep):
    keep()
    healthy()
    before = process_of("scheduler")

    set_variables(AIRFLOW_VAR_COLOR="red")

    until(lambda: Airflow.objects.get().variables_version == 2)
    assert json.loads((place().secrets / "secrets.json").read_text()) == {"AIRFLOW_VAR_COLOR": "red"}
    assert process_of("scheduler") == before


def test_it_goes_with_its_deployment_and_only_then(airflow, keep):
    keep()
    healthy()
    kept = place()
    owner = principal_for(create_member(workspace=airflow.deployment.workspace, role=Role.ADMIN))

    Airflow.objects.all().delete()
    until(lambda: process_of("api-server") is None)
    assert (kept.path / "state.json").exists()

    Airflow.objects.create(deployment=airflow.deployment, ground=Ground.LOCAL)
    healthy()
    delete_deployment(owner, airflow.deployment)
    until(lambda: not kept.path.exists())
    assert process_of("api-server") is None


def test_one_that_was_deleted_while_nobody_looked_is_removed_at_the_next_start(airflow, keep):
    kept = place()
    kept.make(airflow.pk)
    other = Place("not-ours-1234")
    other.make("of another database")
    owner = principal_for(create_member(workspace=airflow.deployment.workspace, role=Role.ADMIN))
    delete_deployment(owner, airflow.deployment)

    keep()

    until(lambda: not kept.path.exists())
    assert other.path.exists()


def test_stopped_it_says_that_nobody_looks_and_leaves_nothing(airflow, keep):
    end = keep()
    healthy()

    assert any("Run only your own" in line for line in end())

    assert status() == Status.NOT_CONNECTED
    assert "manage.py airflow" in Airflow.objects.get().reason
    assert process_of("api-server") is None


REFUSALS = {
    "no memory": ({"AIRFLOW_MEMORY_MIB": 10**9}, "MiB of memory left"),
    "not installed": ({"AIRFLOW_ENVIRONMENTS": Path("/nonexistent")}, "make airflow"),
}


@pytest.mark.parametrize(("changes", "said"), REFUSALS.values(), ids=REFUSALS)
def test_one_that_may_not_start_says_what_to_do(airflow, keep, settings, changes, said):
    for name, value in changes.items():
        setattr(settings, name, value)
    keep()

    until(lambda: said in Airflow.objects.get().reason)
    assert status() == Status.UNHEALTHY
    assert process_of("api-server") is None


def test_where_dags_would_reach_the_console_none_runs(airflow, keep, monkeypatch):
    refused = Isolation(works=False, reason="bubblewrap is not installed")
    monkeypatch.setattr(Isolation, "is_enough", property(lambda _: False))
    monkeypatch.setattr(starting.sandbox, "isolation", lambda: refused)
    keep()

    until(lambda: "No Airflow runs on this machine" in Airflow.objects.get().reason)
    assert status() == Status.UNHEALTHY


def test_a_version_that_cannot_run_here_says_which_can(airflow, keep):
    airflow.deployment.runtime.airflow_version = "3.0.6"
    airflow.deployment.runtime.save()
    keep()

    until(lambda: "only 3.3.2 and 2.11.2" in Airflow.objects.get().reason)


def test_a_failure_of_ours_is_said_too(airflow, keep, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("broken")

    monkeypatch.setattr(starting.airflow_settings, "render", fail)
    keep()

    until(lambda: status() == Status.UNHEALTHY)
    assert "RuntimeError" in Airflow.objects.get().reason


def test_two_keepers_of_one_data_directory_do_not_run(airflow, keep):
    keep()
    healthy()

    async def second():
        with pytest.raises(AlreadyRunning):
            await Keeper(lambda _: None).run(asyncio.Event())

    thread = threading.Thread(target=lambda: asyncio.run(second()))
    thread.start()
    thread.join()
    healthy()


def test_what_runs_goes_on_while_the_database_is_away(airflow, keep, monkeypatch):
    keep()
    healthy()
    before = process_of("scheduler")
    failures = []

    def fail():
        failures.append(1)
        raise OSError("away")

    with monkeypatch.context() as patch:
        patch.setattr(keeper.rows, "read", fail)
        until(lambda: len(failures) > 2)
    assert process_of("scheduler") == before
    Airflow.objects.update(is_awake=False)
    until(lambda: status() == Status.HIBERNATING)
