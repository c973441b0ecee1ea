"""The `astro` command-line client changes things against a running server: what v1.15.1 sends, and how it reads."""

import copy

import pytest

from deployments.models import Deployment, EnvironmentVariable, Executor
from deployments.variables.service import read_value
from tests.clients.astro_documents import Refused
from tests.clients.astro_shapes import Failed
from tests.clients.conftest import operations, signed_in
from workspaces.models import Role, Workspace

pytestmark = pytest.mark.django_db(transaction=True)

OF_A_KEY = "An API key cannot {}. Use the console, or sign in with astro login and leave the key out"


def test_flags_change_what_they_name_and_nothing_else(cli_with_key, demo):
    before = cli_with_key.inspect("Demo")

    shown = cli_with_key.update("Demo", name="Other")
    assert (shown["label"], shown["dagDeployEnabled"], shown["apiKeyOnlyDeployments"]) == (
        "Other",
        True,
        False,
    )
    cli_with_key.update("Other", name="Demo", description="Nightly", scheduler_au=6, scheduler_replicas=2)
    assert cli_with_key.update("Demo", enforce_cicd=True)["apiKeyOnlyDeployments"]
    assert not cli_with_key.update("Demo", dag_deploy="disable")["dagDeployEnabled"]
    assert cli_with_key.update("Demo", dag_deploy="enable")["dagDeployEnabled"]
    with pytest.raises(Failed, match=r"^An API key cannot turn off CI/CD Enforcement"):
        cli_with_key.update("Demo", enforce_cicd=False)
    with pytest.raises(Refused, match="Scheduler AUs"):
        cli_with_key.update("Demo", scheduler_au=31)

    after = cli_with_key.inspect("Demo")
    assert before["configuration"] | {
        "description": "Nightly",
        "scheduler_au": 6,
        "scheduler_count": 2,
        "ci_cd_enforcement": True,
    } == after.pop("configuration")
    assert after.items() <= before.items()
    assert operations()[1:] == ["tokenIssued", *["updateDeployment"] * 5]


def test_the_executor_decides_about_queues(cli_with_key, demo):
    cli_with_key.queue_create("Demo", "heavy")
    cli_with_key.update("Demo", executor="KubernetesExecutor")
    assert cli_with_key.inspect("Demo")["worker_queues"] == []

    cli_with_key.update("Demo", executor="CeleryExecutor")

    assert [each["name"] for each in cli_with_key.inspect("Demo")["worker_queues"]] == ["default"]


def test_a_file_is_applied_whole_and_again_changes_nothing(cli_with_key, demo):
    cli_with_key.change_variables("Demo", {"PLAIN": "1", "GONE": "1"})
    cli_with_key.change_variables("Demo", {"TOKEN": "hidden"}, secret=True)
    cli_with_key.queue_create("Demo", "heavy", maxWorkerCount=3)
    cli_with_key.update("Demo", enforce_cicd=True)
    document = cli_with_key.inspect("Demo")
    document["configuration"] |= {"description": "From a file", "scheduler_au": 7}
    document["worker_queues"] = [
        {"name": "default", "worker_type": "small", "worker_concurrency": 4},
        {"name": "alpha", "worker_type": "large"},
        {"name": "heavy", "worker_type": "small", "min_worker_count": 1, "max_worker_count": 2},
    ]
    document["environment_variables"] = [
        {"is_secret": True, "key": "TOKEN", "value": ""},
        {"is_secret": False, "key": "PLAIN", "value": "2"},
    ]
    document["alert_emails"] = ["ops@example.com"]

    applied = cli_with_key.update_by_file(copy.deepcopy(document))

    assert applied["configuration"] == document["configuration"] | {"ci_cd_enforcement": True}
    assert [list(queue.values()) for queue in applied["worker_queues"]] == [
        ["default", 10, 0, 4, "small"],
        ["alpha", 5, 0, 16, "large"],
        ["heavy", 2, 1, 16, "small"],
    ]
    assert applied["environment_variables"] == document["environment_variables"][::-1]
    assert applied["alert_emails"] == ["ops@example.com"]
    assert read_value(EnvironmentVariable.objects.get(key="TOKEN")) == "hidden"
    told, changed = operations(), Deployment.objects.get().updated_at
    assert cli_with_key.update_by_file(copy.deepcopy(applied)) == applied
    assert operations() == told
    assert Deployment.objects.get().updated_at == changed


def test_variables_are_made_changed_and_never_shown_if_secret(cli_with_key, demo):
    assert cli_with_key.variables("Demo") == []

    cli_with_key.change_variables("Demo", {"FOO": "bar", "EMPTY": "1"})
    cli_with_key.change_variables("Demo", {"TOKEN": "hidden"}, secret=True)
    cli_with_key.change_variables("Demo", {"FOO": "skipped"}, updates=False)
    shown = cli_with_key.change_variables("Demo", {"FOO": "100 %"})

    values = [(each["key"], each["value"], each["isSecret"]) for each in shown]
    assert values == [("EMPTY", "1", False), ("FOO", "100 %", False), ("TOKEN", "", True)]
    assert shown == cli_with_key.variables("Demo")
    assert read_value(EnvironmentVariable.objects.get(key="TOKEN")) == "hidden"
    with pytest.raises(Failed, match=r"^A-B: Use letters, digits and underscores only"):
        cli_with_key.change_variables("Demo", {"A-B": "1"})
    with pytest.raises(Failed, match=r"^AIRFLOW__CORE__FERNET_KEY: "):
        cli_with_key.change_variables("Demo", {"AIRFLOW__CORE__FERNET_KEY": "1"})


def test_worker_queues_are_made_changed_and_deleted(cli_with_key, demo):
    cli_with_key.queue_create("Demo", "heavy", worker_type="large")
    cli_with_key.queue_create("Demo", "light", minWorkerCount=1, maxWorkerCount=3, workerConcurrency=4)
    cli_with_key.queue_update("Demo", "light", maxWorkerCount=4)
    cli_with_key.queue_delete("Demo", "heavy")

    assert cli_with_key.inspect("Demo")["worker_queues"] == [
        {
            "name": "default",
            "max_worker_count": 10,
            "min_worker_count": 0,
            "worker_concurrency": 16,
            "worker_type": "small",
        },
        {
            "name": "light",
            "max_worker_count": 4,
            "min_worker_count": 1,
            "worker_concurrency": 4,
            "worker_type": "small",
        },
    ]
    assert operations()[2:] == [
        "createWorkerQueue",
        "createWorkerQueue",
        "updateWorkerQueue",
        "deleteWorkerQueue",
    ]
    # What the client knows of all node pools together is less than what the server knows of each.
    with pytest.raises(
        Failed, match=r"^Worker queue heavy, maximum worker count: Enter a number from 1 to 5"
    ):
        cli_with_key.queue_create("Demo", "heavy", worker_type="large", maxWorkerCount=10)
    with pytest.raises(Failed, match=r"^Worker queue Heavy, name: Use lower-case letters"):
        cli_with_key.queue_create("Demo", "Heavy")


def test_what_a_key_cannot_says_why_and_what_to_do(cli_with_key, demo):
    workspace = demo.workspace_id
    cli_with_key.inspect("Demo")
    refused = {
        "create a Deployment": lambda: cli_with_key.create(
            "Other", cluster=demo.cluster_id, version=demo.runtime_id
        ),
        "delete a Deployment": lambda: cli_with_key.deployment_delete(demo.pk),
        "create a Workspace": lambda: cli_with_key.workspace_create("Other"),
        "change or delete a Workspace": lambda: cli_with_key.workspace_update(workspace, name="Other"),
        "list the users of a Workspace": cli_with_key.members,
        "list the people of the Organization": lambda: cli_with_key.member_add("ada@example.com"),
        "invite people": lambda: cli_with_key.invite("ada@example.com"),
    }

    for what, command in refused.items():
        with pytest.raises(Failed, match=OF_A_KEY.format(what)):
            command()

    with pytest.raises(Failed, match=OF_A_KEY.format("change or delete a Workspace")):
        cli_with_key.workspace_delete(workspace)
    assert Deployment.objects.count() == Workspace.objects.count() == 1


def test_logs_are_none_and_say_so(cli_with_key, demo):
    with pytest.raises(Failed, match=r"^Cloud UI reads the logs of Airflows that it runs itself"):
        cli_with_key.deployment_logs(demo.pk)


def test_an_editor_makes_and_deletes_a_deployment(cli, demo):
    as_editor = signed_in(cli, demo, Role.EDITOR)

    made = as_editor.create("Made", cluster=demo.cluster_id, version=demo.runtime_id)

    assert (made["label"], made["dagDeployEnabled"]) == ("Made", False)
    assert [queue["name"] for queue in made["workerQueues"]] == ["default"]
    with pytest.raises(Failed, match=r"^Name: A Deployment with this name already exists in this Workspace"):
        as_editor.create("made", cluster=demo.cluster_id, version=demo.runtime_id)
    as_editor.deployment_delete(made["id"])
    assert [each["label"] for each in as_editor.deployment_list()] == ["Demo"]
    assert not as_editor.update("Demo", enforce_cicd=True, name="Demo").get("isHighAvailability")
    assert not as_editor.update("Demo", enforce_cicd=False)["apiKeyOnlyDeployments"]


def test_a_deployment_of_kubernetes_survives_its_own_file(cli_with_key, demo):
    cli_with_key.update("Demo", executor=Executor.KUBERNETES.value)
    cli_with_key.update("Demo", enforce_cicd=True)

    document = cli_with_key.inspect("Demo")

    assert cli_with_key.update_by_file(copy.deepcopy(document)) == document
