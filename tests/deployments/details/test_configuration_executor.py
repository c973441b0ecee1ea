"""Switching the executor: Kubernetes has no worker queues, Celery always has one named `default`."""

import pytest
from django.core.exceptions import ValidationError

from deployments.details.service import QueuesWouldBeDeleted, queue_names, update_deployment
from deployments.models import Deployment, Executor, WorkerQueue
from tests.factories import create_deployment
from workspaces.models import AuditEvent


@pytest.fixture
def pool(deployment):
    return deployment.cluster.node_pools.get(is_default=True)


@pytest.fixture
def queues(deployment, pool):
    for name in ("heavy", "default"):
        WorkerQueue.objects.get_or_create(
            deployment=deployment,
            name=name,
            defaults={"is_default": name == "default", "node_pool": pool},
        )
    Deployment.objects.filter(pk=deployment.pk).update(worker_queue_count=2)


@pytest.fixture
def on_kubernetes(deployment):
    WorkerQueue.objects.all().delete()
    Deployment.objects.filter(pk=deployment.pk).update(executor=Executor.KUBERNETES, worker_queue_count=0)


@pytest.mark.usefixtures("queues")
def test_kubernetes_deletes_the_queues_of_this_deployment_and_the_log_names_them(principal, deployment, pool):
    other = create_deployment(workspace=deployment.workspace, cluster=deployment.cluster)
    WorkerQueue.objects.get_or_create(
        deployment=other, name="default", defaults={"is_default": True, "node_pool": pool}
    )
    assert queue_names(deployment) == ["default", "heavy"]

    changed = update_deployment(principal, deployment, executor=Executor.KUBERNETES)

    assert [queue.deployment for queue in WorkerQueue.objects.all()] == [other]
    assert changed.worker_queue_count == Deployment.objects.get(pk=deployment.pk).worker_queue_count == 0
    assert AuditEvent.objects.get().input == {
        "executor": "KubernetesExecutor",
        "before": {"executor": "CeleryExecutor"},
        "version": 2,
        "deletedQueues": ["default", "heavy"],
    }


@pytest.mark.usefixtures("queues")
def test_a_queue_that_was_not_agreed_to_is_not_deleted(principal, deployment):
    with pytest.raises(QueuesWouldBeDeleted) as refused:
        update_deployment(
            principal, deployment, executor=Executor.KUBERNETES, may_delete_queues=["default"], name="Live"
        )

    assert refused.value.names == ["default", "heavy"]
    assert WorkerQueue.objects.count() == 2
    assert Deployment.objects.get(pk=deployment.pk).name == "Production"


@pytest.mark.usefixtures("on_kubernetes")
def test_celery_needs_a_worker_type(principal, deployment, pool):
    pool.delete()

    with pytest.raises(ValidationError) as refused:
        update_deployment(principal, deployment, executor=Executor.CELERY)

    assert set(refused.value.message_dict) == {"executor"}
    assert Deployment.objects.get(pk=deployment.pk).executor == Executor.KUBERNETES


@pytest.mark.usefixtures("queues")
def test_another_change_leaves_the_queues_alone(principal, deployment):
    update_deployment(principal, deployment, name="Live", executor=Executor.CELERY, may_delete_queues=[])

    assert WorkerQueue.objects.count() == 2
