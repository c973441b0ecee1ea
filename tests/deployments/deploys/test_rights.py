"""Who deploys: decided before the first byte, and again at the activation."""

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from deployments import service as lifecycle
from deployments.deploys import retention as deploy_keeping
from deployments.deploys import service as deploys
from deployments.deploys.store.bundles import Bundle
from deployments.models import Deployment
from tests.deployments.deploys.archives import files
from tests.deployments.deploys.deploying import Meanwhile, agree, history, key_of, read_by_airflow, send
from tests.factories import create_deployment, create_member, create_user
from workspaces.models import Membership, OrganizationRole, Role, User
from workspaces.principals import principal_for

pytestmark = pytest.mark.usefixtures("root")


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
        deploys.roll_back(by, deployment, earlier)
    deploys.roll_back(key_of(deployment), deployment, earlier)
    assert read_by_airflow(deployment) == "1"


def test_nobody_deploys_while_dag_deploys_are_disabled(deployment):
    Deployment.objects.update(dag_deploys_enabled=False)
    with pytest.raises(PermissionDenied, match="DAG deploys are disabled"):
        send(key_of(deployment), deployment)


@pytest.mark.parametrize(
    "happens",
    [
        lambda: Deployment.objects.update(ci_cd_enforced=True),
        lambda: Deployment.objects.update(dag_deploys_enabled=False),
        lambda: Membership.objects.update(role=Role.MEMBER),
        lambda: Membership.objects.all().delete(),
    ],
    ids=["enforcement on", "deploys off", "demoted", "removed"],
)
def test_a_right_that_ends_during_the_upload_ends_the_deploy(by, deployment, happens):
    with pytest.raises((PermissionDenied, Http404)):
        deploys.receive(by, deployment, Meanwhile(files(), happens))

    assert history(deployment) == [("FAILED", deploys.NO_RIGHT)]
    assert Bundle(deployment.release_name).versions == {}
    agree(deployment)


@pytest.mark.parametrize(
    "change",
    [{"organization_role": OrganizationRole.MEMBER}, {"is_active": False}],
    ids=["demoted", "disabled"],
)
def test_an_owner_who_is_one_no_longer_at_the_end_of_the_upload_deploys_nothing(deployment, change):
    owner = create_user(organization_role=OrganizationRole.OWNER)
    archive = Meanwhile(files(), lambda: User.objects.filter(pk=owner.pk).update(**change))

    with pytest.raises((PermissionDenied, Http404)):
        deploys.receive(principal_for(owner), deployment, archive)

    assert history(deployment) == [("FAILED", deploys.NO_RIGHT)]
    agree(deployment)


def test_credentials_that_end_during_the_upload_end_the_deploy(deployment):
    class Ended(Exception):
        pass

    def confirm() -> None:
        raise Ended

    with pytest.raises(Ended):
        send(key_of(deployment), deployment, confirm=confirm)
    assert history(deployment) == [("FAILED", deploys.NO_RIGHT)]
    agree(deployment)


def test_a_call_that_met_itself_says_so_in_the_history(deployment):
    def confirm() -> None:
        raise deploys.DeployInProgress

    with pytest.raises(deploys.DeployInProgress):
        send(key_of(deployment), deployment, confirm=confirm)
    assert history(deployment) == [("FAILED", deploys.REPEATED)]


def test_a_transfer_during_the_upload_moves_the_question_of_rights(by, deployment):
    other = create_deployment().workspace

    def transfer() -> None:
        Membership.objects.create(workspace=other, user_id=by.id, role=Role.EDITOR)
        Deployment.objects.filter(pk=deployment.pk).update(workspace=other)

    deploys.receive(by, deployment, Meanwhile(files(), transfer))
    agree(deployment)


@pytest.mark.django_db(transaction=True)
def test_a_deployment_deleted_during_the_upload_takes_it_along(by, deployment, root):
    with pytest.raises(Http404):
        deploys.receive(
            by, deployment, Meanwhile(files(), lambda: lifecycle.delete_deployment(by, deployment))
        )
    deploy_keeping.tidy_up()
    assert not (root / deployment.release_name).exists()
