"""Who deploys: decided before the first byte, and again at the activation."""

from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from apikeys.models import ApiKey
from cloudui.web.models import IdempotentCall
from deployments.deploys import retention, service
from deployments.deploys.store.bundles import Bundle
from deployments.models import Deploy, Deployment
from deployments.service import delete_deployment
from tests.deployments.deploys.archives import files
from tests.deployments.deploys.deploying import Meanwhile, agree, history, key_of, read_by_airflow, send
from tests.deployments.deploys.programs import at, of_key, refusal_of
from tests.factories import create_deployment, create_member, create_user
from workspaces.models import Membership, OrganizationRole, Role, User
from workspaces.principals import principal_for

pytestmark = pytest.mark.usefixtures("root")


@pytest.fixture
def an_owner(db):
    return principal_for(create_user(organization_role=OrganizationRole.OWNER))


def test_a_key_deploys_to_its_own_deployment_only(deployment):
    send(key_of(deployment), deployment)
    with pytest.raises(Http404):
        send(key_of(deployment), create_deployment())


def test_members_and_strangers_do_not_deploy(workspace, deployment):
    with pytest.raises(PermissionDenied, match="Editor"):
        send(principal_for(create_member(workspace=workspace)), deployment)
    with pytest.raises(Http404):
        send(principal_for(create_member(workspace=create_deployment().workspace)), deployment)
    assert history(deployment) == []


def test_enforcement_leaves_deploys_to_keys(by, deployment):
    earlier = send(by, deployment)
    send(by, deployment, "2")
    Deployment.objects.update(ci_cd_enforced=True)
    with pytest.raises(PermissionDenied, match="only accepts deploys made with an API key"):
        send(by, deployment)
    with pytest.raises(PermissionDenied):
        service.roll_back(by, deployment, earlier)
    service.roll_back(key_of(deployment), deployment, earlier)
    assert read_by_airflow(deployment) == "1"


def test_nobody_deploys_while_dag_deploys_are_disabled(deployment):
    Deployment.objects.update(dag_deploys_enabled=False)
    with pytest.raises(PermissionDenied, match="DAG deploys are disabled"):
        send(key_of(deployment), deployment)


def owner_is(**change) -> Callable[[], object]:
    return lambda: User.objects.filter(organization_role=OrganizationRole.OWNER).update(**change)


@pytest.mark.parametrize(
    ("of", "happens"),
    [
        ("by", lambda: Deployment.objects.update(ci_cd_enforced=True)),
        ("by", lambda: Deployment.objects.update(dag_deploys_enabled=False)),
        ("by", lambda: Membership.objects.update(role=Role.MEMBER)),
        ("by", lambda: Membership.objects.all().delete()),
        ("an_owner", owner_is(organization_role=OrganizationRole.MEMBER)),
        ("an_owner", owner_is(is_active=False)),
    ],
    ids=["enforcement on", "deploys off", "demoted", "removed", "Owner no longer", "Owner disabled"],
)
def test_a_right_that_ends_during_the_upload_ends_the_deploy(request, deployment, of, happens):
    with pytest.raises((PermissionDenied, Http404)):
        service.receive(request.getfixturevalue(of), deployment, Meanwhile(files(), happens))

    assert history(deployment) == [("FAILED", service.NO_RIGHT)]
    assert Bundle(deployment.release_name).versions == {}
    agree(deployment)


@pytest.mark.parametrize("key", ["", "one"], ids=["once", "idempotent"])
def test_a_token_that_ends_during_the_upload_ends_the_deploy(deployment, monkeypatch, key):
    receive = Bundle.receive

    def meanwhile(*args, **kwargs):
        ApiKey.objects.update(is_enabled=False)
        return receive(*args, **kwargs)

    monkeypatch.setattr(Bundle, "receive", meanwhile)

    answer = of_key(deployment).post(at(deployment, "deploys"), files(), kind="application/x-tar", key=key)

    assert refusal_of(answer) == (401, "invalid_token")
    assert history(deployment) == [("FAILED", service.NO_RIGHT)]
    assert not IdempotentCall.objects.exists()
    agree(deployment)


def test_what_does_not_confirm_a_deploy_says_why_in_the_history(deployment):
    seen = []

    def confirm(deploy: Deploy) -> None:
        seen.append((deploy.pk, Bundle(deployment.release_name).current))
        raise service.NotConfirmed("Because.")

    with pytest.raises(service.NotConfirmed):
        send(key_of(deployment), deployment, confirm=confirm)
    assert seen == [(Deploy.objects.get().pk, "")]
    assert history(deployment) == [("FAILED", "Because.")]
    agree(deployment)


def test_a_transfer_during_the_upload_moves_the_question_of_rights(by, deployment):
    other = create_deployment().workspace

    def transfer() -> None:
        Membership.objects.create(workspace=other, user_id=by.id, role=Role.EDITOR)
        Deployment.objects.filter(pk=deployment.pk).update(workspace=other)

    service.receive(by, deployment, Meanwhile(files(), transfer))
    agree(deployment)


@pytest.mark.django_db(transaction=True)
def test_a_deployment_deleted_during_the_upload_takes_it_along(by, deployment, root):
    with pytest.raises(Http404):
        service.receive(by, deployment, Meanwhile(files(), lambda: delete_deployment(by, deployment)))
    retention.tidy_up()
    assert not (root / deployment.release_name).exists()
