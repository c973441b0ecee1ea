"""Several people change the same Deployment, or a Workspace, in the same moment: nothing is lost, nothing is torn."""

from functools import partial

import pytest
from django.core.exceptions import ValidationError
from django.http import Http404

from apikeys.keys import create_key
from apikeys.models import ApiKey
from cloudui.web.versions import StaleEdit
from deployments.details.alert_emails import add_alert_email
from deployments.details.service import update_deployment
from deployments.details.transfer import transfer_deployment
from deployments.models import Deployment, Executor, WorkerQueue
from deployments.queues.service import MAX_QUEUES, QueueInput, create_queue
from deployments.service import create_deployment as make_deployment
from deployments.service import delete_deployment
from tests.factories import (
    create_cluster,
    create_deployment,
    create_owner,
    create_runtime,
    create_workspace,
)
from tests.factories import (
    create_queue as add_queue,
)
from tests.threats.at_once import at_once
from workspaces.models import AuditEvent, Workspace
from workspaces.principals import principal_for
from workspaces.service import WorkspaceNotEmpty, delete_workspace

pytestmark = pytest.mark.django_db(transaction=True)

TAKEN = "A Deployment with this name already exists in this Workspace."
QUEUE_TAKEN = "A worker queue with this name already exists in this Deployment."
TOO_MANY_QUEUES = "A Deployment can have at most 10 worker queues. Delete one first."


@pytest.fixture
def principal():
    return principal_for(create_owner())


def outcomes(*acts):
    """What became of each when all were done at once: `done`, or the sentence or the name of its refusal."""

    def run(act):
        try:
            act()
        except ValidationError as error:
            return error.messages[0]
        except (Http404, StaleEdit, WorkspaceNotEmpty) as error:
            return type(error).__name__
        return "done"

    return at_once([partial(run, act) for act in acts])


def test_of_many_creations_with_one_name_one_wins(principal):
    workspace, cluster, runtime = create_workspace(), create_cluster(), create_runtime()
    make = partial(make_deployment, principal, workspace, cluster=cluster, runtime=runtime)
    names = ["Nightly", "NIGHTLY", "nightly", "Nightly", "nIghtly", "Nightly"]

    found = outcomes(*(partial(make, name=name) for name in names))

    assert sorted(found) == [*[TAKEN] * 5, "done"]
    assert Deployment.objects.count() == 1
    assert AuditEvent.objects.filter(operation="createDeployment").count() == 1


def test_of_several_that_take_one_name_one_wins(principal):
    workspace = create_workspace()
    several = [create_deployment(workspace=workspace, name=name) for name in ("One", "Two", "Three")]

    found = outcomes(*(partial(update_deployment, principal, one, name="Live") for one in several))

    assert sorted(found) == [TAKEN, TAKEN, "done"]
    assert Deployment.objects.filter(name="Live").count() == 1
    assert AuditEvent.objects.count() == 1


def test_of_several_edits_of_one_version_one_wins(principal):
    deployment = create_deployment()

    found = outcomes(
        *(partial(update_deployment, principal, deployment, version=1, scheduler_au=au) for au in (6, 7, 8))
    )

    assert sorted(found) == ["StaleEdit", "StaleEdit", "done"]
    assert Deployment.objects.get().configuration_version == 2


def test_alert_emails_that_are_added_at_once_are_all_there(principal):
    deployment = create_deployment()
    emails = [f"a{number}@example.com" for number in range(4)]

    outcomes(*(partial(add_alert_email, principal, deployment, email) for email in emails))

    assert sorted(Deployment.objects.get().alert_emails) == emails


@pytest.mark.parametrize(
    ("before", "names", "refusal"),
    [([], ["heavy", "heavy"], QUEUE_TAKEN), ("abcdefgh", ["heavy", "light"], TOO_MANY_QUEUES)],
    ids=["one name", "the last place"],
)
def test_of_two_queues_for_which_there_is_no_room_one_is_made(principal, before, names, refusal):
    deployment = create_deployment()
    for name in before:
        add_queue(deployment, name=name)

    found = outcomes(
        *(partial(create_queue, principal, deployment, QueueInput(name, "small", 0, 5, 16)) for name in names)
    )

    assert sorted(found) == [refusal, "done"]
    assert Deployment.objects.get().worker_queue_count == WorkerQueue.objects.count() == len(before) + 2
    assert WorkerQueue.objects.count() <= MAX_QUEUES


def test_a_queue_made_while_kubernetes_is_chosen_does_not_outlive_it(principal):
    deployment = create_deployment()

    outcomes(
        lambda: create_queue(principal, deployment, QueueInput("heavy", "small", 0, 1, 1)),
        lambda: update_deployment(principal, deployment, executor=Executor.KUBERNETES),
    )

    assert not WorkerQueue.objects.exists()
    assert Deployment.objects.get().worker_queue_count == 0


def test_a_key_made_while_the_deployment_is_deleted_does_not_outlive_it(principal):
    deployment = create_deployment()

    found = outcomes(
        lambda: create_key(principal, deployment, name="CI", description="", nonce="0" * 32),
        lambda: delete_deployment(principal, deployment),
        lambda: create_key(principal, deployment, name="CD", description="", nonce="1" * 32),
    )

    assert found[1] == "done"
    assert {found[0], found[2]} <= {"done", "Http404"}
    assert not Deployment.objects.exists()
    assert not ApiKey.objects.exists()


def test_of_two_deletions_one_deletes(principal):
    deployment = create_deployment()

    assert sorted(outcomes(*[lambda: delete_deployment(principal, deployment)] * 2)) == ["Http404", "done"]
    assert AuditEvent.objects.filter(operation="deleteDeployment").count() == 1


def test_a_workspace_does_not_vanish_under_a_deployment(principal):
    workspace, cluster, runtime = create_workspace(), create_cluster(), create_runtime()

    made, deleted = outcomes(
        lambda: make_deployment(principal, workspace, name="New", cluster=cluster, runtime=runtime),
        lambda: delete_workspace(principal, workspace),
    )

    assert (made, deleted) in {("done", "WorkspaceNotEmpty"), ("Http404", "done")}
    assert Deployment.objects.exists() == Workspace.objects.exists() == (made == "done")


def test_two_who_swap_deployments_do_not_wait_for_each_other_for_ever(principal):
    one, two = create_deployment(name="One"), create_deployment(name="Two")

    found = outcomes(
        lambda: transfer_deployment(principal, one, two.workspace),
        lambda: transfer_deployment(principal, two, one.workspace),
    )

    assert found == ["done", "done"]
    now = dict(Deployment.objects.values_list("name", "workspace"))
    assert now == {"One": two.workspace_id, "Two": one.workspace_id}
