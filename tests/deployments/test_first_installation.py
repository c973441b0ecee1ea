"""What a fresh installation offers before an operator has touched anything."""

import re

import pytest

from deployments.models import Cluster, Deployment, NodePool, RuntimeRelease
from deployments.releases import RELEASES
from tests.deployments.helpers import create_url
from tests.factories import create_workspace

pytestmark = pytest.mark.django_db


def test_there_is_a_local_cluster_with_one_default_pool():
    cluster = Cluster.objects.get()

    assert (cluster.name, cluster.provider) == ("local", "local")
    assert [pool.worker_type for pool in NodePool.objects.filter(cluster=cluster, is_default=True)] == [
        "small"
    ]
    assert [str(pool) for pool in NodePool.objects.filter(cluster=cluster)] == [
        "small (1 CPU, 2 GiB)",
        "large (4 CPU, 8 GiB)",
        "medium (2 CPU, 4 GiB)",
    ]


def test_the_releases_are_offered_newest_first():
    assert [str(release) for release in RuntimeRelease.objects.offered()] == [
        "13.4.0 (based on Airflow v3.3.2)",
        "13.1.0 (based on Airflow v3.1.3)",
        "13.0.2 (based on Airflow v3.0.6)",
        "12.2.0 (based on Airflow v2.11.2)",
        "12.1.0 (based on Airflow v2.11.0)",
        "12.0.3 (based on Airflow v2.10.5)",
    ]


def test_versions_compare_as_semantic_versions():
    versions = [tuple(int(part) for part in release.version.split(".")) for release in RELEASES]

    assert all(re.fullmatch(r"\d+\.\d+\.\d+", release.version) for release in RELEASES)
    assert versions == sorted(versions, reverse=True)


def test_a_deployment_can_be_made_by_typing_a_name(as_owner):
    workspace = create_workspace()
    as_shown = {
        "cluster": Cluster.objects.get().pk,
        "runtime": RELEASES[0].version,
        "executor": "CeleryExecutor",
        "scheduler_au": "5",
        "scheduler_replicas": "1",
    }

    as_owner.post(create_url(workspace), {"name": "First", **as_shown})

    assert Deployment.objects.get().name == "First"
