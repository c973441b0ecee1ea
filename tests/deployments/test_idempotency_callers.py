"""An Idempotency-Key belongs to one caller: two of a kind may choose the same, and neither gets the other's answer."""

import pytest

from deployments.models import Deploy, WorkerQueue
from tests.deployments.deploys.archives import files
from tests.deployments.deploys.programs import at, fields_of, of_key, of_role
from workspaces.models import Role

pytestmark = pytest.mark.django_db

QUEUE = {"name": "heavy", "worker_type": "small", "max_workers": 5}
OTHER = {**QUEUE, "name": "other"}
KINDS = pytest.mark.parametrize(
    "another",
    [of_key, lambda deployment: of_role(deployment, Role.EDITOR)],
    ids=["two keys", "two people"],
)


@KINDS
def test_a_call_of_another_of_its_kind_is_another_call(deployment, another):
    queues = at(deployment, "worker-queues")
    first, second = another(deployment), another(deployment)

    answers = [first.post(queues, QUEUE, key="one"), second.post(queues, OTHER, key="one")]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert "Idempotency-Replayed" not in answers[1].headers
    # The very same call of somebody else is made as well, and meets what the first one made.
    assert fields_of(second.post(queues, QUEUE, key="two")).keys() == {"name"}
    assert WorkerQueue.objects.filter(name="heavy").count() == 1


@KINDS
def test_so_is_the_same_deploy(deployment, another, settings, tmp_path):
    settings.DAGS_ROOT = tmp_path
    deploys = at(deployment, "deploys")

    answers = [
        another(deployment).post(deploys, files(), kind="application/x-tar", key="one") for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert len({answer.json()["id"] for answer in answers}) == Deploy.objects.count() == 2
