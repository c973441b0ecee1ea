"""What is done next, and what is said."""

import pytest

from deployments.airflow.runner.plan import Plan
from deployments.airflow.runner.processes import MIB
from deployments.airflow.runner.reconciling import (
    SILENT_SECONDS,
    START_SECONDS,
    Action,
    Running,
    decide,
    no_room,
    status_of,
)
from deployments.models import Status


def plan(**changes):
    return Plan(
        **{
            "deployment_id": "c1",
            "release_name": "r-1",
            "airflow_version": "3.3.2",
            "is_awake": True,
            **changes,
        }
    )


def running(of):
    return Running(of.digest, of.secrets, of.variables_version)


AWAKE, ASLEEP = plan(), plan(is_awake=False)


@pytest.mark.parametrize(
    ("runs", "should_be", "action"),
    [
        (None, None, Action.NOTHING),
        (None, ASLEEP, Action.NOTHING),
        (None, AWAKE, Action.START),
        (running(AWAKE), AWAKE, Action.NOTHING),
        (running(AWAKE), ASLEEP, Action.STOP),
        (running(AWAKE), None, Action.STOP),
        (running(AWAKE), plan(environment={"A": "1"}), Action.RESTART),
        (running(AWAKE), plan(secrets={"AIRFLOW_VAR_A": "1"}, variables_version=2), Action.WRITE_SECRETS),
        (running(AWAKE), plan(variables_version=2), Action.WRITE_SECRETS),
    ],
)
def test_the_next_step(runs, should_be, action):
    assert decide(runs, should_be) is action


@pytest.mark.parametrize(
    ("states", "was_well", "since_well", "status"),
    [
        ("running running", False, 1, Status.HEALTHY),
        ("running starting", False, 1, Status.CREATING),
        ("starting starting", False, START_SECONDS, Status.UNHEALTHY),
        ("running failed", False, 1, Status.UNHEALTHY),
        ("running failed", True, 1, Status.UNHEALTHY),
        ("starting running", True, SILENT_SECONDS - 1, Status.HEALTHY),
        ("starting running", True, SILENT_SECONDS, Status.UNHEALTHY),
    ],
)
def test_its_status(states, was_well, since_well, status):
    by_name = dict(zip(("api-server", "scheduler"), states.split(), strict=True))

    assert status_of(by_name, was_well=was_well, since_well=since_well) == status


def test_after_the_end_of_a_process_it_is_not_well_before_that_is_back():
    states = {"api-server": "running", "scheduler": "starting"}

    assert status_of(states, was_well=True, since_well=1) == Status.HEALTHY
    assert status_of(states, was_well=True, since_well=1, has_lost=True) == Status.UNHEALTHY


@pytest.mark.parametrize(
    ("available", "needed", "is_refused"),
    [(None, 1024, False), (1024 * MIB, 1024, False), (1024 * MIB - 1, 1024, True), (0, 0, False)],
)
def test_a_machine_without_room_says_so(available, needed, is_refused):
    reason = no_room(available, needed)

    assert bool(reason) is is_refused
    if is_refused:
        assert "1,023 MiB of memory left" in reason
        assert "Hibernate another Deployment" in reason
