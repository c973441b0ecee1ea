"""Mails to the alert e-mails of a Deployment: what they say, to whom they go, and how few there are."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone

from cloudui.web.models import OutgoingMail
from deployments import alerts
from deployments.airflow.state import Seen, record_seen
from deployments.deploys.completion import recover_interrupted
from deployments.deploys.service import NotConfirmed
from deployments.models import Airflow, Alert, AlertKind, Deploy, Deployment, Ground, Status
from tests.deployments.deploys.deploying import key_of, send
from tests.factories import create_deployment, create_workspace
from tests.mails import finish
from tests.threats.at_once import at_once

pytestmark = pytest.mark.django_db

EMAILS = ["one@example.com", "two@example.com"]


@pytest.fixture
def deployment(db):
    workspace = create_workspace(name="Data Engineering")
    return create_deployment(name="Production", workspace=workspace, alert_emails=EMAILS)


def run_failed(deployment):
    return alerts.send_run_failed(
        deployment, dag="etl", run="scheduled__2026-01-01", tasks=["load", "check"], others=2
    )


def unhealthy(deployment):
    return alerts.send_unhealthy(deployment, reason="The scheduler\nends again and again.")


def deploy_failed(deployment):
    deploy = Deploy(reason="It holds no DAG.", made_by_name="CI", description="Nightly", commit_sha="abc123")
    return alerts.send_deploy_failed(deployment, deploy)


# What is told, the subject, what the text says, and the page that it leads to.
TOLD = {
    "a run": (
        run_failed,
        "A DAG run failed",
        [
            "DAG:          etl",
            "Run:          scheduled__2026-01-01",
            "Failed tasks: load, check",
            "Others:       2 more failed in the minutes before.",
        ],
        "/dags",
    ),
    "a deploy": (
        deploy_failed,
        "A deploy failed",
        [
            "Reason:       It holds no DAG.",
            "Made by:      CI",
            "Description:  Nightly",
            "Commit:       abc123",
        ],
        "/deploys",
    ),
    "health": (
        unhealthy,
        "The Deployment is unhealthy",
        ["Reason:       The scheduler ends again and again."],
        "",
    ),
}


@pytest.mark.parametrize("name", TOLD)
def test_each_address_is_told_what_happened_where_and_where_to_look(deployment, name):
    tell, subject, lines, page = TOLD[name]

    assert tell(deployment)

    assert [message.to for message in mail.outbox] == [[email] for email in EMAILS]
    message = mail.outbox[0]
    assert message.subject == f"[My Organization] {subject}: Production"
    text = message.body.splitlines()
    address = f"http://localhost:8871/{deployment.workspace_id}/deployments/{deployment.pk}"
    for line in [
        f"Deployment:   Production ({deployment.release_name})",
        "Workspace:    Data Engineering",
        *lines,
        f"{address}{page}",
        f"{address}/details",
    ]:
        assert line in text


def test_a_caller_may_lead_to_another_page_and_leave_facts_out(deployment):
    facts = {"DAG": "etl", "Failed tasks": " "}
    alerts.send(deployment, AlertKind.RUN_FAILED, facts, path="/somewhere")

    text = mail.outbox[0].body
    assert "\nhttp://localhost:8871/somewhere\n" in text
    assert "Failed tasks" not in text


def test_a_fact_is_a_line_that_ends(deployment):
    alerts.send_unhealthy(deployment, reason="<b>a\r\nDeployment: other " + "x" * 5000)

    (line,) = [line for line in mail.outbox[0].body.splitlines() if line.startswith("Reason:")]
    assert line.startswith("Reason:       <b>a Deployment: other xxx")
    assert len(line) == 14 + alerts.FACT_LENGTH


@pytest.mark.parametrize(("minutes", "is_sent"), [(9, False), (11, True)])
def test_of_one_kind_there_is_one_mail_in_ten_minutes(deployment, minutes, is_sent):
    assert run_failed(deployment)
    Alert.objects.update(sent_at=timezone.now() - timedelta(minutes=minutes))

    assert run_failed(deployment) == is_sent
    assert len(mail.outbox) == (4 if is_sent else 2)


def test_other_kinds_and_other_deployments_have_their_own(deployment):
    other = create_deployment(alert_emails=["three@example.com"])

    assert [run_failed(deployment), unhealthy(deployment), run_failed(other)] == [True, True, True]
    assert [run_failed(deployment), unhealthy(deployment), run_failed(other)] == [False, False, False]
    assert len(mail.outbox) == 5


def test_nobody_is_told_where_there_is_nobody_or_nothing(deployment):
    Deployment.objects.filter(pk=deployment.pk).update(alert_emails=[])
    # What the caller read earlier does not matter.
    assert not run_failed(deployment)
    assert not Alert.objects.exists()

    Deployment.objects.filter(pk=deployment.pk).update(alert_emails=EMAILS)
    assert run_failed(deployment)
    gone = Deployment(pk="c" + "0" * 24, alert_emails=EMAILS)
    assert not run_failed(gone)


def test_an_address_that_no_mail_can_have_holds_the_others_back_from_nothing(deployment):
    Deployment.objects.update(alert_emails=["a@" + "ü" * 70 + ".example", "two@example.com"])

    assert run_failed(deployment)
    assert [message.to for message in mail.outbox] == [["two@example.com"]]


@pytest.mark.django_db(transaction=True)
def test_of_several_processes_one_tells(deployment):
    told = at_once([lambda: run_failed(deployment)] * 5)

    assert sorted(told) == [False, False, False, False, True]
    assert len(mail.outbox) == 2


@pytest.mark.django_db(transaction=True)
def test_what_did_not_happen_is_not_told_and_counts_for_nothing(deployment, mail_server):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        assert run_failed(deployment)
        assert OutgoingMail.objects.count() == 2
        raise ZeroDivisionError
    assert not OutgoingMail.objects.exists()

    assert run_failed(deployment)
    finish()
    assert [recipients for recipients, _ in mail_server.received] == [[email] for email in EMAILS]


# Health


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (Status.HEALTHY, Status.UNHEALTHY, 2),
        (Status.CREATING, Status.UNHEALTHY, 2),
        (Status.UNHEALTHY, Status.UNHEALTHY, 0),
        (Status.UNHEALTHY, Status.HEALTHY, 0),
        (Status.HEALTHY, Status.HIBERNATING, 0),
    ],
)
def test_a_deployment_that_became_unhealthy_is_told_with_what_is_no_line_of_a_log(
    deployment, before, after, told
):
    airflow = Airflow.objects.create(deployment=deployment, ground=Ground.CONNECTED)
    Deployment.objects.update(status=before)

    record_seen(airflow, Seen(status=after, reason="The scheduler ended.\nTraceback: password=hunter2"))

    assert len(mail.outbox) == told
    for message in mail.outbox:
        assert "Reason:       The scheduler ended.\n" in message.body
        assert "hunter2" not in message.body


# Deploys


def subjects():
    return [message.subject for message in mail.outbox]


FAILED = "[My Organization] A deploy failed: Production"


@pytest.mark.django_db(transaction=True)
def test_a_deploy_that_fails_is_told_with_its_reason_and_one_that_succeeds_is_not(deployment):
    send(key_of(deployment), deployment)
    assert subjects() == []

    for _ in range(2):
        with pytest.raises(NotConfirmed):
            send(key_of(deployment), deployment, confirm=refuse)

    assert subjects() == [FAILED, FAILED], "One mail for each address."
    assert "Reason:       No more of this." in mail.outbox[0].body
    assert "Made by:      CI" in mail.outbox[0].body


def refuse(_deploy):
    raise NotConfirmed("No more of this.")


@pytest.mark.django_db(transaction=True)
def test_a_deploy_whose_server_died_is_told_when_that_is_noticed(deployment):
    deploy = Deploy.objects.create(
        deployment=deployment, version="v", made_by_kind="api_key", made_by_id="k", made_by_name="CI"
    )
    Deploy.objects.filter(pk=deploy.pk).update(version=deploy.pk)

    recover_interrupted(deployment)

    assert subjects() == [FAILED, FAILED]
    assert "Interrupted: the server stopped" in mail.outbox[0].body
