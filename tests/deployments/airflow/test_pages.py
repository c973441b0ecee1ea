"""The status above the tabs, Analytics and DAGs, and what they say while there is no Airflow to ask."""

from datetime import timedelta

import pytest
from django.utils import timezone

from deployments.models import Airflow, ClusterKind, Deployment, Ground, Status
from tests.deployments.airflow.connected import connected
from tests.deployments.helpers import HX, one, page, text, url
from tests.factories import create_cluster
from tests.fake_airflow import run, task
from workspaces.models import AuditEvent

TABS = ["deployments:analytics", "deployments:dags"]
ACTIONS = ["hibernate", "wake_up", "restart"]


@pytest.fixture
def local(deployment):
    return Airflow.objects.create(deployment=deployment, ground=Ground.LOCAL)


@pytest.fixture
def an_hour_ago():
    return (timezone.now() - timedelta(hours=1)).isoformat()


def see(deployment, status, **fields):
    Deployment.objects.filter(pk=deployment.pk).update(status=status)
    Airflow.objects.filter(deployment=deployment).update(**fields)


@pytest.mark.parametrize(
    ("status", "fields", "words", "refreshes"),
    [
        (Status.CREATING, {}, "Airflow is being started.", True),
        (Status.CREATING, {"reason": "Installing Airflow 3.3.2."}, "Installing Airflow 3.3.2.", True),
        (Status.HEALTHY, {"memory_bytes": 600 * 1024**2, "processor": 0.25}, "600.0 MiB", False),
        (Status.UNHEALTHY, {"reason": "scheduler: <no space>"}, "scheduler: <no space>", False),
        (Status.HEALTHY, {"is_awake": False}, "Airflow is being stopped.", True),
        (Status.HIBERNATING, {"is_awake": False}, "Hibernating", False),
        (Status.HEALTHY, {"variables_version": 0}, "Variables were changed.", False),
    ],
)
def test_the_status_comes_with_its_reason(as_member, deployment, local, status, fields, words, refreshes):
    see(deployment, status, **fields)

    response = as_member.get(url("deployments:activity", deployment))

    assert words in text(response)
    facts = one(response, "#facts")
    assert ("every 3s" in facts["hx-trigger"]) is refreshes


def test_nobody_has_looked_for_long(as_member, deployment, local):
    see(deployment, Status.HEALTHY, seen_at=timezone.now() - timedelta(hours=1))

    assert "Nobody has looked at this Airflow since" in text(
        as_member.get(url("deployments:activity", deployment))
    )


def test_a_changed_status_is_told_to_the_page(as_member, deployment, local):
    see(deployment, Status.HEALTHY)

    same = as_member.get(url("deployments:facts", deployment, "?status=HEALTHY"), headers=HX)
    other = as_member.get(url("deployments:facts", deployment, "?status=CREATING"), headers=HX)

    assert "HX-Trigger" not in same.headers
    assert "airflow:changed" in other.headers["HX-Trigger"]


@pytest.mark.parametrize("tab", TABS)
def test_without_an_airflow_a_tab_says_who_brings_one(as_member, deployment, tab):
    response = as_member.get(url(tab, deployment))

    assert "No Airflow is connected." in text(response)
    assert f"manage.py connect_airflow {deployment.release_name}" in text(response)


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize(
    ("client", "words"), [("as_editor", "Start an Airflow"), ("as_member", "An Editor of the Workspace can")]
)
def test_on_this_machine_an_editor_starts_one(request, deployment, tab, client, words):
    Deployment.objects.update(cluster=create_cluster(kind=ClusterKind.LOCAL))

    assert words in text(request.getfixturevalue(client).get(url(tab, deployment)))


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"is_awake": False}, "This Deployment hibernates."),
        ({}, "Airflow is being started."),
        ({"base_url": "http://127.0.0.1:1"}, "no service account for the role Viewer"),
    ],
)
def test_a_tab_says_why_there_is_nothing(as_member, deployment, local, tab, fields, words):
    see(deployment, Status.HEALTHY, **fields)

    assert words in text(as_member.get(url(tab, deployment)))


@pytest.mark.parametrize("tab", TABS)
def test_an_unreachable_airflow_is_said_at_once(as_member, deployment, fake3, tab):
    connected(deployment, fake3)
    Airflow.objects.update(base_url="http://127.0.0.1:1")

    response = as_member.get(url(tab, deployment))

    assert response.status_code == 200
    assert "Airflow cannot be reached. Nothing listens at its address." in text(response)


def test_analytics_counts_what_ran(as_member, deployment, fake, an_hour_ago):
    connected(deployment, fake)
    fake.add_dag("load")
    fake.runs += [run("load", "r1", started=an_hour_ago), run("load", "r2", "failed", an_hour_ago)]
    fake.tasks += [
        task("load", "r1", "t", started=an_hour_ago),
        task("load", "r2", "t", "running", an_hour_ago),
    ]

    response = as_member.get(url("deployments:analytics", deployment))

    assert "1 DAG: 1 of 2 runs failed" in text(response)
    assert "Tasks: 0 of 2 tasks failed" in text(response)
    chart = one(response, ".chart svg")
    assert chart["aria-label"].startswith("DAG runs: 2 in 1 of 24 hours, 1 failed. Most in the hour from ")
    assert [rect["class"] for rect in chart.select("rect")] == [["chart__bar--good"], ["chart__bar--bad"]]
    cells = [cell.get_text(strip=True) for cell in page(response).select("tbody tr > *")]
    assert cells == ["load", "2", "1", "2", "0"]


def test_analytics_of_seven_days(as_member, deployment, fake3):
    connected(deployment, fake3)

    response = as_member.get(url("deployments:analytics", deployment, "?period=7d"))

    assert "Nothing has run in this time." in text(response)
    assert one(response, ".segments [aria-current]").get_text() == "Last 7 days"
    assert "period=7d" in one(response, "#analytics")["hx-get"]


def test_dags_are_listed_with_their_state_and_last_runs(as_member, deployment, fake, an_hour_ago):
    connected(deployment, fake)
    fake.add_dag("load", timetable_description="Every hour", description="Loads <all>")
    fake.add_dag("report", is_paused=True)
    fake.runs += [run("load", "r1", started=an_hour_ago), run("load", "r2", "failed", an_hour_ago)]

    response = as_member.get(url("deployments:dags", deployment))

    rows = [" ".join(row.get_text(" ").split()) for row in page(response).select("tbody tr")]
    assert [row.replace("\u2013", "-") for row in rows] == [
        "load Loads <all> Active Every hour - 1 of 2 failed",
        "report Paused - - Never run",
    ]
    assert sorted(dot["aria-label"] for dot in page(response).select(".dot")) == ["failed", "success"]
    assert not page(response).select("tbody form, tbody a")


def test_dags_are_searched_and_paged(as_member, deployment, fake3):
    connected(deployment, fake3)
    for number in range(45):
        fake3.add_dag(f"dag{number:02}")

    def names(query):
        response = as_member.get(url("deployments:dags", deployment, query))
        return [cell.get_text(strip=True) for cell in page(response).select("tbody th")], response

    first, response = names("")
    assert (first[0], first[-1], one(response, "a[rel=next]")["href"][-7:]) == ("dag00", "dag19", "?page=2")
    last, response = names("?page=3")
    assert (last, page(response).select("a[rel=next]")) == (["dag40", "dag41", "dag42", "dag43", "dag44"], [])
    assert names("?q=dag1")[0] == [f"dag1{number}" for number in range(10)]
    assert "No DAG has this in its name." in text(names("?q=none")[1])


def test_an_editor_pauses_and_triggers(as_editor, deployment, fake):
    connected(deployment, fake)
    fake.add_dag("load")
    dags, pause = url("deployments:dags", deployment), url("deployments:pause_dag", deployment)

    paused = as_editor.post(pause, {"dag": "load", "pause": "1"}, follow=True)
    assert ("load is paused." in text(paused), fake.dags[0]["is_paused"]) == (True, True)
    as_editor.post(pause, {"dag": "load"})
    assert not fake.dags[0]["is_paused"]
    asked = as_editor.get(url("deployments:trigger_dag", deployment, "?dag=load"))
    assert "A run of load starts now." in text(asked)
    triggered = as_editor.post(url("deployments:trigger_dag", deployment), {"dag": "load"})

    assert (triggered.status_code, triggered["Location"]) == (302, dags)
    assert [each["dag_id"] for each in fake.runs] == ["load"]
    assert list(AuditEvent.objects.order_by("pk").values_list("operation", "input__dag")) == [
        ("pauseDag", "load"),
        ("unpauseDag", "load"),
        ("triggerDag", "load"),
    ]
    activity = text(as_editor.get(url("deployments:activity", deployment)))
    assert "triggered the DAG load" in activity


def test_what_airflow_refuses_is_said_and_not_recorded(as_editor, deployment, fake3):
    connected(deployment, fake3)

    for path in ("/api/v2/dags/gone", "/api/v2/dags/gone/dagRuns"):
        fake3.instead[path] = (404, '{"detail": "no DAG gone"}', {})

    refused = as_editor.post(url("deployments:trigger_dag", deployment), {"dag": "gone"})
    paused = as_editor.post(url("deployments:pause_dag", deployment), {"dag": "gone"}, follow=True)

    assert (refused.status_code, "no DAG gone" in text(refused)) == (422, True)
    assert "Nothing was changed. no DAG gone" in text(paused)
    assert not AuditEvent.objects.exists()


def test_an_editor_without_an_airflow_is_told_so_in_the_dialog(as_editor, deployment):
    response = as_editor.post(url("deployments:trigger_dag", deployment), {"dag": "load"})

    assert response.status_code == 422
    assert "This Deployment has no Airflow." in text(response)


@pytest.mark.parametrize("action", ACTIONS)
def test_each_action_is_a_page_a_dialog_and_a_form(as_editor, deployment, local, action):
    see(deployment, Status.HEALTHY, is_awake=action != "wake_up")
    there = url(f"deployments:{action}", deployment)

    assert one(as_editor.get(there), "form[action] button").get_text(strip=True)
    assert "<html" not in as_editor.get(there, headers=HX).content.decode()
    assert as_editor.post(there, follow=True).redirect_chain[0] == (url("deployments:open", deployment), 302)
    answer = as_editor.post(there, headers=HX)
    assert answer.status_code in {200, 422}


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_that_cannot_be_says_why(as_editor, deployment, action):
    response = as_editor.post(url(f"deployments:{action}", deployment), headers=HX)

    assert response.status_code == 422
    assert "This Deployment has no Airflow." in text(response)


@pytest.mark.parametrize(
    ("is_awake", "offered"), [(True, ["Restart Airflow", "Hibernate"]), (False, ["Wake up"])]
)
def test_the_menu_offers_what_can_be_done(as_editor, as_member, deployment, local, is_awake, offered):
    see(deployment, Status.HEALTHY, is_awake=is_awake)
    there = url("deployments:activity", deployment)

    items = [item.get_text(strip=True) for item in page(as_editor.get(there)).select(".menu__item[hx-get]")]

    assert items == [*offered, "Transfer Deployment", "Delete Deployment"]
    assert "Wake up" not in text(as_member.get(there))


def test_a_restart_elsewhere_is_needed_and_noted(as_editor, as_member, deployment, fake3, save):
    connected(deployment, fake3)
    Deployment.objects.update(variables_version=9)
    there = url("deployments:activity", deployment)

    assert "Restart needed." in text(as_member.get(there))
    assert "note the restart" not in text(as_member.get(there))
    assert "note the restart" in text(as_editor.get(there))
    as_editor.post(url("deployments:restart", deployment))

    assert "Restart needed." not in text(as_member.get(there))


def test_import_errors_stand_beside_the_deploys(as_member, deployment, fake, root):
    connected(deployment, fake)
    fake.import_errors.append(
        {"filename": "dags/broken.py", "stack_trace": "Traceback\nImportError: no <x>\n"}
    )

    deploys = as_member.get(url("deployments:deploys", deployment))
    fragment = as_member.get(one(deploys, "#import-problems")["hx-get"], headers=HX)

    assert "1 file of the current DAGs has an error." in text(fragment)
    assert "dags/broken.py ImportError: no <x>" in text(fragment)
    assert "<html" not in fragment.content.decode()


def test_the_deploys_tab_asks_no_airflow_by_itself(as_member, deployment, root):
    assert not page(as_member.get(url("deployments:deploys", deployment))).select("#import-problems")
