"""The list of a Workspace with ten thousand Deployments."""

import pytest

from deployments.models import Deployment
from tests.factories import create_deployment
from tests.growth import assert_grows_little
from tests.plans import captured_plans

SORTS = ["name", "-name", "updated", "-updated", "created", "-created"]


def many(deployment, number, *, start=0):
    """More Deployments beside this one."""
    place = {"workspace": deployment.workspace, "cluster": deployment.cluster, "runtime": deployment.runtime}
    Deployment.objects.bulk_create(
        Deployment(name=f"Many {serial:05}", release_name=f"many-{serial}", **place)
        for serial in range(start, start + number)
    )


@pytest.mark.parametrize("view", ["cards", "table"])
def test_the_list_costs_the_same_with_ten_thousand(as_member, workspace, deployment, view):
    path = f"/{workspace.pk}/deployments?view={view}&sort=-updated"
    many(deployment, 40)

    assert_grows_little(lambda: as_member.get(path), lambda: many(deployment, 10_000, start=40))


@pytest.mark.parametrize("sort", SORTS)
def test_each_order_is_that_of_an_index(as_owner, workspace, deployment, sort):
    many(deployment, 100)
    many(create_deployment(), 100, start=100)
    path = f"/{workspace.pk}/deployments?sort={sort}"
    as_owner.get(path)

    with captured_plans() as found:
        as_owner.get(path)

    (plans,) = found
    lists = [
        query for query in plans.sorting if 'FROM "deployments_deployment"' in query and "LIMIT 26" in query
    ]
    assert lists == []
