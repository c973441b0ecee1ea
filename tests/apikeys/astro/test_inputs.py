"""What the client means by the input of `updateDeployment`: it sends the whole Deployment with every change."""

import pytest

from apikeys.astro.changes import ChangeRefused, QueueChange
from apikeys.astro.graphql.inputs import new_deployment, update_of
from deployments.models import Deployment, Executor

QUEUE = {"name": "default", "is_default": True, "min_worker_count": 0, "node_pool_id": "np1"}


def stored(*, dags=True, enforced=False) -> Deployment:
    return Deployment(
        name="Demo",
        description="Words",
        cluster_id="cl1",
        executor=Executor.CELERY,
        scheduler_au=5,
        scheduler_replicas=2,
        dag_deploys_enabled=dags,
        ci_cd_enforced=enforced,
    )


def given(*, au=5, replicas=2, executor="CeleryExecutor", **changes):
    return {
        "cluster_id": "cl1",
        "label": "Demo",
        "description": "Words",
        "dag_deploy_enabled": False,
        "api_key_only_deployments": False,
        "deployment_spec": {"executor": executor, "scheduler": {"au": au, "replicas": replicas}},
        "is_high_availability": False,
        "scheduler_size": "",
        "worker_queues": None,
        **changes,
    }


# What is stored, what was sent, and what becomes of DAG deploys and of CI/CD enforcement (None keeps).
MEANINGS = {
    "--dag-deploy disable": (stored(), given(), (False, None)),
    "--dag-deploy disable, enforced": (
        stored(enforced=True),
        given(api_key_only_deployments=True),
        (False, True),
    ),
    "--dag-deploy enable": (stored(dags=False), given(dag_deploy_enabled=True), (True, None)),
    "a new name": (stored(), given(label="Other"), (None, None)),
    "a new description": (stored(), given(description="Other"), (None, None)),
    "another executor": (stored(), given(executor="KubernetesExecutor"), (None, None)),
    "more AU": (stored(), given(au=6), (None, None)),
    "more schedulers": (stored(), given(replicas=3), (None, None)),
    "numbers that keep": (stored(), given(au=0, replicas=0), (False, None)),
    "worker queues": (stored(), given(worker_queues=[QUEUE]), (None, None)),
    "worker queues, enforced": (
        stored(enforced=True),
        given(worker_queues=[QUEUE], api_key_only_deployments=True),
        (None, True),
    ),
    "--enforce-cicd": (stored(), given(api_key_only_deployments=True), (None, True)),
    "--enforce-cicd=false": (stored(enforced=True), given(), (None, False)),
    "--enforce-cicd=false and a name": (stored(enforced=True), given(label="Other"), (None, None)),
    "a file that changes nothing": (
        stored(enforced=True),
        given(dag_deploy_enabled=True, worker_queues=[QUEUE]),
        (True, None),
    ),
    "a file without queues": (stored(enforced=True), given(dag_deploy_enabled=True), (True, None)),
    "a file without queues or DAG deploys": (stored(dags=False, enforced=True), given(), (None, None)),
    "a file that disables DAG deploys": (
        stored(enforced=True),
        given(worker_queues=[QUEUE]),
        (None, None),
    ),
}


@pytest.mark.parametrize(("before", "sent", "meant"), MEANINGS.values(), ids=MEANINGS)
def test_false_means_no_only_where_nothing_else_does(before, sent, meant):
    change = update_of(sent, before)

    assert (change.dag_deploys_enabled, change.ci_cd_enforced) == meant
    # Named sizes and high availability are of another product of theirs.
    assert change.is_highly_available is None


def test_a_new_deployment_is_what_was_sent():
    change = new_deployment(given(dag_deploy_enabled=True, au=0))

    assert (change.dag_deploys_enabled, change.ci_cd_enforced, change.scheduler_au) == (True, False, 0)


def test_a_queue_is_read_with_what_was_left_out():
    [queue] = update_of(given(worker_queues=[QUEUE]), stored()).queues or []

    assert queue == QueueChange(name="default", node_pool="np1", min_workers=0)


@pytest.mark.django_db
def test_a_deployment_stays_on_its_cluster(deployment):
    with pytest.raises(ChangeRefused, match=f"stays on its Cluster, which is {deployment.cluster.name}"):
        update_of(given(cluster_id="other"), deployment)


def test_there_are_two_executors():
    with pytest.raises(ChangeRefused, match="no other executor"):
        update_of(given(executor="LocalExecutor"), stored())
