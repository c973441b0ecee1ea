"""Switching the executor on Edit Details: what it deletes is said before, and asked once more."""

import pytest

from deployments.models import Deployment, Executor, WorkerQueue
from tests.deployments.details.pages import edit_url, sent, stored
from tests.deployments.helpers import HX, one, text
from workspaces.models import AuditEvent


@pytest.fixture
def two_queues(deployment):
    pool = deployment.cluster.node_pools.get(is_default=True)
    WorkerQueue.objects.create(deployment=deployment, name="heavy", node_pool=pool)


@pytest.mark.usefixtures("two_queues")
def test_the_form_says_beforehand_which_queues_kubernetes_deletes(as_editor, deployment):
    shown = text(as_editor.get(edit_url(deployment)))

    assert "Switching to Kubernetes deletes the worker queues default, heavy." in shown
    assert "Delete these worker queues" not in shown


@pytest.mark.usefixtures("two_queues")
@pytest.mark.parametrize("headers", [{}, HX])
def test_kubernetes_is_asked_about_once_more_and_what_was_typed_stays(as_editor, deployment, headers):
    data = sent(as_editor, deployment, executor=Executor.KUBERNETES, name="Live")

    response = as_editor.post(edit_url(deployment), data, headers=headers)

    assert response.status_code == 422
    assert "Updating deletes default , heavy ." in text(response)
    assert one(response, "input[name=name]")["value"] == "Live"
    assert one(response, "option[selected][value=KubernetesExecutor]")
    assert not one(response, "input[name=confirm]").has_attr("checked")
    assert (stored(deployment).name, WorkerQueue.objects.count()) == ("Production", 2)


@pytest.mark.usefixtures("two_queues")
def test_once_confirmed_the_queues_go(as_editor, deployment):
    data = sent(
        as_editor, deployment, executor=Executor.KUBERNETES, named_queues="default,heavy,gone", confirm="on"
    )

    as_editor.post(edit_url(deployment), data)

    assert (stored(deployment).executor, stored(deployment).worker_queue_count) == ("KubernetesExecutor", 0)
    assert AuditEvent.objects.get().input["deletedQueues"] == ["default", "heavy"]


@pytest.mark.usefixtures("two_queues")
@pytest.mark.parametrize(
    "answer",
    [
        {"named_queues": "default,heavy"},
        {"confirm": "on"},
        {"named_queues": "default", "confirm": "on"},
    ],
)
def test_only_what_was_named_and_agreed_to_is_deleted(as_editor, deployment, answer):
    data = sent(as_editor, deployment, executor=Executor.KUBERNETES, **answer)

    response = as_editor.post(edit_url(deployment), data)

    assert response.status_code == 422
    assert one(response, "input[name=named_queues]")["value"] == "default,heavy"
    assert not one(response, "input[name=confirm]").has_attr("checked")
    assert WorkerQueue.objects.count() == 2


def test_celery_says_that_it_makes_a_queue_and_makes_it(as_editor, deployment):
    WorkerQueue.objects.all().delete()
    Deployment.objects.update(executor=Executor.KUBERNETES, worker_queue_count=0)
    assert "Switching to Celery makes a worker queue named default." in text(
        as_editor.get(edit_url(deployment))
    )

    as_editor.post(edit_url(deployment), sent(as_editor, deployment, executor=Executor.CELERY))

    assert [(queue.name, queue.is_default) for queue in WorkerQueue.objects.all()] == [("default", True)]
    assert stored(deployment).worker_queue_count == 1
