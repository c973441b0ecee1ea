"""What the `astro` client changes of a Deployment: what keeps, what replaces, and what is refused whole."""

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from apikeys.astro.changes import (
    ChangeRefused,
    DeploymentChange,
    QueueChange,
    executor_named,
    update_deployment,
)
from cloudui.web.principal import Kind, Principal
from deployments.access import deployment_to_view
from deployments.details import service as details
from deployments.details.alert_emails import set_alert_emails
from deployments.models import EnvironmentVariable, Executor
from deployments.queues.service import QueueInput, list_queues, replace_queues
from deployments.variables.service import VariableInput, read_value, save_variables
from tests.factories import create_deployment as make_deployment
from tests.factories import create_member, create_workspace
from tests.house.tables import dump
from workspaces.models import AuditEvent, Role
from workspaces.principals import principal_for

pytestmark = pytest.mark.django_db

SECRET = "kept-and-never-shown"


@pytest.fixture
def filled(deployment, as_caller):
    """A Deployment with something of everything."""
    save_variables(
        as_caller, deployment, [VariableInput("FOO", "bar"), VariableInput("TOKEN", SECRET, is_secret=True)]
    )
    replace_queues(
        as_caller,
        deployment,
        [QueueInput("default", "small", 1, 5, 8), QueueInput("heavy", "small", 0, 2, 4)],
    )
    set_alert_emails(as_caller, deployment, ["ops@example.com"])
    details.update_deployment(as_caller, deployment, ci_cd_enforced=True, scheduler_au=10)
    return deployment_to_view(as_caller, None, deployment.pk)


@pytest.fixture
def key(deployment):
    return Principal(kind=Kind.API_KEY, id="k" * 32, name="CI", deployment=deployment.pk)


def current(deployment, **changes):
    """The change that the client of today sends to change nothing, and what differs from it."""
    return DeploymentChange(
        **{
            "name": deployment.name,
            "description": deployment.description,
            "executor": deployment.executor,
            "scheduler_au": deployment.scheduler_au,
            "scheduler_replicas": deployment.scheduler_replicas,
            "ci_cd_enforced": deployment.ci_cd_enforced,
            "dag_deploys_enabled": deployment.dag_deploys_enabled,
            "variables": [VariableInput("FOO", "bar"), VariableInput("TOKEN", "", is_secret=True)],
            "queues": [
                QueueChange(
                    id=queue.pk,
                    name=queue.name,
                    node_pool=queue.node_pool_id,
                    min_workers=queue.min_workers,
                    max_workers=queue.max_workers,
                    concurrency=queue.concurrency,
                )
                for queue in list_queues(deployment)
            ],
            **changes,
        }
    )


def operations():
    return list(AuditEvent.objects.order_by("pk").values_list("operation", flat=True))


def values(deployment):
    return {row.key: read_value(row) for row in EnvironmentVariable.objects.of(deployment)}


def queues(deployment):
    return [str(QueueInput.of(queue)) for queue in list_queues(deployment)]


def test_what_is_sent_back_as_it_was_changes_nothing(filled, key):
    before, events = dump(), len(operations())

    update_deployment(key, filled, current(filled))

    assert dump() == before
    assert len(operations()) == events


def test_everything_is_changed_at_once_with_one_event_a_subject(filled, key):
    events = len(operations())

    now = update_deployment(
        key,
        filled,
        current(
            filled,
            name="New",
            description="Loads",
            scheduler_replicas=2,
            queues=[QueueChange(name="default", max_workers=7), QueueChange(name="light")],
            variables=[VariableInput("TOKEN", "", is_secret=True), VariableInput("MORE", "1")],
            alert_emails=["a@example.com"],
        ),
    )

    assert (now.name, now.description, now.scheduler_replicas, now.scheduler_au) == ("New", "Loads", 2, 10)
    assert (now.ci_cd_enforced, now.alert_emails) == (True, ["a@example.com"])
    # A number that is not sent is the default of a queue, and a worker type that is not sent stays.
    assert queues(now) == ["small, 0 to 7 workers, 16 tasks each", "small, 0 to 10 workers, 16 tasks each"]
    assert values(now) == {"TOKEN": SECRET, "MORE": "1"}
    assert sorted(operations()[events:]) == [
        "createWorkerQueue",
        "deleteWorkerQueue",
        "updateDeployment",
        "updateDeploymentAlerts",
        "updateDeploymentVariables",
        "updateWorkerQueue",
    ]


@pytest.mark.parametrize(
    ("changes", "stays"),
    [
        ({"scheduler_au": 0, "scheduler_replicas": 0}, ("scheduler_au", "scheduler_replicas")),
        ({"queues": []}, ("worker_queue_count",)),
        ({"queues": None, "variables": None}, ("worker_queue_count", "variable_count")),
        ({"alert_emails": None}, ("alert_emails",)),
        ({"name": None, "description": None, "executor": None}, ("name", "description", "executor")),
        ({"ci_cd_enforced": False, "is_file": True}, ("ci_cd_enforced",)),
    ],
)
def test_what_keeps(filled, key, changes, stays):
    now = update_deployment(key, filled, current(filled, **changes))

    assert [getattr(now, field) for field in stays] == [getattr(filled, field) for field in stays]


def test_a_file_without_variables_and_emails_deletes_them_all_and_the_log_names_each(filled, key):
    now = update_deployment(key, filled, current(filled, variables=[], alert_emails=[], is_file=True))

    assert (values(now), now.alert_emails, now.ci_cd_enforced) == ({}, [], True)
    told = AuditEvent.objects.filter(operation="updateDeploymentVariables").latest("pk").input["variables"]
    assert [(each["key"], each["change"]) for each in told] == [("FOO", "deleted"), ("TOKEN", "deleted")]


def test_a_key_never_turns_enforcement_off_and_a_person_may_but_by_a_file(filled, key, as_caller):
    with pytest.raises(PermissionDenied, match="An API key cannot turn off CI/CD Enforcement"):
        update_deployment(key, filled, current(filled, ci_cd_enforced=False))

    kept = update_deployment(as_caller, filled, current(filled, ci_cd_enforced=False, is_file=True))
    assert kept.ci_cd_enforced
    assert not update_deployment(as_caller, filled, current(filled, ci_cd_enforced=False)).ci_cd_enforced


def test_kubernetes_drops_the_queues_and_celery_makes_the_default_one(filled, key):
    default = [QueueChange(name="default")]

    now = update_deployment(key, filled, current(filled, executor=Executor.KUBERNETES, queues=default))
    assert (now.executor, queues(now)) == ("KubernetesExecutor", [])

    now = update_deployment(key, now, current(now, executor=Executor.CELERY, queues=None))
    assert queues(now) == ["small, 0 to 10 workers, 16 tasks each"]


REFUSED = {
    "a name that another one has": ({"name": "Taken"}, "Name: A Deployment with this name already exists"),
    "a number outside its limits": ({"scheduler_au": 31}, "Scheduler AU: Ensure this value is less than or"),
    "a queue with too many workers": (
        {"queues": [QueueChange(name="default", max_workers=11)]},
        "Worker queue default, maximum worker count: Enter a number from 1 to 10.",
    ),
    "queues without the default": ({"queues": [QueueChange(name="q")]}, "The default queue cannot be deleted."),
    "an unknown queue": ({"queues": [QueueChange(id="c1", name="default")]}, "has none with the ID c1"),
    "an unknown node pool": (
        {"queues": [QueueChange(name="default", node_pool="c1")]},
        "has no node pool with the ID c1. Its worker types are small.",
    ),
    "queues of Kubernetes": (
        {"executor": Executor.KUBERNETES, "queues": [QueueChange(name="default"), QueueChange(name="q")]},
        "The Kubernetes executor has no worker queues.",
    ),
    "a reserved variable": ({"variables": [VariableInput("PATH", "x")]}, "PATH: "),
    "a new secret without a value": ({"variables": [VariableInput("NEW", "", is_secret=True)]}, "NEW: Enter a value."),
    "no e-mail address": ({"alert_emails": ["nobody"]}, "nobody: Enter a valid e-mail address"),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_changes_nothing(filled, key, changes, sentence):
    make_deployment(workspace=filled.workspace, name="Taken")
    before = dump()

    with pytest.raises(ChangeRefused) as refused:
        update_deployment(key, filled, current(filled, **{"description": "Other", **changes}))

    assert sentence in str(refused.value)
    assert dump() == before


def test_the_name_of_a_queue_stays_its_own(filled, key):
    heavy = list_queues(filled)[1]
    renamed = [QueueChange(name="default"), QueueChange(id=heavy.pk, name="light")]

    with pytest.raises(ChangeRefused, match="its ID is that of the queue heavy"):
        update_deployment(key, filled, current(filled, queues=renamed))


def test_who_may_change_it(filled, key):
    member = principal_for(create_member(workspace=filled.workspace))
    stranger = principal_for(create_member(workspace=create_workspace(), role=Role.ADMIN))

    with pytest.raises(PermissionDenied):
        update_deployment(member, filled, DeploymentChange(name="New"))
    with pytest.raises(Http404):
        update_deployment(stranger, filled, DeploymentChange(name="New"))
    with pytest.raises(Http404):
        update_deployment(key, make_deployment(workspace=filled.workspace), DeploymentChange(name="New"))


def test_names_of_executors():
    for name in ("CELERY", "CeleryExecutor", "celeryexecutor"):
        assert executor_named(name) == "CeleryExecutor"
    assert executor_named("KUBERNETES") == executor_named("KubernetesExecutor") == "KubernetesExecutor"
    for name in ("", "ASTRO"):
        with pytest.raises(ChangeRefused, match="no other executor"):
            executor_named(name)
