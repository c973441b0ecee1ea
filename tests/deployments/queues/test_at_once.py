"""Two who make worker queues at the same moment: one of each name, and never more than there may be."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ValidationError
from django.db import connections

from deployments.models import Deployment, WorkerQueue
from deployments.queues import service as queues
from deployments.queues.service import MAX_QUEUES, QueueInput
from tests.factories import create_deployment, create_member, create_queue
from workspaces.models import Role
from workspaces.principals import principal_for

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(deployment, names):
    """What became of each attempt to make a queue of that name."""
    principal = principal_for(create_member(workspace=deployment.workspace, role=Role.EDITOR))
    barrier = threading.Barrier(len(names))

    def create(name):
        wanted = QueueInput(name, "small", min_workers=0, max_workers=5, concurrency=16)
        barrier.wait()
        try:
            queues.create_queue(principal, deployment, wanted)
        except ValidationError as error:
            return error.messages[0]
        else:
            return "made"
        finally:
            connections.close_all()

    with ThreadPoolExecutor() as pool:
        return sorted(pool.map(create, names))


def test_a_name_is_given_once():
    deployment = create_deployment()

    assert at_once(deployment, ["heavy", "heavy"]) == [
        "A worker queue with this name already exists in this Deployment.",
        "made",
    ]
    assert Deployment.objects.get().worker_queue_count == WorkerQueue.objects.count() == 2


def test_the_last_place_is_given_once():
    deployment = create_deployment()
    for letter in "abcdefgh":
        create_queue(deployment, name=letter)

    assert at_once(deployment, ["heavy", "light"]) == [
        "A Deployment can have at most 10 worker queues. Delete one first.",
        "made",
    ]
    assert Deployment.objects.get().worker_queue_count == WorkerQueue.objects.count() == MAX_QUEUES
