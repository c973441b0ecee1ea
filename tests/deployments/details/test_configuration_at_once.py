"""Several people change the same Deployment, or a Workspace, in the same moment: nothing is lost, nothing is torn."""

from functools import partial

import pytest
from django.core.exceptions import ValidationError
from django.http import Http404

from cloudui.web.versions import StaleEdit
from deployments.details.alert_emails import add_alert_email
from deployments.details.service import update_deployment
from deployments.models import Deployment, Executor, WorkerQueue
from deployments.queues.service import QueueInput, create_queue
from deployments.service import create_deployment as make_deployment
from tests.factories import create_cluster, create_deployment, create_owner, create_runtime, create_workspace
from tests.threats.at_once import at_once
from workspaces.models import AuditEvent, Workspace
from workspaces.principals import principal_for
from workspaces.service import WorkspaceNotEmpty, delete_workspace

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def principal():
    return principal_for(create_owner())


def outcome(act, *refusals):
    """Do it; the name of the refusal if it was refused."""

    def run():
        try:
            act()
        except refusals as refusal:
            return type(refusal).__name__
        return "done"

    return run


def test_of_two_that_take_one_name_one_wins(principal):
    workspace = create_workspace()
    several = [create_deployment(workspace=workspace, name=name) for name in ("One", "Two", "Three")]

    outcomes = at_once(
        [
            outcome(partial(update_deployment, principal, deployment, name="Live"), ValidationError)
            for deployment in several
        ]
    )

    assert sorted(outcomes) == ["ValidationError", "ValidationError", "done"]
    assert Deployment.objects.filter(name="Live").count() == 1
    assert AuditEvent.objects.count() == 1


def test_of_two_edits_of_one_version_one_wins(principal):
    deployment = create_deployment()

    outcomes = at_once(
        [
            outcome(
                partial(update_deployment, principal, deployment, version=1, scheduler_au=au),
                StaleEdit,
            )
            for au in (6, 7, 8)
        ]
    )

    assert sorted(outcomes) == ["StaleEdit", "StaleEdit", "done"]
    assert Deployment.objects.get().configuration_version == 2


def test_addresses_that_are_added_at_once_are_all_there(principal):
    deployment = create_deployment()
    addresses = [f"a{number}@example.com" for number in range(4)]

    at_once([partial(add_alert_email, principal, deployment, email) for email in addresses])

    assert sorted(Deployment.objects.get().alert_emails) == addresses


def test_a_queue_made_while_kubernetes_is_chosen_does_not_outlive_it(principal):
    deployment = create_deployment()
    wanted = QueueInput("heavy", "small", min_workers=0, max_workers=1, concurrency=1)

    at_once(
        [
            outcome(lambda: create_queue(principal, deployment, wanted), ValidationError),
            lambda: update_deployment(principal, deployment, executor=Executor.KUBERNETES),
        ]
    )

    assert not WorkerQueue.objects.exists()
    assert Deployment.objects.get().worker_queue_count == 0


def test_a_workspace_does_not_vanish_under_a_deployment(principal):
    workspace, cluster, runtime = create_workspace(), create_cluster(), create_runtime()

    made, deleted = at_once(
        [
            outcome(
                lambda: make_deployment(principal, workspace, name="New", cluster=cluster, runtime=runtime),
                Http404,
            ),
            outcome(lambda: delete_workspace(principal, workspace), WorkspaceNotEmpty),
        ]
    )

    assert (made, deleted) in {("done", "WorkspaceNotEmpty"), ("Http404", "done")}
    assert Deployment.objects.exists() == Workspace.objects.exists() == (made == "done")
