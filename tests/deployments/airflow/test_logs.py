"""The Logs tab: components, levels, search, pages and following, and the logs of tasks as Airflow tells them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from deployments.airflow.logs import PAGE, of_task, page_of, parsed
from deployments.airflow.runner.logs import Log
from deployments.airflow.runner.place import Place
from deployments.models import Airflow, Deployment, Ground, Status
from tests.deployments.airflow.connected import connected
from tests.deployments.helpers import HX, one, page, text, url
from tests.factories import create_deployment, create_runtime
from tests.fake_airflow import task

AT = datetime(2026, 12, 1, 19, 4, 8, tzinfo=UTC)


@pytest.fixture
def deployment(workspace):
    return create_deployment(
        workspace=workspace,
        name="Production",
        release_name="bright-comet-1234",
        runtime=create_runtime(airflow_version="3.3.2"),
    )


@pytest.fixture
def local(deployment, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    Deployment.objects.filter(pk=deployment.pk).update(status=Status.HEALTHY)
    Place(deployment.release_name).make(deployment.pk)
    return Airflow.objects.create(deployment=deployment, ground=Ground.LOCAL)


@pytest.fixture
def write(local, deployment):
    def write(component, *lines):
        log = Log(Place(deployment.release_name), component)
        for line in lines:
            log.write(line)
        log.close()

    return write


LINES = [
    ("2026-12-01T19:04:08.000Z [info     ] Starting [airflow.jobs]", "info", AT, "Starting [airflow.jobs]"),
    ("[2026-12-01T19:04:08.000+0000] {job.py:3} ERROR - no table", "error", AT, "no table"),
    ("[2026-12-01 19:04:08 +0000] [12] [INFO] Booting worker", "info", AT, "Booting worker"),
    ("2026-12-01T19:04:08Z keeper: Stopped.", "", AT, "keeper: Stopped."),
    ("\x1b[31mred\x1b[0m text", "", None, "red text"),
    ("2026-99-01T19:04:08Z [info ] no such month", "info", None, "no such month"),
]


@pytest.mark.parametrize(("raw", "level", "at", "words"), LINES)
def test_a_line_tells_its_time_and_level(raw, level, at, words):
    (line,) = parsed([raw])

    assert (line.level, line.at, line.text) == (level, at, words)


def test_the_lines_of_a_traceback_have_the_level_of_the_first():
    lines = parsed([LINES[1][0], "Traceback:", "  File x", LINES[0][0]])

    assert [line.level for line in lines] == ["error", "error", "error", "info"]
    assert [line.text for line in page_of(lines, level="warning").lines] == [
        "no table",
        "Traceback:",
        "  File x",
    ]


def test_pages_are_counted_from_the_end():
    lines = parsed(f"line {number}" for number in range(2 * PAGE + 1))

    assert page_of(lines).lines[-1].text == f"line {2 * PAGE}"
    assert [line.text for line in page_of(lines, number=3).lines] == ["line 0"]
    assert (page_of(lines, number=2).has_older, page_of(lines, number=3).has_older) == (True, False)
    assert page_of(lines, number=9).lines == []


def test_the_log_of_a_task_is_a_text_or_events():
    event = {"event": "boom", "level": "error", "timestamp": "2026-12-01T19:04:08Z"}
    detail = {**event, "error_detail": [{"exc_type": "ValueError", "exc_value": "this one"}]}

    assert [line.text for line in of_task("a\nb")] == ["a", "b"]
    assert [(line.text, line.level, line.at) for line in of_task([event, detail])] == [
        ("boom", "error", AT),
        ("boom\nValueError: this one", "error", AT),
    ]


def lines_of(response):
    return [line.get_text(strip=True) for line in page(response).select(".log bdi")]


def test_what_processes_print_is_shown_by_component_level_and_search(as_member, deployment, write):
    write("scheduler", "2026-12-01T19:04:08Z [info ] one <b>", "2026-12-01T19:04:09Z [error ] two")
    write("triggerer", "2026-12-01T19:04:08Z [info ] three")
    there = url("deployments:logs", deployment)

    assert lines_of(as_member.get(there)) == ["one <b>", "two"]
    assert lines_of(as_member.get(f"{there}?component=triggerer")) == ["three"]
    assert lines_of(as_member.get(f"{there}?level=error")) == ["two"]
    assert lines_of(as_member.get(f"{there}?q=ONE")) == ["one <b>"]
    assert "No such line has been printed." in text(as_member.get(f"{there}?q=none"))
    names = [link.get_text() for link in page(as_member.get(there)).select(".segments a")]
    assert names == [
        "Scheduler",
        "API server",
        "DAG processor",
        "Triggerer",
        "Starting and stopping",
        "Tasks",
    ]


@pytest.mark.parametrize("component", ["../../keys", "nonsense", "deployment"])
def test_no_other_file_is_read(as_member, deployment, write, component):
    write("scheduler", "of the scheduler")

    response = as_member.get(url("deployments:logs", deployment, f"?component={component}"))

    assert lines_of(response) == ["of the scheduler"]


def test_following_looks_again_at_the_newest_page_only(as_member, deployment, write):
    write("scheduler", *(f"line {number}" for number in range(PAGE + 1)))
    there = url("deployments:logs", deployment)

    def trigger(query):
        return one(as_member.get(there + query), "#log")["hx-trigger"]

    assert "every" not in trigger("")
    assert "every 3s" in trigger("?follow=1")
    assert "every" not in trigger("?follow=1&page=2")
    fragment = as_member.get(f"{there}?follow=1", headers=HX)
    assert "<html" not in fragment.content.decode()
    older = one(as_member.get(there), "#log .pager a")
    assert (
        older.get_text(),
        lines_of(as_member.get(there + older["href"].partition("?")[1] + older["href"].partition("?")[2])),
    ) == (
        "Older",
        ["line 0"],
    )


def test_a_sleeping_one_shows_what_was_printed_before(as_member, deployment, write):
    write("keeper", "2026-12-01T19:04:08Z keeper: Stopped.")
    Airflow.objects.update(is_awake=False)

    response = as_member.get(url("deployments:logs", deployment, "?component=keeper"))

    assert lines_of(response) == ["keeper: Stopped."]


def test_without_an_airflow_it_says_who_brings_one(as_member, deployment):
    assert "No Airflow is connected." in text(as_member.get(url("deployments:logs", deployment)))


def test_of_a_connected_airflow_the_tasks_have_logs(as_member, workspace, fake):
    deployment = create_deployment(workspace=workspace, runtime=create_runtime(airflow_version=fake.version))
    connected(deployment, fake)
    recently = (timezone.now() - timedelta(minutes=5)).isoformat()
    fake.tasks += [task("load", "r+1", f"t{number:02}", "failed", recently) for number in range(26)]
    fake.logs["/dags/load/dagRuns/r+1/taskInstances/t00/logs/1"] = (
        [{"event": "hello", "level": "info"}] if fake.is_v2 else "hello"
    )
    there = url("deployments:logs", deployment)

    first = as_member.get(there)
    assert [link.get_text() for link in page(first).select(".segments a")] == ["Tasks"]
    assert len(page(first).select("tbody tr")) == 25
    assert len(page(as_member.get(f"{there}?page=2")).select("tbody tr")) == 1
    link = one(first, "tbody a")
    log = as_member.get(link["href"])

    assert link["href"].endswith("?dag=load&run=r%2B1&task=t00&attempt=1&map_index=-1")
    assert lines_of(log) == ["hello"]
    assert "Run r+1 , attempt 1" in text(log)
    missing = as_member.get(link["href"].replace("t00", "gone"))
    assert "no log" in text(missing)


def test_nothing_ran(as_member, deployment, fake3):
    connected(deployment, fake3)

    response = as_member.get(url("deployments:logs", deployment))

    assert "No matching events have been recorded in the past 24 hours." in text(response)


@pytest.mark.parametrize(
    "query", ["", "?dag=load", "?dag=load&run=r&task=t&attempt=x", f"?dag={'x' * 300}&run=r&task=t"]
)
def test_a_log_that_is_not_named_is_not_found(as_member, deployment, fake3, query):
    connected(deployment, fake3)

    assert as_member.get(url("deployments:task_log", deployment, query)).status_code == 404


def test_the_first_of_mapped_tasks_stays_the_first(as_member, deployment, fake3):
    connected(deployment, fake3)
    fake3.logs["/dags/load/dagRuns/r/taskInstances/t/logs/1"] = [{"event": "zero"}]

    response = as_member.get(
        url("deployments:task_log", deployment, "?dag=load&run=r&task=t&attempt=1&map_index=0")
    )

    assert "map_index=0" in one(response, "#log")["hx-get"]
