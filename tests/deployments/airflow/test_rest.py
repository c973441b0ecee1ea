"""The Airflow behind a Deployment in the REST interface."""

import pytest

from deployments.airflow.state import Component, Seen, record_seen
from deployments.models import Airflow, Deployment, Ground, Status
from tests.deployments.deploys.programs import at, of_key, refusal_of

NOTHING = {
    "status": "UNKNOWN",
    "reason": "",
    "ground": "",
    "is_awake": False,
    "version": "",
    "components": [],
    "memory_bytes": None,
    "processor": None,
    "started_at": None,
    "seen_at": None,
    "needs_restart": False,
}


@pytest.fixture
def program(deployment):
    return of_key(deployment)


def test_without_one_there_is_nothing_to_say(program, deployment):
    assert program.get(at(deployment, "airflow")).json() == NOTHING


def test_what_was_seen_is_told(program, deployment):
    airflow = Airflow.objects.create(deployment=deployment, ground=Ground.LOCAL)
    failed = Component(name="scheduler", state="failed", detail="exit status 1")
    seen = Seen(
        status=Status.UNHEALTHY,
        reason="The scheduler ended.",
        components=[failed],
        version="3.3.2",
        memory_bytes=600,
        variables_version=0,
    )
    record_seen(airflow, seen)

    told = program.get(at(deployment, "airflow")).json()

    assert told == {
        **NOTHING,
        "status": "UNHEALTHY",
        "reason": "The scheduler ended.",
        "ground": "local",
        "is_awake": True,
        "version": "3.3.2",
        "components": [{"name": "scheduler", "state": "failed", "detail": "exit status 1"}],
        "memory_bytes": 600,
        "seen_at": told["seen_at"],
        "needs_restart": True,
    }


def test_it_sleeps_wakes_up_and_restarts(program, deployment):
    Airflow.objects.create(deployment=deployment, ground=Ground.LOCAL)
    Deployment.objects.update(status=Status.HEALTHY)

    slept = program.post(at(deployment, "hibernate"), {}).json()
    refused = program.post(at(deployment, "restart"), {})
    woken = program.post(at(deployment, "wake-up"), {}).json()
    restarted = program.post(at(deployment, "restart"), {})

    assert (slept["is_awake"], slept["status"]) == (False, "HEALTHY")
    assert refusal_of(refused) == (409, "conflict")
    assert "This Deployment hibernates." in refused.json()["error_description"]
    assert (woken["is_awake"], woken["status"]) == (True, "CREATING")
    assert restarted.status_code == 200
