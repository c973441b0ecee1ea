"""What pages ask of an Airflow, the same of both versions, and what becomes of each way to fail."""

from datetime import UTC, datetime

import pytest

from deployments.access import deployment_to_view
from deployments.airflow import waiting
from deployments.airflow.calls import AirflowError, NotAirflow, NotFound, Refused, Unreachable
from deployments.airflow.client import NoAirflow, client_for
from deployments.airflow.facts import Task
from deployments.airflow.service import hibernate
from deployments.models import Airflow, AirflowRole, Ground
from tests.deployments.airflow.connected import ACCOUNTS, connected
from tests.fake_airflow import run, task

SINCE = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture
def client(principal, deployment, fake):
    connected(deployment, fake)
    return client_for(principal, deployment_to_view(principal, None, deployment.pk))


@pytest.fixture
def client3(principal, deployment, fake3):
    connected(deployment, fake3)
    return client_for(principal, deployment_to_view(principal, None, deployment.pk))


def test_its_health_names_what_is_not_healthy(client, fake):
    assert client.health().reason == ""

    fake.health["scheduler"]["status"] = "unhealthy"

    health = client.health()
    assert health.reason == "Airflow has not heard from its scheduler since 24 November, 20:00 UTC."
    assert [part.name for part in health.parts] == ["metadatabase", "scheduler"]


def test_dags_come_with_their_last_runs(client, fake):
    fake.add_dag("load", timetable_description="Every hour")
    fake.add_dag("report", is_paused=True)
    fake.runs += [run("load", f"r{hour}", started=f"2026-11-24T{hour:02}:00:00+00:00") for hour in range(20)]

    found = client.dags()

    load, report = found.rows
    assert (load.schedule, load.is_paused, report.is_paused, found.total) == ("Every hour", False, True, 2)
    assert [each.run_id for each in load.runs] == [f"r{hour}" for hour in range(10, 20)]
    assert report.runs == []


def test_runs_that_were_not_looked_for_are_not_said_to_be_none(client, fake):
    fake.add_dag("busy")
    fake.add_dag("rare")
    fake.runs += [run("busy", f"r{number}") for number in range(101)]

    busy, rare = client.dags().rows

    assert (len(busy.runs), rare.runs) == (10, None)


def test_dags_are_searched_by_a_part_of_their_name(client, fake):
    fake.add_dag("load")
    fake.add_dag("report")

    assert [dag.dag_id for dag in client.dags("repo").rows] == ["report"]


def test_a_dag_is_paused_and_triggered(client, fake):
    fake.add_dag("load")

    client.set_paused("load", is_paused=True)
    started = client.trigger("load")

    assert client.dag("load").is_paused
    assert (started.state, started.started_at) == ("queued", None)


def test_work_is_counted_whole_and_read_up_to_a_thousand(client, fake):
    fake.add_dag("load")
    fake.runs += [run("load", f"r{number}") for number in range(250)]
    fake.tasks += [task("load", "r1", f"t{number}") for number in range(1100)]

    runs, tasks, dags = client.work(SINCE)

    assert (len(runs.rows), runs.total, runs.is_cut) == (250, 250, False)
    assert (len(tasks.rows), tasks.total, tasks.is_cut) == (1000 if fake.is_v2 else 300, 1100, True)
    assert dags == 1


def test_import_errors_and_logs_are_read(client, fake):
    fake.import_errors.append({"filename": "broken.py", "stack_trace": "Traceback\nImportError: no x\n"})
    fake.logs["/dags/load/dagRuns/r+1/taskInstances/t/logs/1"] = "hello"

    problem = client.import_problems().rows[0]

    assert (problem.path, problem.last_line) == ("broken.py", "ImportError: no x")
    assert client.task_log(Task("load", "r+1", "t", "success", None)) == "hello"
    with pytest.raises(NotFound):
        client.task_log(Task("load", "other", "t", "success", None))


def test_a_token_is_asked_for_once_and_again_when_airflow_does_not_know_it(client3, fake3):
    fake3.add_dag("load")
    client3.dags()
    client3.dags()
    assert fake3.logins == 1

    fake3.forget_tokens()
    client3.dags()

    assert fake3.logins == 2


FAILURES = [
    ((302, "", {"Location": "https://login.example.com/?next=x"}), NotAirflow, "https://login.example.com/"),
    ((200, "<html>", {}), NotAirflow, "no Airflow"),
    ((200, "[1]", {}), NotAirflow, "no Airflow"),
    ((500, '{"detail": "database is locked"}', {}), AirflowError, "database is locked"),
    ((503, "nginx", {}), AirflowError, "503"),
]


@pytest.mark.parametrize(("answer", "kind", "words"), FAILURES)
def test_a_wrong_answer_becomes_a_sentence(client3, fake3, answer, kind, words):
    fake3.instead["/api/v2/dags"] = answer

    with pytest.raises(kind, match=words):
        client3.dags()


def test_nothing_listens(client3, fake3):
    Airflow.objects.update(base_url="http://127.0.0.1:1")
    client3._airflow.refresh_from_db()

    with pytest.raises(Unreachable, match="Nothing listens"):
        client3.dags()


def test_an_airflow_that_does_not_answer_is_left_alone_for_a_moment(client3, fake3, monkeypatch):
    monkeypatch.setattr(waiting, "PAGE_SECONDS", 0.2)
    fake3.answers.clear()
    with pytest.raises(Unreachable, match="does not answer within"):
        client3.health()
    fake3.answers.set()
    monkeypatch.setattr(waiting, "PAGE_SECONDS", 60)

    with pytest.raises(Unreachable, match="does not answer within"):
        client3.health()
    waiting.silent.remove(fake3.base_url)

    assert client3.health().reason == ""


def test_a_role_without_an_account_gets_no_other(principal, deployment, fake3):
    connected(deployment, fake3, {AirflowRole.ADMIN: ACCOUNTS[AirflowRole.ADMIN]})

    with pytest.raises(AirflowError, match="no service account for the role User"):
        client_for(principal, deployment_to_view(principal, None, deployment.pk))


def test_airflow_decides_what_the_account_may(principal, deployment, fake):
    fake.add_dag("load")
    connected(deployment, fake, {AirflowRole.USER: ACCOUNTS[AirflowRole.VIEWER]})
    client = client_for(principal, deployment_to_view(principal, None, deployment.pk))

    with pytest.raises(Refused):
        client.trigger("load")


@pytest.mark.parametrize("ground", [None, Ground.LOCAL])
def test_where_there_is_none_nobody_is_asked(principal, deployment, ground):
    if ground:
        Airflow.objects.create(deployment=deployment, ground=ground)
        hibernate(principal, deployment)

    with pytest.raises(NoAirflow):
        client_for(principal, deployment_to_view(principal, None, deployment.pk))
