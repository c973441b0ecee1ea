"""Clusters, releases and Deployments in the admin site."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from deployments.models import Cluster, Deployment, RuntimeRelease
from tests.admin.forms import errors, send
from tests.deployments.helpers import page, text
from tests.factories import create_api_key, create_cluster, create_deployment, create_runtime
from workspaces.models import AuditEvent

pytestmark = pytest.mark.django_db


def change(obj):
    return f"/admin/deployments/{obj._meta.model_name}/{obj.pk}/change/"


def test_a_cluster_is_made_with_its_node_pools(as_operator):
    pool = {
        "node_pools-TOTAL_FORMS": 1,
        "node_pools-0-worker_type": "m5.xlarge",
        "node_pools-0-cpu": "4",
        "node_pools-0-memory_gib": "16",
        "node_pools-0-max_workers": "20",
        "node_pools-0-is_default": "on",
        "node_pools-0-id": "",
    }

    send(as_operator, "/admin/deployments/cluster/add/", name="europe", provider="aws", region="eu-1", **pool)

    cluster = Cluster.objects.get(name="europe")
    assert [pool.worker_type for pool in cluster.node_pools.all()] == ["m5.xlarge"]
    assert sorted(AuditEvent.objects.values_list("operation", flat=True)) == [
        "createCluster",
        "createNodePool",
    ]


def test_a_changed_cluster_is_audited(as_operator):
    cluster = create_cluster(name="europe")

    send(as_operator, change(cluster), region="eu-2")

    event = AuditEvent.objects.get()
    assert (event.operation, event.target) == ("updateCluster", cluster.pk)
    assert event.input == {"region": "eu-2", "before": {"region": ""}}


def test_a_cluster_in_use_stays(as_operator, deployment):
    response = as_operator.post(
        f"/admin/deployments/cluster/{deployment.cluster_id}/delete/", {"post": "yes"}
    )

    assert response.status_code in {200, 403}
    assert Cluster.objects.filter(pk=deployment.cluster_id).exists()


def test_a_release_is_made_and_taken_back(as_operator):
    send(as_operator, "/admin/deployments/runtimerelease/add/", version="99.1.0", airflow_version="4.0.0")
    release = RuntimeRelease.objects.get(version="99.1.0")

    send(as_operator, change(release), is_offered=None)

    release.refresh_from_db()
    assert not release.is_offered
    assert list(AuditEvent.objects.order_by("pk").values_list("operation", flat=True)) == [
        "createRuntimeRelease",
        "updateRuntimeRelease",
    ]


def test_the_version_of_a_release_stays(as_operator):
    release = create_runtime(version="99.1.0")

    send(as_operator, change(release), version="99.2.0")

    assert not RuntimeRelease.objects.filter(version="99.2.0").exists()


def test_an_operator_names_the_airflow_of_a_deployment(as_operator, operator, deployment):
    send(as_operator, change(deployment), airflow_url="https://airflow.example.com/production")

    deployment.refresh_from_db()
    assert deployment.airflow_url == "https://airflow.example.com/production"
    assert (deployment.updated_by_id, deployment.updated_by_name) == (operator.pk, "Opal Operator")
    event = AuditEvent.objects.get()
    assert (event.operation, event.workspace, event.deployment) == (
        "updateDeployment",
        deployment.workspace_id,
        deployment.pk,
    )
    assert event.input["airflow_url"] == "https://airflow.example.com/production"


@pytest.mark.parametrize(
    "address",
    [
        "nonsense",
        "ftp://airflow.example.com",
        "javascript:alert(1)",
        "https://user:password@airflow.example.com",
        "//airflow.example.com:x",
        "http://[::1",
    ],
)
def test_a_bad_address_is_refused_beside_the_field(as_operator, deployment, address):
    response = send(as_operator, change(deployment), airflow_url=address)

    assert response.status_code == 200
    assert errors(response)
    deployment.refresh_from_db()
    assert deployment.airflow_url == ""


@pytest.mark.threat("T-W8")
def test_nothing_else_of_a_deployment_changes(as_operator, deployment):
    before = {field.attname: getattr(deployment, field.attname) for field in Deployment._meta.concrete_fields}

    send(
        as_operator,
        change(deployment),
        name="Taken",
        release_name="taken-0000",
        workspace="c0",
        status="HEALTHY",
        api_key_count="99",
        ci_cd_enforced="on",
    )

    after = Deployment.objects.values(*before).get(pk=deployment.pk)
    assert after == before


def test_counters_that_moved_while_the_form_was_open_are_kept(as_operator, deployment):
    form = as_operator.get(change(deployment))
    create_api_key(deployment)

    as_operator.post(change(deployment), {"airflow_url": "https://airflow.example.com"})

    assert form.status_code == 200
    assert Deployment.objects.get(pk=deployment.pk).api_key_count == 1


def test_deployments_are_made_and_deleted_in_the_console(as_operator, deployment):
    path = f"/admin/deployments/deployment/{deployment.pk}/delete/"

    assert as_operator.get("/admin/deployments/deployment/add/").status_code == 403
    assert as_operator.post(path, {"post": "yes"}).status_code == 403
    assert page(as_operator.get(change(deployment))).select_one(".deletelink") is None
    assert deployment.release_name in text(as_operator.get(change(deployment)))


def test_the_list_takes_the_same_number_of_queries_with_many_rows(
    as_operator, deployment, django_assert_num_queries
):
    with CaptureQueriesContext(connection) as few:
        as_operator.get("/admin/deployments/deployment/")
    for _ in range(20):
        create_deployment()

    with django_assert_num_queries(len(few)):
        as_operator.get("/admin/deployments/deployment/")
