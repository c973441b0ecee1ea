"""The services of worker queues: limits, rights, events, counters; the whole batch or nothing."""

from dataclasses import replace

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404

from cloudui.web.versions import StaleEdit
from deployments.models import Deployment, Executor, NodePool, WorkerQueue
from deployments.queues import service
from deployments.queues.service import MAX_QUEUES, QueueInput
from tests.deployments.details.pages import stored
from tests.deployments.queues.facts import HEAVY, STANDARD, events, names, refused
from tests.factories import create_deployment
from workspaces.models import AuditEvent


def test_a_created_queue_is_what_was_wanted(deployment, heavy, principal):
    row = WorkerQueue.objects.get(name="heavy-tasks")

    assert QueueInput.of(row) == HEAVY
    assert not row.is_default
    assert names(deployment) == ["default", "heavy-tasks"]
    assert events(deployment) == [
        (
            "createWorkerQueue",
            {
                "name": "heavy-tasks",
                "workerType": "large",
                "minWorkers": 1,
                "maxWorkers": 5,
                "concurrency": 4,
            },
        )
    ]
    assert AuditEvent.objects.get().target == row.pk
    now = stored(deployment)
    assert (now.worker_queue_count, now.updated_by_name) == (2, "Eda Editor")
    assert now.updated_at > deployment.updated_at


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "Enter a name."),
        ("name", "Heavy", "Use lower-case letters, with hyphens between them."),
        ("name", "heavy2", "Use lower-case letters, with hyphens between them."),
        ("name", "heavy_tasks", "Use lower-case letters, with hyphens between them."),
        ("name", "-heavy", "Use lower-case letters, with hyphens between them."),
        ("name", "heavy-", "Use lower-case letters, with hyphens between them."),
        ("name", "heavy\n", "Use lower-case letters, with hyphens between them."),
        ("name", "größe", "Use lower-case letters, with hyphens between them."),
        ("name", "nul\0", "Use lower-case letters, with hyphens between them."),
        ("name", "x" * 64, "Use at most 63 characters; this has 64."),
        ("name", "default", "A worker queue with this name already exists in this Deployment."),
        ("worker_type", "huge", "Select one of the Cluster's worker types: small, large."),
        ("worker_type", "", "Select one of the Cluster's worker types: small, large."),
        ("min_workers", -1, "Enter a number from 0 to 5."),
        ("min_workers", 11, "Enter a number from 0 to 5."),
        ("max_workers", 0, "Enter a number from 1 to 5. The most for large is 5."),
        ("max_workers", 6, "Enter a number from 1 to 5. The most for large is 5."),
        ("max_workers", 10**30, "Enter a number from 1 to 5. The most for large is 5."),
        ("concurrency", 0, "Enter a number from 1 to 64."),
        ("concurrency", 65, "Enter a number from 1 to 64."),
        ("min_workers", 4, "Enter at most 3, which is the maximum of this queue."),
    ],
)
def test_what_is_outside_the_limits_is_refused_on_its_field(
    principal, deployment, large, field, value, sentence
):
    data = replace(HEAVY, max_workers=3) if (field, value) == ("min_workers", 4) else HEAVY

    with pytest.raises(ValidationError) as error:
        service.create_queue(principal, deployment, replace(data, **{field: value}))

    assert refused(error, field) == [sentence]
    assert names(deployment) == ["default"]
    assert events(deployment) == []


@pytest.mark.parametrize("name", ["a", "a-b", "a--b", "x" * 63])
def test_names_of_letters_and_hyphens_are_taken(principal, deployment, large, name):
    assert service.create_queue(principal, deployment, replace(HEAVY, name=name)).name == name


def test_the_same_name_may_stand_in_another_deployment(principal, workspace, heavy, deployment):
    other = create_deployment(workspace=workspace, cluster=deployment.cluster)

    service.create_queue(principal, other, HEAVY)

    assert names(other) == ["default", "heavy-tasks"]


def test_there_are_at_most_ten(principal, deployment, large):
    for letter in "abcdefghi":
        service.create_queue(principal, deployment, replace(HEAVY, name=letter))

    with pytest.raises(ValidationError) as error:
        service.create_queue(principal, deployment, HEAVY)

    assert error.value.messages == [
        "A Deployment can have at most 10 worker queues. Delete one first.",
    ]
    assert stored(deployment).worker_queue_count == MAX_QUEUES


def test_kubernetes_has_no_queues(principal, deployment, large):
    Deployment.objects.filter(pk=deployment.pk).update(executor=Executor.KUBERNETES)

    for change in (
        lambda: service.create_queue(principal, deployment, HEAVY),
        lambda: service.replace_queues(principal, deployment, [STANDARD]),
    ):
        with pytest.raises(ValidationError) as error:
            change()
        assert error.value.messages == [
            "Only the Celery executor has worker queues. Change the executor in Details first."
        ]


def test_a_cluster_without_node_pools_says_who_can_help(principal, deployment):
    WorkerQueue.objects.all().delete()
    deployment.cluster.node_pools.all().delete()

    with pytest.raises(ValidationError) as error:
        service.create_queue(principal, deployment, HEAVY)

    assert refused(error, "worker_type") == [
        "The Cluster has no node pools. An operator has to add one first."
    ]


def test_a_node_pool_without_workers_is_not_offered(principal, deployment, large):
    NodePool.objects.filter(pk=large.pk).update(max_workers=0)

    assert list(service.node_pools(deployment.cluster)) == ["small"]
    with pytest.raises(ValidationError):
        service.create_queue(principal, deployment, HEAVY)


def test_a_limit_lowered_meanwhile_counts(principal, deployment, large):
    NodePool.objects.filter(pk=large.pk).update(max_workers=4)

    with pytest.raises(ValidationError) as error:
        service.create_queue(principal, deployment, HEAVY)

    assert "max_workers" in error.value.message_dict


def test_everything_but_the_name_can_be_changed(principal, deployment, heavy):
    data = replace(HEAVY, worker_type="small", min_workers=0, max_workers=8, concurrency=64)

    service.update_queue(principal, heavy, data)

    assert QueueInput.of(WorkerQueue.objects.get(pk=heavy.pk)) == data
    operation, given = events(deployment)[-1]
    assert operation == "updateWorkerQueue"
    assert (given["maxWorkers"], given["before"]["maxWorkers"]) == (8, 5)

    with pytest.raises(ValidationError) as error:
        service.update_queue(principal, heavy, replace(data, name="light"))
    assert refused(error, "name") == [
        "The name of a worker queue cannot be changed. Create another queue instead."
    ]


def test_changing_nothing_is_no_event(principal, deployment, heavy):
    service.update_queue(principal, heavy, HEAVY)

    assert [operation for operation, _ in events(deployment)] == ["createWorkerQueue"]


def test_an_edit_of_something_older_is_refused(principal, deployment, heavy):
    seen = heavy.version
    service.update_queue(principal, heavy, replace(HEAVY, concurrency=5), version=seen)

    with pytest.raises(StaleEdit) as error:
        service.update_queue(principal, heavy, replace(HEAVY, concurrency=6), version=seen)

    assert error.value.current.concurrency == 5


def test_deleting_one(principal, deployment, heavy):
    service.delete_queue(principal, heavy)

    assert names(deployment) == ["default"]
    assert events(deployment)[-1] == ("deleteWorkerQueue", {"name": "heavy-tasks"})
    assert stored(deployment).worker_queue_count == 1
    with pytest.raises(Http404):
        service.delete_queue(principal, heavy)


def test_the_default_queue_stays(principal, deployment):
    (default,) = service.list_queues(deployment)

    with pytest.raises(ValidationError, match="cannot be deleted"):
        service.delete_queue(principal, default)

    assert names(deployment) == ["default"]


def test_another_queue_of_the_same_name_is_not_the_one_that_was_shown(principal, deployment, heavy):
    service.delete_queue(principal, WorkerQueue.objects.select_related("deployment").get(pk=heavy.pk))
    service.create_queue(principal, deployment, HEAVY)

    with pytest.raises(Http404):
        service.delete_queue(principal, heavy)
    assert names(deployment) == ["default", "heavy-tasks"]


def test_the_default_queue_is_made_once(deployment):
    WorkerQueue.objects.all().delete()

    with transaction.atomic():
        first = service.ensure_default_queue(deployment)
        again = service.ensure_default_queue(deployment)

    assert first == again
    assert QueueInput.of(first) == STANDARD
    assert stored(deployment).worker_queue_count == 1


def test_dropping_says_which_there_were(deployment, heavy):
    with transaction.atomic():
        assert service.drop_queues(deployment) == ["default", "heavy-tasks"]

    assert names(deployment) == []
    assert stored(deployment).worker_queue_count == 0
