"""The logs of an Airflow that runs here, and putting it to sleep, for the client of today."""

from datetime import timedelta

import pytest
from django.utils import timezone

from deployments.airflow.runner.logs import Log
from deployments.airflow.runner.place import Place
from deployments.models import Airflow, Deployment, Ground, Status
from tests.apikeys.astro.v1.calls import of, read, refusal
from tests.factories import create_runtime

pytestmark = pytest.mark.django_db


@pytest.fixture
def local(filled, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    Deployment.objects.filter(pk=filled.pk).update(
        status=Status.HEALTHY, runtime=create_runtime(airflow_version="3.3.2")
    )
    Place(filled.release_name).make(filled.pk)
    return Airflow.objects.create(deployment=filled, ground=Ground.LOCAL)


def moment(minutes):
    return f"{timezone.now() - timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}"


@pytest.fixture
def printed(local, filled):
    """Three lines of the scheduler, one of them from two days ago, and one of the API server."""
    scheduler = Log(Place(filled.release_name), "scheduler")
    scheduler.write(f"{moment(2 * 24 * 60)} [info ] old")
    scheduler.write(f"{moment(3)} [warning ] late")
    scheduler.write(f"{moment(1)} [error ] broken")
    scheduler.close()
    server = Log(Place(filled.release_name), "api-server")
    server.write(f"{moment(2)} [info ] request")
    server.close()


ASKED = [
    ("", ["WARNING late", "INFO request", "ERROR broken"]),
    ("?sources=scheduler", ["WARNING late", "ERROR broken"]),
    ("?sources=apiserver&sources=triggerer", ["INFO request"]),
    ("?searchText=WARN", ["WARNING late"]),
    ("?searchText=ERROR", ["ERROR broken"]),
    ("?searchText=BROKE", ["ERROR broken"]),
    ("?range=90", ["ERROR broken"]),
    ("?maxNumResults=2", ["INFO request", "ERROR broken"]),
    ("?limit=2", ["WARNING late", "INFO request"]),
    ("?limit=2&offset=2", ["ERROR broken"]),
    ("?sources=nonsense", []),
]


@pytest.mark.parametrize(("query", "lines"), ASKED)
def test_the_lines_that_are_asked_for(key, filled, printed, query, lines):
    answer = read(key.get(of(filled, "logs") + query))

    assert [each["raw"] for each in answer["results"]] == lines
    # The client asks on while there are as many as it asked for.
    assert answer["resultCount"] == len(lines)
    assert answer["limit"] == (2 if "limit=2" in query else 500)
    assert all(each["source"] in {"scheduler", "api-server"} for each in answer["results"])


def test_a_deployment_without_an_airflow_has_none(key, filled):
    assert read(key.get(of(filled, "logs")))["results"] == []


def test_of_an_airflow_that_runs_elsewhere_it_is_said(key, filled):
    Airflow.objects.create(deployment=filled, ground=Ground.CONNECTED)

    assert "Somebody else runs the Airflow" in refusal(key.get(of(filled, "logs")), 404)


def test_it_hibernates_and_wakes_up(key, filled, local):
    there = of(filled, "hibernation-override")
    assert read(key.get(of(filled)))["isDevelopmentMode"] is True

    slept = read(key.post(there, {"isHibernating": True}))
    asleep = Airflow.objects.get().is_awake
    woken = read(key.post(there, {"isHibernating": False}))
    key.post(there, {"isHibernating": True})
    removed = read(key.send("delete", there))

    assert (slept, woken, removed) == (
        {"isHibernating": True},
        {"isHibernating": False},
        {"isHibernating": False},
    )
    assert (asleep, Airflow.objects.get().is_awake) == (False, True)
    assert read(key.get(of(filled)))["status"] == "CREATING"


def test_what_cannot_be_is_said(key, filled, local):
    there = of(filled, "hibernation-override")
    until = {"isHibernating": True, "overrideUntil": "2026-12-24T00:00:00Z"}

    assert "Leave out --until" in refusal(key.post(there, until), 400)
    Airflow.objects.all().delete()
    assert "This Deployment has no Airflow." in refusal(key.post(there, {"isHibernating": True}), 400)
    assert read(key.get(of(filled)))["isDevelopmentMode"] is False
