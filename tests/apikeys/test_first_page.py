"""The first page of all keys, which has queries of its own, is the one that any other way to it shows."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apikeys import listing
from apikeys.listing import KeyListForm, list_keys
from apikeys.models import ApiKey
from apikeys.models.key import live_secrets, live_secrets_of
from cloudui.web.paging import PAGE_SIZE
from tests.factories import create_api_key, create_deployment

pytestmark = pytest.mark.django_db


def add(deployment, number):
    """Keys that differ in name, age and last use, some of them in nothing."""
    template = create_api_key(deployment, name="First").key
    now = timezone.now()
    ApiKey.objects.bulk_create(
        ApiKey(
            deployment=deployment,
            name=f"key {index % 7}",
            created_by_name=template.created_by_name,
            creation_nonce=f"{index}",
            last_used_at=now - timedelta(hours=index % 5) if index % 3 else None,
        )
        for index in range(number - 1)
    )
    deployment.api_key_count = number


@pytest.mark.parametrize("number", [1, PAGE_SIZE, PAGE_SIZE + 1])
@pytest.mark.parametrize("sort", KeyListForm.SORTS)
def test_it_has_the_same_rows_and_the_same_ways_on(deployment, sort, number):
    add(deployment, number)
    add(create_deployment(), 3)
    form = KeyListForm({"sort": sort})

    first, chosen = listing._first_of_all(form, deployment), listing._chosen(form, deployment)

    assert [key.pk for key in first.page.rows] == [key.pk for key in chosen.page.rows]
    assert (first.before, first.after, first.range) == (chosen.before, chosen.after, chosen.range)
    assert bool(first.after) == (number > PAGE_SIZE)


def test_a_deployment_without_keys_has_an_empty_one(deployment, django_assert_num_queries):
    with django_assert_num_queries(1):
        page = list_keys(deployment, {}).page

    assert (page.rows, page.before, page.after) == ([], "", "")


def test_its_secrets_are_those_that_are_prefetched(deployment, as_caller):
    keys = [create_api_key(deployment, name=f"{number}").key for number in range(4)]
    keys[1].secrets.update(ended_at=timezone.now())
    keys[2].secrets.update(ends_at=timezone.now() - timedelta(seconds=1))
    keys[3].secrets.update(ends_at=timezone.now() + timedelta(hours=1))

    found = live_secrets_of(keys)

    expected = ApiKey.objects.of(deployment).prefetch_related(live_secrets())
    assert {key.pk: found[key.pk] for key in keys} == {key.pk: key.live_secrets for key in expected}
    assert [len(found[key.pk]) for key in keys] == [1, 0, 0, 1]
