"""The worker types of a Cluster, of which several operators may have a form open."""

import pytest

from deployments.models import NodePool
from tests.admin.forms import errors, fill
from tests.factories import create_cluster, create_deployment, create_node_pool

pytestmark = pytest.mark.django_db


@pytest.fixture
def cluster():
    """It has the worker types `small`, which is the default, and `medium`."""
    cluster = create_cluster()
    create_node_pool(cluster, worker_type="medium")
    return cluster


@pytest.fixture
def path(cluster):
    return f"/admin/deployments/cluster/{cluster.pk}/change/"


def row(number, **fields):
    """The fields of one more worker type."""
    values = {"worker_type": "large", "cpu": "4", "memory_gib": "16", "max_workers": "20", "id": "", **fields}
    return {
        "node_pools-TOTAL_FORMS": number + 1,
        **{f"node_pools-{number}-{name}": value for name, value in values.items()},
    }


def types_of(cluster):
    return {pool.worker_type: pool.is_default for pool in cluster.node_pools.all()}


@pytest.mark.parametrize(
    ("meanwhile", "changes", "sentence"),
    [
        ({"worker_type": "large"}, row(2), "The Cluster has the worker type large already."),
        (
            {"worker_type": "large"},
            {"node_pools-1-worker_type": "large"},
            "has the worker type large already.",
        ),
        ({}, row(2, is_default="on"), "Choose one worker type as the default"),
        ({}, row(2, worker_type="small"), "Please correct the duplicate data for worker_type."),
        ({}, {"node_pools-INITIAL_FORMS": 1}, "has the worker type"),
    ],
    ids=["added", "renamed", "a second default", "named twice", "a row that is not listed"],
)
def test_what_the_form_does_not_list_is_said(as_operator, cluster, path, meanwhile, changes, sentence):
    form = fill(as_operator.get(path), **changes)
    if meanwhile:
        create_node_pool(cluster, **meanwhile)
    before = types_of(cluster)

    response = as_operator.post(path, form)

    assert response.status_code == 200
    assert sentence in errors(response)
    assert types_of(cluster) == before


def test_a_default_that_came_since_the_form_was_opened_stays_alone(as_operator, cluster, path):
    form = fill(as_operator.get(path), **row(2, is_default="on"), **{"node_pools-0-is_default": None})
    cluster.node_pools.update(is_default=False)
    create_node_pool(cluster, worker_type="huge", is_default=True)

    response = as_operator.post(path, form)

    assert "Choose one worker type as the default" in errors(response)
    assert types_of(cluster) == {"small": False, "medium": False, "huge": True}


def test_a_worker_type_that_went_since_the_form_was_opened_is_said(as_operator, cluster, path):
    form = fill(as_operator.get(path), **{"node_pools-1-max_workers": "30"})
    NodePool.objects.filter(cluster=cluster, worker_type="medium").delete()

    response = as_operator.post(path, form)

    assert response.status_code == 200
    assert "A worker type of this form was deleted meanwhile. Open the page again." in errors(response)


def test_two_worker_types_change_places(as_operator, cluster, path):
    names = [pool.worker_type for pool in cluster.node_pools.all()]
    assert names == ["small", "medium"]

    response = as_operator.post(
        path,
        fill(
            as_operator.get(path),
            **{
                "node_pools-0-worker_type": "medium",
                "node_pools-0-is_default": None,
                "node_pools-1-worker_type": "small",
                "node_pools-1-is_default": "on",
            },
        ),
    )

    assert response.status_code == 302
    assert types_of(cluster) == {"medium": False, "small": True}


def test_a_worker_type_in_use_stays(as_operator, cluster, path):
    create_deployment(cluster=cluster)

    response = as_operator.post(path, fill(as_operator.get(path), **{"node_pools-0-DELETE": "on"}))

    assert response.status_code == 200
    assert errors(response)
    assert types_of(cluster) == {"small": True, "medium": False}
