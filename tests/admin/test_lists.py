"""Every list costs the same however many rows there are, and what is searched for is found by an index."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apikeys.models import ApiKey
from deployments.models import Cluster, Deployment, RuntimeRelease
from tests.deployments.helpers import page
from tests.factories import create_cluster, create_deployment, create_runtime, create_user, create_workspace
from tests.plans import captured_plans
from workspaces.models import AuditEvent, Membership, User, Workspace

pytestmark = pytest.mark.django_db

# More than two pages.
MANY = 250


def new_rows(model):
    """Many rows that nothing has been saved of yet."""
    numbers = range(MANY)
    if model is ApiKey:
        deployment = create_deployment()
        return [ApiKey(deployment=deployment, name=f"Key {n}", creation_nonce=f"{n:032}") for n in numbers]
    if model is Deployment:
        place = {"workspace": create_workspace(), "cluster": create_cluster(), "runtime": create_runtime()}
        return [Deployment(name=f"Deployment no. {n}", release_name=f"many-{n}", **place) for n in numbers]
    if model is Membership:
        workspace = create_workspace()
        people = User.objects.bulk_create(User(email=f"many{n}@example.com") for n in numbers)
        return [Membership(workspace=workspace, user=user) for user in people]
    fields = {
        AuditEvent: lambda n: {"operation": "updateUser", "subject_name": f"Many {n}"},
        Cluster: lambda n: {"name": f"many-{n}", "provider": "local"},
        Group: lambda n: {"name": f"Many {n}"},
        RuntimeRelease: lambda n: {"version": f"98.0.{n}", "airflow_version": "3.3.2"},
        User: lambda n: {"email": f"many{n}@example.com", "full_name": f"Many {n}"},
        Workspace: lambda n: {"name": f"Many {n}"},
    }[model]
    return [model(**fields(n)) for n in numbers]


MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)


@pytest.fixture(params=MODELS, ids=lambda model: model.__name__)
def model(request):
    return request.param


@pytest.fixture
def path(model):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def test_many_rows_take_as_many_queries_as_few(as_operator, deployment, model, path):
    as_operator.get(path)
    with CaptureQueriesContext(connection) as few:
        as_operator.get(path)
    model.objects.bulk_create(new_rows(model))

    with CaptureQueriesContext(connection) as many:
        response = as_operator.get(path)

    assert len(page(response).select("#result_list tbody tr")) == 100
    assert len(many) == len(few)


def test_each_list_is_read_in_the_order_of_an_index_and_no_further_than_needed(as_operator, model, path):
    model.objects.bulk_create(new_rows(model))
    as_operator.get(path)

    with captured_plans() as found:
        as_operator.get(path, {"p": 2})

    (plans,) = found
    rows = [query for query in plans.by_query if f'FROM "{model._meta.db_table}"' in query]
    assert plans.sorting == []
    assert [query for query in rows if "LIMIT" not in query] == []


def test_what_is_searched_for_is_found_by_an_index(as_operator, deployment, model, path):
    model.objects.bulk_create(new_rows(model))
    as_operator.get(path)

    with captured_plans() as found:
        response = as_operator.get(path, {"q": "Prod 50%_"})

    assert response.status_code == 200
    assert [plans.read_as_a_whole for plans in found] == [set()]


def test_no_list_is_sorted_by_what_no_index_is_in_the_order_of(as_operator, model, path):
    as_operator.get(path)

    for column in range(-8, 9):
        with captured_plans() as found:
            as_operator.get(path, {"o": column})
        assert [plans.sorting for plans in found] == [[]], column


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (User, ["MANY1", "many 1", '"Many 1"', "many"]),
        (Workspace, ["mAnY 1", " Many 1 "]),
        (Deployment, ["deployment NO. 1", "many-1"]),
        (Cluster, ["many-1"]),
        (RuntimeRelease, ["98.0.1"]),
        (Group, ["Many 1"]),
        (Membership, ["many1"]),
        (ApiKey, ["key 1"]),
        (AuditEvent, ["UPDATE", "many 1"]),
    ],
    indirect=["model"],
)
def test_rows_are_found_by_how_they_begin(as_operator, model, path, words):
    model.objects.bulk_create(new_rows(model))

    for word in words:
        assert len(page(as_operator.get(path, {"q": word})).select("#result_list tbody tr")) > 1, word


@pytest.mark.parametrize("words", ["any", "%any", "_any", "Many 1%", "'", '""', "\U0010ffff"])
def test_what_looks_like_a_pattern_is_none(as_operator, words):
    User.objects.bulk_create(new_rows(User))

    response = as_operator.get("/admin/workspaces/user/", {"q": words})

    expected = 100 if words in {"'", '""'} else 0
    assert len(page(response).select("#result_list tbody tr")) == expected


def test_keys_come_by_creation_with_their_last_use(as_operator, deployment):
    moment = timezone.now()
    used = {"last_used_at": moment, "last_used_from": "192.0.2.7", "last_used_client": "curl/8"}
    for age, use in enumerate([{}, used]):
        key = ApiKey.objects.create(
            deployment=deployment, name=f"{age} days", creation_nonce=f"{age:032}", **use
        )
        ApiKey.objects.filter(pk=key.pk).update(created_at=moment - timedelta(days=age))

    rows = page(as_operator.get("/admin/apikeys/apikey/")).select("#result_list tbody tr")

    cells = [[row.select_one(f".field-{name}").get_text() for name in ("name", "last_use")] for row in rows]
    assert [name for name, _ in cells] == ["0 days", "1 days"]
    assert cells[0][1] == "Never"
    assert cells[1][1].endswith("from 192.0.2.7 (curl)")


def test_a_key_is_found_by_its_creator_and_by_how_its_id_begins(as_operator, deployment):
    creator = create_user(full_name="Cora Creator", email="cora@example.com")
    key = ApiKey.objects.create(deployment=deployment, name="CI", creation_nonce="0", created_by=creator)
    ApiKey.objects.create(deployment=deployment, name="Other", creation_nonce="1")

    for words in (key.pk[:8], key.pk, "cora c", "Cora@", "ci"):
        rows = page(as_operator.get("/admin/apikeys/apikey/", {"q": words})).select("#result_list tbody tr")
        assert len(rows) == 1, words
