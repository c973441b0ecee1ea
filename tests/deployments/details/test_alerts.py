"""The alert e-mails of a Deployment: what is an address, and that no change of another person is lost."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404

from cloudui.web.principal import Kind, Principal
from deployments.details.alert_emails import add_alert_email, delete_alert_email, set_alert_emails
from deployments.models import Deployment
from tests.factories import create_deployment, create_member, create_workspace
from workspaces.models import AuditEvent, Role
from workspaces.principals import principal_for


def stored(deployment):
    return Deployment.objects.get(pk=deployment.pk).alert_emails


def errors(refused):
    return refused.value.message_dict["emails"]


def test_an_address_is_added_at_the_end_and_the_change_has_its_event(principal, deployment):
    add_alert_email(principal, deployment, "b@example.com")
    add_alert_email(principal, deployment, "  a@example.com ")

    assert stored(deployment) == ["b@example.com", "a@example.com"]
    event = AuditEvent.objects.order_by("-at", "-pk").first()
    assert (event.operation, event.workspace, event.deployment, event.target) == (
        "updateDeploymentAlerts",
        deployment.workspace_id,
        deployment.pk,
        deployment.pk,
    )
    assert event.input == {"added": ["a@example.com"], "deleted": []}


def test_the_deployment_was_updated_by_whoever_did_it(principal, deployment):
    add_alert_email(principal, deployment, "a@example.com")

    changed = Deployment.objects.get(pk=deployment.pk)
    assert (changed.updated_by_kind, changed.updated_by_name) == ("user", "Eda Editor")
    assert changed.updated_at > deployment.updated_at


def test_what_another_added_meanwhile_stays(principal, deployment):
    stale = Deployment.objects.get(pk=deployment.pk)
    add_alert_email(principal, deployment, "a@example.com")

    add_alert_email(principal, stale, "b@example.com")

    assert stored(deployment) == ["a@example.com", "b@example.com"]


@pytest.mark.parametrize(
    "email", ["", "team", "team@", "@example.com", "a b@example.com", "a@example.com, b@example.com", "a@b"]
)
def test_what_is_no_address_is_refused_with_an_example(principal, deployment, email):
    with pytest.raises(ValidationError) as refused:
        add_alert_email(principal, deployment, email)

    assert errors(refused) == ["Enter a valid e-mail address, such as team@example.com."]
    assert stored(deployment) == []
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize(
    "email", [f"{'x' * 60}@{'y' * 60}.{'z' * 60}.{'w' * 60}.{'v' * 60}.com", '"\u0007"@example.com']
)
def test_what_no_mail_server_takes_is_refused(principal, deployment, email):
    with pytest.raises(ValidationError):
        add_alert_email(principal, deployment, email)
    with pytest.raises(ValidationError):
        set_alert_emails(principal, deployment, [email])


def test_the_same_address_in_another_case_is_refused(principal, deployment):
    add_alert_email(principal, deployment, "Team@example.com")

    with pytest.raises(ValidationError) as refused:
        add_alert_email(principal, deployment, "team@EXAMPLE.com")

    assert errors(refused) == ["This address is in the list already."]
    assert stored(deployment) == ["Team@example.com"]


def test_there_are_at_most_fifty(principal, deployment):
    set_alert_emails(principal, deployment, [f"a{number}@example.com" for number in range(50)])

    with pytest.raises(ValidationError) as refused:
        add_alert_email(principal, deployment, "one-more@example.com")

    assert errors(refused) == ["A Deployment has at most 50 alert e-mails. Delete one first."]
    with pytest.raises(ValidationError):
        set_alert_emails(principal, deployment, [f"b{number}@example.com" for number in range(51)])
    assert len(stored(deployment)) == 50


def test_an_address_is_deleted_whatever_its_case(principal, deployment):
    set_alert_emails(principal, deployment, ["Team@example.com", "b@example.com"])

    delete_alert_email(principal, deployment, "team@example.com")

    assert stored(deployment) == ["b@example.com"]
    assert AuditEvent.objects.order_by("-at", "-pk").first().input == {
        "added": [],
        "deleted": ["Team@example.com"],
    }


def test_one_that_is_gone_is_no_change(principal, deployment):
    delete_alert_email(principal, deployment, "a@example.com")

    assert not AuditEvent.objects.exists()


def test_the_whole_list_is_replaced_in_its_order(principal, deployment):
    set_alert_emails(principal, deployment, ["a@example.com", "b@example.com"])
    set_alert_emails(principal, deployment, ["c@example.com ", "a@example.com"])

    assert stored(deployment) == ["c@example.com", "a@example.com"]
    assert AuditEvent.objects.order_by("-at", "-pk").first().input == {
        "added": ["c@example.com"],
        "deleted": ["b@example.com"],
    }


@pytest.mark.parametrize(
    ("emails", "error"),
    [
        (
            ["a@example.com", "nonsense"],
            "nonsense: Enter a valid e-mail address, such as team@example.com.",
        ),
        (["a@example.com", "A@example.com"], "A@example.com: This address is in the list already."),
        (
            ["a@example.com", " "],
            "Empty address: Enter a valid e-mail address, such as team@example.com.",
        ),
    ],
)
def test_of_several_the_wrong_one_is_named(principal, deployment, emails, error):
    with pytest.raises(ValidationError) as refused:
        set_alert_emails(principal, deployment, emails)

    assert errors(refused) == [error]
    assert stored(deployment) == []


def test_its_own_key_may_and_another_deployments_may_not(deployment):
    own = Principal(kind=Kind.API_KEY, id="k" * 32, name="CI", deployment=deployment.pk)
    foreign = Principal(kind=Kind.API_KEY, id="f" * 32, name="CI", deployment=create_deployment().pk)

    add_alert_email(own, deployment, "a@example.com")
    with pytest.raises(Http404):
        add_alert_email(foreign, deployment, "b@example.com")

    changed = Deployment.objects.get(pk=deployment.pk)
    assert (changed.alert_emails, changed.updated_by_kind) == (["a@example.com"], "api_key")


def test_a_member_may_not_and_an_outsider_finds_nothing(deployment, workspace):
    member = principal_for(create_member(workspace=workspace, role=Role.MEMBER))
    outsider = principal_for(create_member(workspace=create_workspace(), role=Role.ADMIN))

    with pytest.raises(PermissionDenied):
        add_alert_email(member, deployment, "a@example.com")
    with pytest.raises(Http404):
        add_alert_email(outsider, deployment, "a@example.com")
    assert stored(deployment) == []
