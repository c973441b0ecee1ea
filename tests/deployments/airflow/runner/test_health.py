"""How the processes of an Airflow are, from what the system and Airflow say."""

from datetime import UTC, datetime

import pytest

from deployments.airflow.runner import health
from deployments.airflow.runner.health import Process
from deployments.airflow.runner.programs import components

BEGAN = datetime(2026, 1, 1, 12, tzinfo=UTC)
BEFORE, AFTER = "2026-01-01T11:59:59+00:00", "2026-01-01T12:00:05+00:00"
WELL = {"metadatabase": {"status": "healthy"}}


def heard(name, when, status="healthy"):
    return {**WELL, name: {"status": status, f"latest_{name}_heartbeat": when}}


@pytest.mark.parametrize(
    ("component", "process", "said", "state"),
    [
        ("api-server", Process(is_running=True, began_at=BEGAN), {}, "starting"),
        ("api-server", Process(is_running=True, began_at=BEGAN), WELL, "running"),
        (
            "api-server",
            Process(is_running=True, began_at=BEGAN),
            {"metadatabase": {"status": "unhealthy"}},
            "failed",
        ),
        ("api-server", Process(is_running=False, ended="ended with status 1"), {}, "failed"),
        ("scheduler", Process(is_running=False), {}, "starting"),
        ("scheduler", Process(is_running=True, began_at=BEGAN), WELL, "starting"),
        ("scheduler", Process(is_running=True, began_at=BEGAN), heard("scheduler", None), "starting"),
        # That was the one before.
        ("scheduler", Process(is_running=True, began_at=BEGAN), heard("scheduler", BEFORE), "starting"),
        ("scheduler", Process(is_running=True, began_at=BEGAN), heard("scheduler", AFTER), "running"),
        (
            "scheduler",
            Process(is_running=True, began_at=BEGAN),
            heard("scheduler", AFTER, "unhealthy"),
            "failed",
        ),
        ("dag-processor", Process(is_running=True, began_at=BEGAN), heard("dag_processor", AFTER), "running"),
        ("triggerer", Process(is_running=True, began_at=BEGAN), heard("triggerer", AFTER), "running"),
    ],
)
def test_a_process_runs_when_airflow_has_heard_of_it(component, process, said, state):
    (one,) = [each for each in components("3.3.2") if each.name == component]

    assert health.states([one], {component: process}, said) == {component: state}


@pytest.mark.parametrize("answer", ["gone", "no JSON"])
def test_an_airflow_that_does_not_answer_says_nothing(monkeypatch, answer):
    def _open(url, timeout):
        if answer == "gone":
            raise ConnectionRefusedError
        raise ValueError(answer)

    monkeypatch.setattr(health, "_open", _open)

    assert health.ask("http://127.0.0.1:1", "3.3.2") == {}
    assert health.ask_version("http://127.0.0.1:1", "2.11.2") == ""
