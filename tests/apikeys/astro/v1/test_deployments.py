"""Changing Deployments as the client of today does: everything is sent back, and what differs is the change."""

import pytest

from deployments.models import Deployment, EnvironmentVariable
from deployments.variables.service import read_value
from tests.apikeys.astro.v1.calls import (
    NEVER_EXISTED,
    SECRET,
    at,
    new_deployment,
    of,
    of_person,
    read,
    refusal,
    sent_back,
)
from tests.deployments.deploys.programs import of_role
from tests.factories import create_deployment, create_node_pool, create_owner, create_workspace
from tests.house.tables import dump
from workspaces.models import AuditEvent, Role

pytestmark = pytest.mark.django_db


def values(deployment):
    return {row.key: read_value(row) for row in EnvironmentVariable.objects.of(deployment)}


def events():
    return list(AuditEvent.objects.order_by("pk").values_list("operation", flat=True))


def change(program, deployment, **changes):
    return read(program.post(of(deployment), sent_back(read(program.get(of(deployment))), **changes)))


def test_what_was_read_can_be_sent_back_and_nothing_happens(key, filled):
    before, said = dump(), events()

    shown = change(key, filled)

    assert shown == read(key.get(of(filled)))
    assert (events(), values(filled)["TOKEN"]) == (said, SECRET)
    assert {table: rows for table, rows in dump().items() if table.startswith("deployments_")} == {
        table: rows for table, rows in before.items() if table.startswith("deployments_")
    }


def test_a_flag_changes_one_thing(key, filled):
    said = len(events())

    shown = change(key, filled, name="New")

    assert (shown["name"], shown["isDagDeployEnabled"], shown["contactEmails"]) == (
        "New",
        True,
        ["ops@example.com"],
    )
    assert values(filled) == {"FOO": "bar", "TOKEN": SECRET}
    assert events()[said:] == ["updateDeployment"]


def test_variables_replace_each_other_and_a_secret_without_a_value_stays(key, filled):
    shown = change(
        key,
        filled,
        environmentVariables=[
            {"key": "TOKEN", "isSecret": True},
            {"key": "A", "value": "1=2", "isSecret": False},
        ],
    )

    assert [each["key"] for each in shown["environmentVariables"]] == ["A", "TOKEN"]
    assert values(filled) == {"A": "1=2", "TOKEN": SECRET}


def test_a_queue_is_added_without_an_identifier_and_kept_by_an_empty_one(key, filled):
    create_node_pool(filled.cluster, worker_type="large", max_workers=3)
    pools = {pool.worker_type: pool.pk for pool in filled.cluster.node_pools.all()}
    shown = read(key.get(of(filled)))
    default, heavy = sent_back(shown)["workerQueues"]
    added = {"name": "light", "isDefault": False, "nodePoolId": pools["large"], "maxWorkerCount": 0}

    after = change(key, filled, workerQueues=[{**default, "id": ""}, {**heavy, "maxWorkerCount": 3}, added])

    assert [
        (each["name"], each["id"], each["maxWorkerCount"], each["nodePoolId"])
        for each in after["workerQueues"]
    ] == [
        ("default", default["id"], 5, pools["small"]),
        ("heavy", heavy["id"], 3, pools["small"]),
        # Nobody chose, so that it is what the node pool has.
        ("light", after["workerQueues"][2]["id"], 3, pools["large"]),
    ]


def test_there_and_back_between_the_executors(key, filled):
    shown = read(key.get(of(filled)))
    pool = shown["workerQueues"][0]["nodePoolId"]
    body = sent_back(shown, executor="KUBERNETES", taskPodNodePoolId=pool)
    del body["workerQueues"]

    kubernetes = read(key.post(of(filled), body))
    celery = change(key, filled, executor="CELERY")

    assert (kubernetes["executor"], kubernetes["workerQueues"]) == ("KUBERNETES", [])
    assert [each["name"] for each in celery["workerQueues"]] == ["default"]


def test_a_file_says_none_by_null_and_by_nothing(key, filled):
    """The client sends the addresses of a file as null when it has none, and 0 for numbers that it does not name."""
    Deployment.objects.update(ci_cd_enforced=True)

    shown = change(
        key,
        filled,
        contactEmails=None,
        environmentVariables=[],
        isCicdEnforced=False,
        scheduler={"au": 0, "replicas": 0},
    )

    assert (shown["contactEmails"], shown["environmentVariables"]) == ([], [])
    assert (shown["isCicdEnforced"], shown["schedulerAu"]) == (True, filled.scheduler_au)


def test_a_person_turns_enforcement_off_by_a_flag_and_a_key_does_not(key, filled):
    Deployment.objects.update(ci_cd_enforced=True)
    editor = of_role(filled, Role.EDITOR)

    shown = sent_back(read(key.get(of(filled))), isCicdEnforced=False)

    assert "cannot turn off CI/CD Enforcement" in refusal(key.post(of(filled), shown), 403)
    assert change(editor, filled, isCicdEnforced=False)["isCicdEnforced"] is False


REFUSED = {
    "a name without letters": ({"name": "  "}, 400, "Enter a name."),
    "another type": ({"type": "STANDARD"}, 400, "of the type HYBRID"),
    "another executor": ({"executor": "ASTRO"}, 400, "CeleryExecutor and KubernetesExecutor"),
    "no executor": ({"executor": ""}, 400, "CeleryExecutor and KubernetesExecutor"),
    "another Workspace": ({"workspaceId": NEVER_EXISTED}, 400, "Transfer Deployment"),
    "another worker type for tasks": ({"taskPodNodePoolId": NEVER_EXISTED}, 400, "worker type small"),
    "an unknown queue": ({"workerQueues": [{"id": NEVER_EXISTED, "name": "default"}]}, 400, NEVER_EXISTED),
    "a reserved variable": (
        {"environmentVariables": [{"key": "PATH", "value": "x", "isSecret": False}]},
        400,
        "PATH is reserved",
    ),
    "a text for a number": ({"scheduler": {"au": "5"}}, 422, "scheduler.au: "),
    "a number below nothing": ({"scheduler": {"au": -1}}, 422, "scheduler.au: "),
    "a number beyond all": ({"workerQueues": [{"name": "default", "maxWorkerCount": 10**9}]}, 422, "maxWorkerCount"),
    "a null character": ({"name": "a\0b"}, 400, "null character"),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "status", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_changes_nothing_and_says_why(key, filled, changes, status, sentence):
    body = sent_back(read(key.get(of(filled))), description="Other", **changes)
    before = Deployment.objects.values().get(pk=filled.pk)

    assert sentence in refusal(key.post(of(filled), body), status)

    assert Deployment.objects.values().get(pk=filled.pk) == before


def test_a_value_that_is_refused_is_not_said(key, filled):
    body = sent_back(read(key.get(of(filled))))
    body["environmentVariables"] = [{"key": "S", "value": ["never-to-be-said"], "isSecret": True}]

    assert "never-to-be-said" not in refusal(key.post(of(filled), body), 422)


def test_an_editor_makes_one_and_deletes_it(filled):
    editor = of_role(filled, Role.EDITOR)

    made = read(editor.post(at("deployments"), new_deployment(filled, scheduler={"au": 10})))

    assert (made["name"], made["schedulerAu"], made["isDagDeployEnabled"]) == ("Made", 10, False)
    assert (made["workspaceId"], made["clusterId"]) == (filled.workspace_id, filled.cluster_id)
    assert [each["name"] for each in made["workerQueues"]] == ["default"]
    assert read(editor.delete(at("deployments", made["id"]))) == {}
    assert refusal(editor.get(at("deployments", made["id"])), 404)


@pytest.mark.parametrize(
    ("changes", "status", "sentence"),
    [
        ({"clusterId": NEVER_EXISTED}, 400, "There is no Cluster"),
        ({"clusterId": None}, 400, "There is no Cluster"),
        ({"astroRuntimeVersion": "0.0.1"}, 400, "There is no Astro Runtime 0.0.1"),
        ({"type": "DEDICATED"}, 400, "of the type HYBRID"),
        ({"workspaceId": NEVER_EXISTED}, 404, "no such Workspace"),
        ({"name": None}, 422, "name: "),
    ],
)
def test_what_cannot_be_made(filled, changes, status, sentence):
    editor = of_role(filled, Role.EDITOR)

    assert sentence in refusal(editor.post(at("deployments"), new_deployment(filled, **changes)), status)
    assert Deployment.objects.count() == 1


def test_who_may_do_what(filled, key):
    """Each role, a stranger and a key; what a key may not says what to do instead."""
    stranger = of_role(create_deployment(workspace=create_workspace()), Role.ADMIN)
    callers = {
        "key": key,
        "member": of_role(filled, Role.MEMBER),
        "editor": of_role(filled, Role.EDITOR),
        "admin": of_role(filled, Role.ADMIN),
        "owner": of_person(create_owner()),
        "stranger": stranger,
    }
    body = sent_back(read(key.get(of(filled))))

    def statuses(ask):
        return {name: ask(program).status_code for name, program in callers.items()}

    assert statuses(lambda program: program.get(of(filled))) == {
        "key": 200, "member": 200, "editor": 200, "admin": 200, "owner": 200, "stranger": 404,
    }  # fmt: skip
    assert statuses(lambda program: program.post(of(filled), body)) == {
        "key": 200, "member": 403, "editor": 200, "admin": 200, "owner": 200, "stranger": 404,
    }  # fmt: skip
    assert statuses(lambda program: program.post(at("deployments"), new_deployment(filled, name="  "))) == {
        "key": 403, "member": 403, "editor": 400, "admin": 400, "owner": 400, "stranger": 404,
    }  # fmt: skip
    for name in ("key", "member", "stranger"):
        assert callers[name].delete(of(filled)).status_code == (404 if name == "stranger" else 403)
    for ask in (lambda: key.delete(of(filled)), lambda: key.post(at("deployments"), new_deployment(filled))):
        assert "Use the console, or sign in with astro login" in refusal(ask(), 403)
    assert callers["editor"].delete(of(filled)).status_code == 200


def test_a_key_changes_no_other_deployment(filled, key):
    body = sent_back(read(key.get(of(filled))), name="Taken over")
    for other in (create_deployment(workspace=filled.workspace), create_deployment()):
        assert "its own Deployment only" in refusal(key.post(of(other), body), 404)
        assert Deployment.objects.get(pk=other.pk).name == other.name
