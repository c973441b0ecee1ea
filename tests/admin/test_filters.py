"""Lists are filtered by what they show: any other field could be read character by character."""

import pytest
from django.contrib import admin
from django.urls import reverse

from tests.deployments.helpers import page
from tests.factories import create_api_key, create_user
from workspaces.models import User

pytestmark = pytest.mark.django_db

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)


def list_of(model):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def shown_in(model):
    model_admin = admin.site._registry[model]
    return {*model_admin.list_display, *(it for it in model_admin.list_filter if isinstance(it, str))}


def hidden_lookups(model):
    """A question about each field that the list does not show, and about fields on the other side of those it shows."""
    for field in model._meta.get_fields():
        if field.name not in shown_in(model):
            yield f"{field.name}__isnull"
            if not field.is_relation:
                yield f"{field.name}__startswith"
                yield field.name
        if field.is_relation:
            names = {other.name for other in field.related_model._meta.get_fields() if not other.is_relation}
            yield from (f"{field.name}__{name}__startswith" for name in names)


@pytest.mark.threat("T-S6")
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_nobody_filters_by_a_field_that_the_list_does_not_show(as_operator, model):
    lookups = list(hidden_lookups(model))

    answered = [name for name in lookups if as_operator.get(list_of(model), {name: "1"}).status_code != 400]

    assert lookups
    assert answered == []


@pytest.mark.threat("T-S6")
@pytest.mark.parametrize(
    "lookup",
    [
        "security_stamp__startswith",
        "security_stamp__regex",
        "security_stamp",
        "password__startswith",
        "memberships__user__security_stamp__startswith",
        "groups__user__security_stamp__startswith",
        "user_permissions__user__password__startswith",
    ],
)
def test_a_security_stamp_is_not_read_by_its_beginning(as_helper, lookup):
    create_user()
    stamp = User.objects.values_list("security_stamp", flat=True).first()

    answers = [as_helper.get(list_of(User), {lookup: text}) for text in (stamp[:1], "x")]

    assert [answer.status_code for answer in answers] == [400, 400]


@pytest.mark.parametrize("lookup", ["email__regex", "email__iregex", "last_login__date__regex"])
def test_no_regular_expression_keeps_the_database_busy(as_operator, lookup):
    assert as_operator.get(list_of(User), {lookup: "(a|a)*b"}).status_code == 400


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_each_filter_that_a_list_offers_works(as_operator, deployment, owner, model):
    create_api_key(deployment, by=owner)
    links = page(as_operator.get(list_of(model))).select("#changelist-filter a")

    answers = [as_operator.get(list_of(model) + link["href"]) for link in links]

    assert [answer.status_code for answer in answers] == [200] * len(links)
    assert bool(links) == bool(admin.site._registry[model].list_filter)
