"""DAG runs that failed are told to the alert e-mails, each once, and no Airflow holds the others back."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from cloudui.web.principal import Kind
from deployments.airflow import failed_runs, tokens, waiting
from deployments.airflow.failed_runs import tell_of_failed_runs
from deployments.models import Airflow, AirflowAuth, AirflowRole, Alert, Deployment
from tests.deployments.airflow.connected import connected
from tests.factories import create_deployment
from tests.fake_airflow import FakeAirflow, run, running, task


@pytest.fixture
def deployment(db):
    return create_deployment(name="Production", alert_emails=["team@example.com"])


def ago(minutes):
    return (timezone.now() - timedelta(minutes=minutes)).isoformat()


def failed(fake, run_id="scheduled", *, minutes=1.0, dag="etl"):
    fake.runs.append(run(dag, run_id, "failed", ago(minutes)))
    fake.tasks += [task(dag, run_id, name, "failed") for name in ("load", "load", "check")]
    fake.tasks += [task(dag, run_id, "extract"), task(dag, "another", "other", "failed")]


def lines():
    (message,) = mail.outbox
    return message.body.splitlines()


def test_the_last_run_that_failed_is_told_with_its_tasks_and_the_others_are_counted(deployment, fake):
    connected(deployment, fake)
    fake.runs.append(run("etl", "well", "success", ago(1)))
    failed(fake, "older", minutes=3)
    failed(fake, "newer/1", minutes=2)

    tell_of_failed_runs()

    assert mail.outbox[0].subject == "[My Organization] A DAG run failed: Production"
    for line in [
        "DAG:          etl",
        "Run:          newer/1",
        "Failed tasks: load, check",
        "Others:       1 more failed in the minutes before.",
        f"http://localhost:8871/{deployment.workspace_id}/deployments/{deployment.pk}/dags",
    ]:
        assert line in lines()


@pytest.mark.parametrize(("minutes", "is_told"), [(1, True), (7, True), (9, False)])
def test_a_run_is_looked_for_while_no_second_mail_about_it_is_possible(deployment, fake3, minutes, is_told):
    connected(deployment, fake3)
    failed(fake3, minutes=minutes)

    tell_of_failed_runs()

    assert bool(mail.outbox) == is_told
    assert failed_runs.WINDOW < failed_runs.alerts.PAUSE


def test_after_a_mail_nobody_is_asked_until_the_next_is_due(deployment, fake3):
    connected(deployment, fake3)
    failed(fake3, "first", minutes=5)
    tell_of_failed_runs()
    failed(fake3, "second", minutes=1)
    fake3.calls.clear()

    tell_of_failed_runs()
    assert (len(mail.outbox), fake3.calls) == (1, [])

    Alert.objects.update(sent_at=timezone.now() - timedelta(minutes=10))
    tell_of_failed_runs()
    assert len(mail.outbox) == 2
    assert "Run:          second" in mail.outbox[1].body


@pytest.mark.parametrize(
    "change",
    [
        lambda row: Deployment.objects.update(alert_emails=[]),
        lambda row: Airflow.objects.update(is_awake=False),
        lambda row: Airflow.objects.update(base_url=""),
        lambda row: Airflow.objects.update(sealed_accounts=None),
        lambda row: waiting.silent.add(row.base_url),
    ],
    ids=["nobody to tell", "asleep", "not started", "nobody who signs in", "silent"],
)
def test_others_are_not_asked(deployment, fake3, change):
    failed(fake3)
    change(connected(deployment, fake3))

    tell_of_failed_runs()

    assert (mail.outbox, fake3.calls) == ([], [])


@pytest.mark.parametrize("is_signed", [True, False])
def test_an_airflow_that_takes_our_tokens_is_asked_by_one_that_may_only_read(
    deployment, fake3, monkeypatch, is_signed
):
    signed = []

    def sign(principal, of, role):
        signed.append((principal.kind, principal.name, of, role))
        fake3.tokens.add("console-viewer:token")
        return "console-viewer:token"

    monkeypatch.setattr(tokens, "_signers", [sign] if is_signed else [])
    connected(deployment, fake3)
    Airflow.objects.update(auth=AirflowAuth.AUTH_MANAGER)
    failed(fake3)

    tell_of_failed_runs()

    assert len(mail.outbox) == is_signed
    assert signed == ([(Kind.SYSTEM, "alert emails", deployment, AirflowRole.VIEWER)] if is_signed else [])


@pytest.mark.parametrize(
    "answer",
    [(500, "{}", {}), (200, "<html>", {}), (200, '{"dag_runs": [{"dag_id": 7}, 8]}', {}), (403, "{}", {})],
)
def test_one_that_answers_otherwise_holds_no_other_back(deployment, fake3, answer):
    connected(deployment, fake3)
    fake3.instead["/api/v2/dags/~/dagRuns"] = answer
    with running(FakeAirflow("3.3.2")) as well:
        connected(create_deployment(alert_emails=["other@example.com"]), well)
        failed(well)

        tell_of_failed_runs()

    assert [message.to for message in mail.outbox] == [["other@example.com"]]


def test_one_that_says_nothing_is_left(deployment, fake3, monkeypatch):
    connected(deployment, fake3)
    failed(fake3)
    monkeypatch.setattr(failed_runs, "PAGE_SECONDS", 0.05)
    fake3.answers.clear()

    tell_of_failed_runs()

    assert not mail.outbox
