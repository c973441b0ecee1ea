"""The queue `default`: there from the creation on, and given to the Deployments that were made before queues."""

from importlib import import_module

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection

from deployments import service
from deployments.models import Deployment, Executor, WorkerQueue
from deployments.queues.service import QueueInput
from tests.factories import create_cluster, create_deployment, create_node_pool, create_runtime

MIGRATION = import_module("deployments.migrations.0004_default_queues")


@pytest.fixture
def places(db):
    return {"cluster": create_cluster(), "runtime": create_runtime()}


def migrate():
    with connection.schema_editor() as editor:
        MIGRATION.add_default_queues(apps, editor)


def test_a_new_celery_deployment_has_one(principal, workspace, places):
    create_node_pool(places["cluster"], worker_type="a-large-one", max_workers=3)

    made = service.create_deployment(principal, workspace, name="Nightly", **places)

    assert QueueInput.of(WorkerQueue.objects.get(deployment=made)) == QueueInput(
        name="default", worker_type="small", min_workers=0, max_workers=10, concurrency=16
    )
    assert Deployment.objects.get().worker_queue_count == made.worker_queue_count == 1


def test_a_new_kubernetes_deployment_has_none(principal, workspace, places):
    service.create_deployment(principal, workspace, name="Nightly", executor=Executor.KUBERNETES, **places)

    assert not WorkerQueue.objects.exists()
    assert Deployment.objects.get().worker_queue_count == 0


def test_celery_needs_workers(principal, workspace, places):
    places["cluster"].node_pools.all().delete()

    with pytest.raises(ValidationError) as error:
        service.create_deployment(principal, workspace, name="Nightly", **places)

    assert "has no node pools" in error.value.message_dict["cluster"][0]
    assert not Deployment.objects.exists()
    service.create_deployment(principal, workspace, name="Nightly", executor=Executor.KUBERNETES, **places)


@pytest.mark.django_db(transaction=True)
def test_the_migration_gives_one_to_each_that_has_none():
    cluster, narrow, empty = create_cluster(), create_cluster(), create_cluster()
    create_node_pool(cluster, worker_type="another")
    narrow.node_pools.update(max_workers=3, is_default=False)
    create_node_pool(narrow, worker_type="wider", max_workers=9)
    empty.node_pools.update(max_workers=0)
    with_one = create_deployment(cluster=cluster, name="with")
    without = create_deployment(cluster=cluster, name="without")
    narrower = create_deployment(cluster=narrow, name="narrower")
    kubernetes = create_deployment(cluster=cluster, executor=Executor.KUBERNETES)
    helpless = create_deployment(cluster=empty, executor=Executor.KUBERNETES)
    Deployment.objects.filter(pk=helpless.pk).update(executor=Executor.CELERY)
    WorkerQueue.objects.exclude(deployment=with_one).delete()
    Deployment.objects.exclude(pk=with_one.pk).update(worker_queue_count=0)
    times = dict(Deployment.objects.values_list("pk", "updated_at"))

    migrate()
    migrate()

    described = {
        queue.deployment_id: (queue.name, queue.is_default, queue.node_pool.worker_type, queue.max_workers)
        for queue in WorkerQueue.objects.select_related("node_pool")
    }
    assert described == {
        with_one.pk: ("default", True, "small", 10),
        without.pk: ("default", True, "small", 10),
        narrower.pk: ("default", True, "small", 3),
    }
    assert WorkerQueue.objects.count() == 3
    counts = dict(Deployment.objects.values_list("pk", "worker_queue_count"))
    assert counts == {with_one.pk: 1, without.pk: 1, narrower.pk: 1, kubernetes.pk: 0, helpless.pk: 0}
    assert dict(Deployment.objects.values_list("pk", "updated_at")) == times
