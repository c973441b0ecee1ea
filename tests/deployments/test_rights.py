"""Who may do what by the services, which ask again whoever let the caller in, and what pages say to who may not."""

from dataclasses import replace

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from cloudui.web.principal import Kind, Principal
from deployments.details.alert_emails import add_alert_email, delete_alert_email, set_alert_emails
from deployments.details.service import update_deployment
from deployments.details.transfer import transfer_deployment
from deployments.models import Deployment
from deployments.queues.service import create_queue, delete_queue, replace_queues, update_queue
from deployments.service import create_deployment as make_deployment
from deployments.service import delete_deployment
from tests.deployments.details.pages import stored
from tests.deployments.helpers import HX, create_url, text, url
from tests.deployments.queues.facts import HEAVY, STANDARD
from tests.factories import create_deployment, create_member, create_workspace
from tests.house.tables import dump
from workspaces.models import Membership, Role
from workspaces.principals import principal_for

# What an Editor may and an API key of the Deployment too, and what it may not, given the queue `heavy-tasks`.
CHANGES = {
    "configuration": lambda who, queue: update_deployment(who, queue.deployment, name="Live"),
    "alert e-mails": lambda who, queue: set_alert_emails(who, queue.deployment, ["b@example.com"]),
    "alert e-mail": lambda who, queue: add_alert_email(who, queue.deployment, "a@example.com"),
    "no alert e-mail": lambda who, queue: delete_alert_email(who, queue.deployment, "team@example.com"),
    "new queue": lambda who, queue: create_queue(who, queue.deployment, replace(HEAVY, name="light")),
    "queue": lambda who, queue: update_queue(who, queue, replace(HEAVY, concurrency=9)),
    "no queue": delete_queue,
    "queues": lambda who, queue: replace_queues(who, queue.deployment, [STANDARD]),
}
IN_PERSON = {
    "delete": lambda who, queue: delete_deployment(who, queue.deployment),
    "transfer": lambda who, queue: transfer_deployment(who, queue.deployment, create_workspace()),
}
ALL = {**CHANGES, **IN_PERSON}


@pytest.fixture(autouse=True)
def _listed(heavy):
    Deployment.objects.update(alert_emails=["team@example.com"])


@pytest.fixture(params=ALL.values(), ids=list(ALL))
def act(request):
    return request.param


def key_of(deployment):
    return Principal(kind=Kind.API_KEY, id="k" * 32, name="CI", deployment=deployment.pk)


def refused(act, who, queue, refusal):
    """Whether nothing at all was written when it was refused."""
    before = dump(besides=("workspaces_workspace",))
    with pytest.raises(refusal):
        act(who, queue)
    return before == dump(besides=("workspaces_workspace",))


def test_a_member_may_not(act, workspace, heavy):
    assert refused(act, principal_for(create_member(workspace=workspace)), heavy, PermissionDenied)


def test_a_stranger_finds_nothing(act, heavy):
    stranger = principal_for(create_member(workspace=create_workspace(), role=Role.ADMIN))

    assert refused(act, stranger, heavy, Http404)


@pytest.mark.parametrize(("role", "refusal"), [(Role.MEMBER, PermissionDenied), (None, Http404)])
def test_a_right_lost_meanwhile_is_lost(act, editor, principal, heavy, role, refusal):
    membership = Membership.objects.get(user=editor)
    membership.delete()
    if role is not None:
        Membership.objects.create(user=editor, workspace=membership.workspace, role=role)

    assert refused(act, principal, heavy, refusal)


def test_a_key_of_another_deployment_finds_nothing(act, heavy):
    assert refused(act, key_of(create_deployment()), heavy, Http404)


@pytest.mark.parametrize("act", CHANGES.values(), ids=CHANGES)
def test_a_key_of_this_deployment_may_change_it(act, heavy, deployment):
    act(key_of(deployment), heavy)

    now = stored(deployment)
    assert (now.updated_by_kind, now.updated_by_name) == ("api_key", "CI")
    assert now.updated_at > deployment.updated_at


@pytest.mark.parametrize("verb", IN_PERSON)
def test_what_only_people_may_a_key_may_not(verb, heavy, deployment):
    with pytest.raises(PermissionDenied, match=f"An API key cannot {verb} a Deployment"):
        IN_PERSON[verb](key_of(deployment), heavy)


@pytest.mark.parametrize(("role", "refusal"), [(Role.MEMBER, PermissionDenied), (None, Http404)])
def test_making_a_deployment_is_for_editors_in_person(
    workspace, deployment, editor, principal, role, refusal
):
    choices = {"name": "Nightly", "cluster": deployment.cluster, "runtime": deployment.runtime}
    Membership.objects.filter(user=editor).delete()
    if role is not None:
        Membership.objects.create(user=editor, workspace=workspace, role=role)

    for who, why in ((principal, refusal), (key_of(deployment), Http404)):
        with pytest.raises(why):
            make_deployment(who, workspace, **choices)
    assert Deployment.objects.get() == deployment


@pytest.mark.parametrize("headers", [{}, HX], ids=["page", "htmx"])
@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("delete", "delete a Deployment"),
        ("transfer", "transfer a Deployment"),
        ("details/edit", "change a Deployment"),
        ("details/alert-emails", "change a Deployment"),
        ("worker-queues/new", "change a Deployment"),
        ("worker-queues/heavy-tasks/edit", "change a Deployment"),
        ("worker-queues/heavy-tasks/delete", "change a Deployment"),
        ("worker-queues/not-there/edit", "change a Deployment"),
        ("../new", "create a Deployment"),
    ],
)
def test_a_member_reads_why_not(as_member, workspace, deployment, path, what, headers):
    address = create_url(workspace) if path == "../new" else f"{url('deployments:open', deployment)}/{path}"

    for response in (as_member.get(address, headers=headers), as_member.post(address, headers=headers)):
        assert response.status_code == 403
        assert f"Only a Workspace Editor or Admin can {what}." in text(response)
