"""The state of a Deployment, by which a file notices that somebody else was faster."""

from dataclasses import replace

import pytest

from deployments.details.alert_emails import add_alert_email
from deployments.details.service import update_deployment
from deployments.models import Executor
from deployments.queues.service import create_queue, delete_queue, update_queue
from deployments.versions import state_of
from tests.deployments.details.pages import stored
from tests.deployments.queues.facts import HEAVY


@pytest.mark.parametrize(
    "change",
    [
        lambda who, queue, _: update_deployment(who, queue.deployment, description="New"),
        lambda who, queue, _: update_deployment(who, queue.deployment, executor=Executor.KUBERNETES),
        lambda who, queue, _: add_alert_email(who, queue.deployment, "a@example.com"),
        lambda who, queue, _: create_queue(who, queue.deployment, replace(HEAVY, name="light")),
        lambda who, queue, _: update_queue(who, queue, replace(HEAVY, concurrency=9)),
        lambda who, queue, _: delete_queue(who, queue),
        lambda _who, _queue, save: save(),
    ],
    ids=["configuration", "executor", "alert e-mail", "new queue", "queue", "no queue", "variables"],
)
@pytest.mark.usefixtures("some_variables")
def test_it_differs_after_each_change(principal, deployment, heavy, save, change):
    before = state_of(stored(deployment))

    change(principal, heavy, save)

    assert state_of(stored(deployment)) != before


def test_it_is_the_same_where_nothing_differs(principal, deployment, heavy):
    before = state_of(stored(deployment))

    update_deployment(principal, deployment, name=deployment.name)
    update_queue(principal, heavy, HEAVY)

    assert state_of(stored(deployment)) == before
