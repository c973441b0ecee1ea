"""Replacing all worker queues at once, and the right to change them, asked for again by each service."""

from dataclasses import replace

import pytest
from django.core.exceptions import ValidationError

from deployments.models import NodePool
from deployments.queues import service
from deployments.queues.service import QueueInput
from tests.deployments.details.pages import stored
from tests.deployments.queues.facts import HEAVY, STANDARD, events, names, refused


def test_replacing_makes_exactly_these(principal, deployment, heavy):
    light = replace(HEAVY, name="light")

    service.replace_queues(principal, deployment, [replace(STANDARD, concurrency=8), light])

    assert [QueueInput.of(queue) for queue in service.list_queues(deployment)] == [
        replace(STANDARD, concurrency=8),
        light,
    ]
    assert [operation for operation, _ in events(deployment)][1:] == [
        "deleteWorkerQueue",
        "updateWorkerQueue",
        "createWorkerQueue",
    ]
    assert stored(deployment).worker_queue_count == 2


def test_replacing_with_the_same_changes_nothing(principal, deployment, heavy):
    before = (events(deployment), stored(deployment).updated_at)

    service.replace_queues(principal, deployment, [STANDARD, HEAVY])

    assert (events(deployment), stored(deployment).updated_at) == before


def test_what_stays_as_it_is_may_exceed_a_limit_lowered_since(principal, deployment, heavy, large):
    NodePool.objects.filter(pk=large.pk).update(max_workers=2)

    service.replace_queues(principal, deployment, [replace(STANDARD, concurrency=8), HEAVY])

    assert names(deployment) == ["default", "heavy-tasks"]


@pytest.mark.parametrize(
    ("data", "field", "sentence"),
    [
        ([], "__all__", "The default queue cannot be deleted. List a queue named default."),
        ([HEAVY], "__all__", "The default queue cannot be deleted. List a queue named default."),
        ([STANDARD, HEAVY, HEAVY], "2.name", "This name stands here twice. Use each name once."),
        ([STANDARD, replace(HEAVY, concurrency=65)], "1.concurrency", "Enter a number from 1 to 64."),
        (
            [STANDARD, *(replace(HEAVY, name=letter) for letter in "abcdefghij")],
            "__all__",
            "A Deployment can have at most 10 worker queues; these are 11.",
        ),
    ],
)
def test_a_set_with_an_error_changes_nothing(principal, deployment, large, data, field, sentence):
    with pytest.raises(ValidationError) as error:
        service.replace_queues(principal, deployment, data)

    assert refused(error, field) == [sentence]
    assert names(deployment) == ["default"]
    assert events(deployment) == []
