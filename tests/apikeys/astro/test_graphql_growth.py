"""The list of Deployments: in pages for programs that know them, and nothing is read that is not asked for."""

import pytest

from deployments.models import Deployment, EnvironmentVariable
from tests.apikeys.astro.test_graphql import ALL, ask, bearer, post, refusal
from tests.clients import astro_queries
from tests.factories import create_owner
from tests.growth import assert_grows_little
from tests.plans import captured_plans

pytestmark = pytest.mark.django_db

PAGE = """query($organizationId: Id!, $workspaceId: Id, $first: Int, $after: Id) {
    deployments(organizationId: $organizationId, workspaceId: $workspaceId, first: $first, after: $after) {
        id label cluster { nodePools { id } } workerQueues { id }
        deploymentSpec { environmentVariablesObjects { key } }
    }
}"""


def many(deployment, number, *, start=0):
    """More Deployments beside this one."""
    place = {"workspace": deployment.workspace, "cluster": deployment.cluster, "runtime": deployment.runtime}
    Deployment.objects.bulk_create(
        Deployment(name=f"Many {serial:04}", release_name=f"many-{serial}", **place)
        for serial in range(start, start + number)
    )


def page(headers, **variables):
    answer = ask(PAGE, headers, {**ALL, **variables})
    return [one["label"] for one in answer["data"]["deployments"]]


def test_a_page_costs_the_same_with_many_deployments(deployment, admin):
    many(deployment, 40)
    body = {"query": PAGE, "variables": {**ALL, "first": 25}}

    assert_grows_little(lambda: post(body, bearer(admin)), lambda: many(deployment, 1000, start=50))


@pytest.mark.parametrize("is_of_workspace", [True, False])
def test_pages_are_read_in_the_order_of_an_index(deployment, is_of_workspace):
    many(deployment, 100)
    headers = bearer(create_owner())
    place = {"workspaceId": deployment.workspace_id if is_of_workspace else ""}

    with captured_plans() as found:
        ask(PAGE, headers, {**ALL, **place, "first": 10, "after": deployment.pk})

    (plans,) = found
    lists = [query for query in plans.sorting if 'ORDER BY "deployments_deployment"."created_at"' in query]
    assert lists == []


def test_pages_hold_every_deployment_once(deployment, admin):
    many(deployment, 30)
    headers, everything = bearer(admin), page(bearer(admin))

    walked, last = [], None
    while rows := ask(PAGE, headers, {**ALL, "first": 7, "after": last})["data"]["deployments"]:
        walked += [one["label"] for one in rows]
        last = rows[-1]["id"]

    assert walked == everything
    assert len(everything) == 31


@pytest.mark.parametrize("number", [0, -1, 1001])
def test_a_page_has_a_size(deployment, admin, number):
    assert refusal(PAGE, bearer(admin), {**ALL, "first": number}) == "Ask for 1 to 1000 Deployments at once."


def test_a_page_begins_behind_a_deployment_that_the_caller_sees(deployment, admin):
    unknown = {**ALL, "first": 1, "after": "c" + "0" * 24}

    assert "There is no such Deployment" in refusal(PAGE, bearer(admin), unknown)


def test_what_is_not_asked_for_is_not_read(deployment, admin, django_assert_max_num_queries):
    headers = bearer(admin)
    query = "query($organizationId: Id!) {deployments(organizationId: $organizationId) {id label}}"
    ask(query, headers, {"organizationId": ""})

    with django_assert_max_num_queries(2) as queries:
        ask(query, headers, {"organizationId": ""})

    read = " ".join(query["sql"] for query in queries.captured_queries)
    tables = [EnvironmentVariable, Deployment.worker_queues.rel.related_model]
    assert [model for model in tables if model._meta.db_table in read] == []


def test_the_client_that_knows_no_pages_gets_all(deployment, admin):
    many(deployment, 60)

    found = ask(astro_queries.DEPLOYMENTS, bearer(admin), ALL)["data"]["deployments"]

    assert len(found) == 61
