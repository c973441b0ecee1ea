"""What an Airflow should be, out of a Deployment and all that belongs to it."""

import pytest
from django.utils import timezone

from deployments.airflow.runner import plan as plans
from deployments.airflow.runner import rows
from deployments.airflow.runner.plan import Plan
from deployments.models import Airflow, Deployment, Ground
from deployments.models.queue import WorkerQueue
from deployments.models.variable import EnvironmentVariable
from deployments.variables.service import seal_value


def set_variable(deployment, key, value):
    row = EnvironmentVariable(deployment=deployment, key=key, updated_at=timezone.now())
    seal_value(row, value)
    row.save()
    return row


@pytest.fixture
def airflow(deployment):
    return Airflow.objects.create(deployment=deployment, ground=Ground.LOCAL)


def plan_of(airflow):
    return rows.plan_of(airflow.pk)


def test_it_has_the_variables_and_those_that_airflow_looks_up_apart(airflow, deployment):
    for key in ("MY_VAR", "AIRFLOW_VAR_COLOR", "AIRFLOW_CONN_WAREHOUSE", "AIRFLOW__CORE__DEFAULT_TIMEZONE"):
        set_variable(deployment, key, f"value of {key}")

    plan = plan_of(airflow)

    assert plan.environment.keys() == {"MY_VAR", "AIRFLOW__CORE__DEFAULT_TIMEZONE"}
    assert plan.secrets == {
        "AIRFLOW_VAR_COLOR": "value of AIRFLOW_VAR_COLOR",
        "AIRFLOW_CONN_WAREHOUSE": "value of AIRFLOW_CONN_WAREHOUSE",
    }
    assert "value of" not in repr(plan)


def test_a_variable_that_cannot_be_read_is_left_out(airflow, deployment):
    row = set_variable(deployment, "COPIED", "x")
    EnvironmentVariable.objects.filter(pk=row.pk).update(key="RENAMED")

    assert plan_of(airflow).environment == {}


@pytest.mark.parametrize(
    ("queues", "tasks"),
    [([], 4), ([(1, 3)], 3), ([(1, 3), (2, 5)], 13), ([(10, 16)], 20)],
)
def test_its_tasks_are_those_of_all_queues_as_far_as_a_machine_goes(
    airflow, deployment, queues, tasks, monkeypatch
):
    monkeypatch.setattr(plans, "MOST_TASKS", 20)
    pool = WorkerQueue.objects.get().node_pool
    WorkerQueue.objects.all().delete()
    for number, (workers, concurrency) in enumerate(queues):
        WorkerQueue.objects.create(
            deployment=deployment,
            name=f"queue{number}",
            node_pool=pool,
            max_workers=workers,
            concurrency=concurrency,
        )

    assert plan_of(airflow).tasks == tasks


CHANGES = {
    "its wish to be awake": lambda airflow: Airflow.objects.update(is_awake=False),
    "a restart": lambda airflow: Airflow.objects.update(restart_requested_at=timezone.now()),
    "its variables": lambda airflow: Deployment.objects.update(variables_version=2),
    "its configuration": lambda airflow: Deployment.objects.update(configuration_version=2),
    "a queue": lambda airflow: WorkerQueue.objects.update(concurrency=7),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_one_query_tells_that_a_plan_is_another(airflow, change, django_assert_num_queries):
    with django_assert_num_queries(1):
        (before,) = rows.read()
    change(airflow)

    (after,) = rows.read()
    assert after.deployment_id == before.deployment_id
    assert after.stamp != before.stamp


@pytest.mark.parametrize("ground", [Ground.CONNECTED, Ground.KUBERNETES])
def test_airflows_of_others_are_none_of_its_business(airflow, ground):
    Airflow.objects.update(ground=ground)

    assert rows.read() == []
    assert plan_of(airflow) is None


def make(**changes):
    return Plan(
        **{
            "deployment_id": "c1",
            "release_name": "r-1",
            "airflow_version": "3.3.2",
            "is_awake": True,
            **changes,
        }
    )


@pytest.mark.parametrize(
    ("changes", "needs_a_restart"),
    [
        ({"environment": {"A": "1"}}, True),
        ({"tasks": 9}, True),
        ({"airflow_version": "2.11.2"}, True),
        ({"restart_requested_at": timezone.now()}, True),
        ({"secrets": {"AIRFLOW_VAR_A": "1"}}, False),
        ({"variables_version": 7}, False),
    ],
)
def test_only_some_changes_need_a_restart(changes, needs_a_restart):
    assert (make(**changes).digest != make().digest) is needs_a_restart
