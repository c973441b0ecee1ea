"""Where there are no worker queues: the Kubernetes executor, and a Cluster without node pools."""

import pytest
from pytest_django.asserts import assertContains, assertNotContains

from deployments.models import Deployment, Executor, WorkerQueue
from tests.deployments.helpers import page, text, url
from tests.factories import create_deployment, create_node_pool

WANTED = {
    "name": "heavy-tasks",
    "worker_type": "large",
    "min_workers": "1",
    "max_workers": "5",
    "concurrency": "4",
}


def list_url(deployment):
    return url("deployments:queues", deployment)


def create_url(deployment):
    return url("deployments:queue_create", deployment)


class TestKubernetes:
    """No queues, and each address says why."""

    @pytest.fixture
    def deployment(self, workspace):
        return create_deployment(workspace=workspace, executor=Executor.KUBERNETES)

    def test_there_is_no_tab(self, as_editor, deployment):
        assertNotContains(as_editor.get(url("deployments:activity", deployment)), "Worker Queues")

    def test_the_address_explains(self, as_editor, deployment):
        response = as_editor.get(list_url(deployment))

        assert "uses the Kubernetes executor" in text(response)
        assert page(response).select("#queue-list .section__actions a") == []

    def test_nothing_can_be_made(self, as_editor, deployment):
        create_node_pool(deployment.cluster, worker_type="large")
        assertContains(as_editor.get(create_url(deployment)), "This Deployment has no worker queues.")

        response = as_editor.post(create_url(deployment), WANTED)

        assertContains(response, "Only the Celery executor has worker queues.", status_code=422)
        assert not WorkerQueue.objects.exists()


class TestNoNodePools:
    """A Cluster that offers no workers yet."""

    @pytest.fixture
    def deployment(self, workspace):
        deployment = create_deployment(workspace=workspace)
        deployment.worker_queues.all().delete()
        deployment.cluster.node_pools.all().delete()
        Deployment.objects.filter(pk=deployment.pk).update(worker_queue_count=0)
        return deployment

    def test_the_list_says_who_can_help(self, as_editor, deployment):
        assertContains(as_editor.get(list_url(deployment)), "operator adds node pools in the admin site")

    def test_so_does_the_form(self, as_editor, deployment):
        assertContains(as_editor.get(create_url(deployment)), "The cluster has no node pools.")
        response = as_editor.post(create_url(deployment), WANTED)
        assertContains(response, "The cluster has no node pools.", status_code=422)

    def test_the_first_queue_brings_the_default_with_it(self, as_editor, deployment):
        create_node_pool(deployment.cluster, worker_type="large", max_workers=5)

        as_editor.post(create_url(deployment), WANTED)

        assert [queue.name for queue in WorkerQueue.objects.of(deployment)] == ["default", "heavy-tasks"]
        assert Deployment.objects.get().worker_queue_count == 2
