"""The alert e-mails of a Deployment: what is an e-mail address, and that no change of another person is lost."""

import pytest
from django.core.exceptions import ValidationError

from deployments.details.alert_emails import add_alert_email, delete_alert_email, set_alert_emails
from deployments.models import Deployment
from workspaces.models import AuditEvent

NO_EMAIL = "Enter a valid e-mail address, such as team@example.com."
LISTED = "This address is in the list already."
TOO_LONG = "Use at most 254 characters."
LONG = f"{'x' * 60}@{'y' * 60}.{'z' * 60}.{'w' * 60}.{'v' * 60}.com"
TEAM = ["Team@example.com", "b@example.com"]


@pytest.fixture
def listed(deployment):
    Deployment.objects.filter(pk=deployment.pk).update(alert_emails=TEAM)


def stored(deployment):
    return Deployment.objects.get(pk=deployment.pk).alert_emails


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize(
    ("change", "argument", "after", "added", "deleted"),
    [
        (add_alert_email, "  a@example.com ", [*TEAM, "a@example.com"], ["a@example.com"], []),
        (delete_alert_email, "team@example.com", ["b@example.com"], [], ["Team@example.com"]),
        (
            set_alert_emails,
            ["c@example.com ", "Team@example.com"],
            ["c@example.com", "Team@example.com"],
            ["c@example.com"],
            ["b@example.com"],
        ),
        (set_alert_emails, TEAM[::-1], TEAM[::-1], [], []),
    ],
)
def test_a_change_keeps_the_order_and_has_its_event(
    principal, deployment, change, argument, after, added, deleted
):
    change(principal, deployment, argument)

    assert stored(deployment) == after
    event = AuditEvent.objects.get()
    assert (event.operation, event.workspace, event.deployment, event.target) == (
        "updateDeploymentAlerts",
        deployment.workspace_id,
        deployment.pk,
        deployment.pk,
    )
    assert event.input == {"added": added, "deleted": deleted}


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize(
    ("change", "argument"), [(delete_alert_email, "gone@example.com"), (set_alert_emails, TEAM)]
)
def test_where_nothing_differs_nothing_is_written(principal, deployment, change, argument):
    change(principal, deployment, argument)

    assert not AuditEvent.objects.exists()


def test_what_another_added_meanwhile_stays(principal, deployment):
    stale = Deployment.objects.get(pk=deployment.pk)
    add_alert_email(principal, deployment, "a@example.com")

    add_alert_email(principal, stale, "b@example.com")

    assert stored(deployment) == ["a@example.com", "b@example.com"]


def test_an_edit_of_the_configuration_stays_fresh(principal, deployment):
    add_alert_email(principal, deployment, "a@example.com")

    version = Deployment.objects.get(pk=deployment.pk).configuration_version
    assert version == deployment.configuration_version


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize(
    ("email", "error"),
    [
        ("", NO_EMAIL),
        ("team", NO_EMAIL),
        ("team@", NO_EMAIL),
        ("@example.com", NO_EMAIL),
        ("a b@example.com", NO_EMAIL),
        ("a@example.com, b@example.com", NO_EMAIL),
        ("a@b", NO_EMAIL),
        (LONG, TOO_LONG),
        ('"\u0007"@example.com', "Remove the invisible character U+0007."),
        ("team@EXAMPLE.com", LISTED),
    ],
)
def test_what_is_wrong_is_refused_with_the_reason(principal, deployment, email, error):
    with pytest.raises(ValidationError) as alone:
        add_alert_email(principal, deployment, email)
    with pytest.raises(ValidationError) as among_others:
        set_alert_emails(principal, deployment, [*TEAM, email])

    assert alone.value.message_dict == {"emails": [error]}
    # Among several, the wrong one is named.
    assert among_others.value.message_dict == {"emails": [f"{email or 'Empty address'}: {error}"]}
    assert stored(deployment) == TEAM
    assert not AuditEvent.objects.exists()


def test_there_are_at_most_fifty(principal, deployment):
    set_alert_emails(principal, deployment, [f"a{number}@example.com" for number in range(50)])

    with pytest.raises(ValidationError) as refused:
        add_alert_email(principal, deployment, "one-more@example.com")
    with pytest.raises(ValidationError):
        set_alert_emails(principal, deployment, [f"b{number}@example.com" for number in range(51)])

    assert refused.value.messages == ["A Deployment has at most 50 alert e-mails. Delete one first."]
    assert len(stored(deployment)) == 50
