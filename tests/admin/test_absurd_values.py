"""Values that no row can have are refused or find nothing, and are never a failure of ours."""

import pytest
from django.contrib import admin
from django.db.models import DateTimeField
from django.urls import reverse

from deployments.models import RuntimeRelease
from tests.admin.forms import errors, send
from tests.factories import create_api_key, create_cluster
from workspaces.models import AuditEvent, Membership

pytestmark = pytest.mark.django_db

HUGE = "9" * 30
TIMES = ["0001-01-01 00:00:00+14:00", "9999-12-31 23:59:59-12:00", "99999-99-99", "2026-02-30", "1" * 5000]
NUMBERS = [HUGE, f"-{HUGE}", "1e400", "NaN", "", "x,y"]
LOOKUPS = ["", "__in", "__isnull", "__gte", "__year", "__range"]
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)


def list_of(model):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


@pytest.fixture(params=MODELS, ids=lambda model: model.__name__)
def model(request, deployment):
    create_api_key(deployment)
    return request.param


def asked(client, model, questions):
    """The status of each answer."""
    return {client.get(list_of(model), question).status_code for question in questions}


def test_in_a_filter(as_operator, model):
    model_admin = admin.site._registry[model]
    names = {*model_admin.list_display, *(it for it in model_admin.list_filter if isinstance(it, str))}
    fields = [field for field in model._meta.concrete_fields if field.name in names]
    questions = [
        {f"{field.name}{lookup}": value}
        for field in fields
        for lookup in LOOKUPS
        for value in (TIMES if isinstance(field, DateTimeField) else NUMBERS)
    ]

    assert asked(as_operator, model, questions) <= {200, 302, 400}


def test_in_what_a_list_is_asked_for(as_operator, model):
    names = ["p", "o", "q", "all", "_popup", "_to_field"]
    questions = [{name: value} for name in names for value in [*NUMBERS, b"\xed\xa0\x80"]]

    assert asked(as_operator, model, questions) <= {200, 302, 400}


@pytest.mark.parametrize("page", ["change", "delete", "history"])
def test_in_the_address_of_a_row(as_operator, model, page):
    identifiers = [HUGE, f"-{HUGE}", "1e5", "0", "_", "x" * 2000]
    answers = [as_operator.get(f"{list_of(model)}{identifier}/{page}/") for identifier in identifiers]

    assert {answer.status_code for answer in answers} <= {302, 403, 404}


@pytest.mark.parametrize("value", [HUGE, "-1", "NaN", "0", ""])
def test_in_the_page_of_a_search_box(as_operator, deployment, value):
    place = {"app_label": "workspaces", "model_name": "membership", "field_name": "user"}

    assert as_operator.get("/admin/autocomplete/", {**place, "page": value}).status_code in {200, 404}


@pytest.mark.parametrize("value", [HUGE, f"-{HUGE}", "1e400", "1e-400", "NaN", "\u0661" * 30])
@pytest.mark.parametrize("field", ["cpu", "memory_gib", "max_workers", "id"])
def test_in_the_numbers_of_a_worker_type(as_operator, field, value):
    cluster = create_cluster()

    response = send(
        as_operator, f"/admin/deployments/cluster/{cluster.pk}/change/", **{f"node_pools-0-{field}": value}
    )

    assert response.status_code in {200, 302}
    assert bool(errors(response)) == (response.status_code == 200)


@pytest.mark.parametrize("value", [HUGE, "-1", "1e5", ""])
def test_in_the_position_of_a_release(as_operator, value):
    release = RuntimeRelease.objects.first()

    response = send(as_operator, f"/admin/deployments/runtimerelease/{release.pk}/change/", position=value)

    assert response.status_code == 200
    assert errors(response)


@pytest.mark.parametrize("forms", [HUGE, "-1", "1001", "x", ""])
@pytest.mark.parametrize("field", ["TOTAL_FORMS", "INITIAL_FORMS"])
def test_in_the_number_of_rows_of_a_form(as_operator, field, forms):
    cluster = create_cluster()

    response = send(
        as_operator, f"/admin/deployments/cluster/{cluster.pk}/change/", **{f"node_pools-{field}": forms}
    )

    assert response.status_code in {200, 302}
    assert cluster.node_pools.count() == 1


@pytest.mark.parametrize("user", [HUGE, "", "None", "x" * 2000])
@pytest.mark.parametrize("role", [HUGE, "-1", "10"])
def test_in_the_form_of_a_member(as_operator, workspace, user, role):
    response = send(
        as_operator, "/admin/workspaces/membership/add/", workspace=workspace.pk, user=user, role=role
    )

    assert response.status_code == 200
    assert not Membership.objects.exists()
    assert not AuditEvent.objects.exists()
