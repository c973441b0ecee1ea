"""A real Airflow of each version, from nothing to its deletion: everything once, on this machine."""

import json
import os
import signal
from pathlib import Path

import pytest
from django.conf import settings

from deployments.airflow.runner.place import Place
from deployments.airflow.runner.sandbox import isolation
from deployments.models import Airflow, Cluster, Deployment, Ground, RuntimeRelease, Status
from deployments.service import delete_deployment
from deployments.variables.service import VariableInput, save_variables
from tests.airflow.stage import DAG, Client, Keeper, deploy, listening, until
from tests.factories import create_deployment, create_member, create_workspace
from workspaces.models import Role
from workspaces.principals import principal_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(900)]
COMPONENTS = {
    "3.3.2": ["api-server", "scheduler", "dag-processor", "triggerer"],
    "2.11.2": ["webserver", "scheduler"],
}
# The words make Airflow read a file at all.
BROKEN = "from airflow import DAG\nimport no_such_module  # dag\n"


@pytest.fixture
def keeper(tmp_path):
    keeper = Keeper(tmp_path / "keeper.log")
    keeper.start()
    yield keeper
    if keeper.process.poll() is None:
        keeper.end()
    print(keeper.log.read_text())


class Story:
    """A Deployment, who works on it, and what happens to it."""

    def __init__(self, version: str, keeper: Keeper) -> None:
        workspace = create_workspace()
        self.principal = principal_for(create_member(workspace=workspace, role=Role.ADMIN))
        self.deployment = create_deployment(
            workspace=workspace,
            cluster=Cluster.objects.get(name="local"),
            runtime=RuntimeRelease.objects.get(airflow_version=version),
        )
        self.place = Place(self.deployment.release_name)
        self.keeper = keeper
        self.components = COMPONENTS[version]

    def is_now(self, status: Status) -> bool:
        return Deployment.objects.get(pk=self.deployment.pk).status == status

    def describe(self) -> str:
        row = Airflow.objects.values().get(pk=self.deployment.pk)
        logs = {path.name: path.read_text()[-3000:] for path in self.place.logs.glob("*.log")}
        return f"{row}\n{logs}\n{self.keeper.log.read_text()[-3000:]}"

    def healthy(self) -> Client:
        """Wait until it is well, with all its processes; returns who talks to it."""
        return until(
            lambda: (
                Client.of(self.deployment)
                if self.is_now(Status.HEALTHY) and all(self.process_ids())
                else None
            ),
            self.describe,
        )

    def process_ids(self) -> list[int]:
        return [self.keeper.component(name) for name in self.components]

    def save(self, **values: str) -> None:
        variables = [VariableInput(key, value, is_secret=True) for key, value in values.items()]
        save_variables(self.principal, self.deployment, variables)

    def wish(self, **changes: object) -> None:
        Airflow.objects.filter(pk=self.deployment.pk).update(**changes)


@pytest.mark.parametrize("version", COMPONENTS)
def test_an_airflow_from_nothing_to_its_deletion(version, keeper):
    story = Story(version, keeper)
    story.save(MY_VAR='one\ntwo $HOME "q"', AIRFLOW_VAR_COLOR="red")
    Airflow.objects.create(deployment=story.deployment, ground=Ground.LOCAL)

    client = story.healthy()
    row = Airflow.objects.get()
    assert (row.version, row.reason, row.variables_version) == (version, "", 2)
    assert {each["state"] for each in row.components} == {"running"}
    until(lambda: (Airflow.objects.get().memory_bytes or 0) > 100 * 1024 * 1024, story.describe)

    first = deploy(story.principal, story.deployment, one=DAG, broken=BROKEN)
    until(lambda: client.has_dag("say"), story.describe)
    until(lambda: "no_such_module" in client.import_errors(), story.describe)
    client.trigger("say", "r1")
    assert client.finished("say", "r1") == "success"
    log = client.log("say", "r1")
    assert "VERSION first" in log
    assert "LOOKED UP red" in log
    # Escaped as often as there are formats around it.
    assert 'MINE "onentwo $HOME "q""' in log.replace("\\", "")

    dags_reach_nothing(story, client)
    only_this_machine_hears_it(story)
    a_changed_variable_arrives(story, client)
    a_run_keeps_its_version(story, first)
    what_is_killed_comes_back(story)
    it_hibernates_and_wakes_up(story)
    it_goes_with_its_deployment(story)


def dags_reach_nothing(story, client):
    """A DAG tries all that must be closed to it."""
    assert isolation().works, isolation().reason
    other = Place("other-comet-1234")
    other.make("another Deployment")
    other.write_environment({"THEIR_VAR": "their secret"})
    data = Path(settings.DATA_DIR)
    conf = {
        "files": [
            str(data / "keys.json"),
            str(settings.DATABASES["default"]["TEST"]["NAME"]),
            str(other.environment_file),
            str(other.path / "state.json"),
            str(story.place.path / "state.json"),
            str(story.place.environment_file),
            str(story.place.accounts / "passwords.json"),
            str(Path(settings.BASE_DIR) / "manage.py"),
            str(Path(settings.BASE_DIR) / "cloudui/settings.py"),
            "/etc/shadow",
        ],
        "folders": [
            str(Path(settings.BASE_DIR) / "deployments/airflow/plugins"),
            os.environ["AIRFLOW_TESTS"],
            str(data / "dags" / story.deployment.release_name / "versions"),
            str(story.place.secrets),
            "/usr/bin",
            "/etc",
        ],
        "words": ["the console's own", "their secret", "manage.py", "pytest"],
        "data": str(data),
        "others": str(data / "airflow"),
    }
    client.trigger("hostile", "h1", conf)
    assert client.finished("hostile", "h1") == "success"
    log = client.log("hostile", "h1")
    assert "ATTEMPTS" in log
    assert "REACHED" not in log
    assert "SEES AIRFLOW other-comet-1234" not in log
    assert f"SEES AIRFLOW {story.deployment.release_name}" in log


def only_this_machine_hears_it(story):
    """127.0.0.1 is 0100007F there; nothing of IPv6 but its own address."""
    addresses = listening(set(story.keeper.family()))
    assert addresses <= {"0100007F", "00000000000000000000000001000000"}
    assert "0100007F" in addresses


def a_changed_variable_arrives(story, client):
    """Those that Airflow looks up at once, the others after a restart, for which a run is waited."""
    before = story.process_ids()
    story.save(MY_VAR='one\ntwo $HOME "q"', AIRFLOW_VAR_COLOR="blue")
    until(lambda: Airflow.objects.get().variables_version == 3, story.describe)
    client.trigger("say", "r2")
    assert client.finished("say", "r2") == "success"
    assert "LOOKED UP blue" in client.log("say", "r2")
    assert story.process_ids() == before

    client.trigger("slow", "s1")
    path = "/dags/slow/dagRuns/s1/taskInstances/task"
    until(lambda: client.get(path).get("state") == "running", story.describe)
    story.save(MY_VAR="changed", AIRFLOW_VAR_COLOR="blue")
    until(lambda: Airflow.objects.get().variables_version == 4, story.describe)
    client = story.healthy()
    assert not set(before) & set(story.process_ids())
    assert client.finished("slow", "s1") == "success"
    assert "FINISHED" in client.log("slow", "s1")
    assert client.get(path)["try_number"] == 1
    client.trigger("say", "r3")
    assert client.finished("say", "r3") == "success"
    assert 'MINE "changed"' in client.log("say", "r3").replace("\\", "")


def a_run_keeps_its_version(story, first):
    """What is deployed is seen within seconds, and Airflow 3 knows which version a run had."""
    client = story.healthy()
    second = deploy(story.principal, story.deployment, one=DAG.replace('"first"', '"second"'))
    until(lambda: "no_such_module" not in client.import_errors(), story.describe)
    run = iter(range(1000))

    def has_new_version():
        name = f"v{next(run)}"
        client.trigger("say", name)
        assert client.finished("say", name) == "success"
        return name if "VERSION second" in client.log("say", name) else ""

    name = until(has_new_version, story.describe)
    if story.deployment.runtime.airflow_version.startswith("3."):
        assert client.run("say", "r1")["bundle_version"] == first
        assert client.run("say", name)["bundle_version"] == second


def what_is_killed_comes_back(story):
    """Each process of Airflow, and the keeper, with kill -9; nothing of the one before is left."""
    before = story.process_ids()
    for process_id in before:
        os.kill(process_id, signal.SIGKILL)
    until(lambda: not set(before) & set(story.process_ids()), story.describe)
    client = story.healthy()
    assert client.run("say", "r1")["state"] == "success"

    family = story.keeper.family()
    story.keeper.end(signal.SIGKILL)
    until(lambda: not any(Path(f"/proc/{each}/cmdline").exists() for each in family), "It left orphans.")
    Airflow.objects.update(reason="nobody looked")
    story.keeper.start()
    until(lambda: Airflow.objects.get().reason != "nobody looked", story.describe)
    client = story.healthy()
    assert client.run("say", "r1")["state"] == "success"


def it_hibernates_and_wakes_up(story):
    story.wish(is_awake=False)
    until(lambda: story.is_now(Status.HIBERNATING), story.describe)
    assert story.keeper.family() == {}
    assert Airflow.objects.get().memory_bytes is None
    story.wish(is_awake=True)
    client = story.healthy()
    assert client.run("say", "r1")["state"] == "success"


def it_goes_with_its_deployment(story):
    state = json.loads((story.place.path / "state.json").read_text())
    assert state["prepared"]
    delete_deployment(story.principal, story.deployment)
    until(lambda: not story.place.path.exists(), "Its folder is still there.")
    assert story.keeper.family() == {}
