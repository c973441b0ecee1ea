"""The audit log in the admin site: to be read, filtered and searched, and nothing else."""

import pytest
from django.db import transaction

from cloudui.web.principal import Kind, Principal, system_principal
from tests.deployments.helpers import page, text
from workspaces import audit
from workspaces.models import AuditEvent

LIST = "/admin/workspaces/auditevent/"


def rows(response):
    return page(response).select("#result_list tbody tr")


@pytest.fixture
def event(db):
    with transaction.atomic():
        audit.record(system_principal("housekeeping"), "other")
        person = Principal(kind=Kind.USER, id="c1", name="<b>Ada</b>")
        return audit.record(person, "createWorkspace", target="c2", input={"name": "<i>A</i>"})


def test_the_newest_comes_first_with_its_moment_to_the_millisecond(as_operator, event):
    first = rows(as_operator.get(LIST))[0]

    assert "createWorkspace" in first.get_text()
    assert f"{event.at:%Y-%m-%d %H:%M:%S}" in first.get_text()


@pytest.mark.parametrize("words", ["createWorkspace", "createworkspace", "c1", "<b>Ada</b>", "c2"])
def test_an_event_is_found_by_operation_person_and_target(as_operator, event, words):
    assert len(rows(as_operator.get(LIST, {"q": words}))) == 1


def test_events_are_told_apart_by_the_kind_of_caller(as_operator, event):
    assert len(rows(as_operator.get(LIST, {"kind": "system"}))) == 1
    assert len(rows(as_operator.get(LIST, {"kind": "api_key"}))) == 0
    assert len(rows(as_operator.get(LIST, {"kind": "nonsense"}))) == 0


def test_an_event_is_shown_as_text(as_operator, event):
    response = as_operator.get(f"{LIST}{event.pk}/change/")

    assert "<b>Ada</b>" in text(response)
    assert page(response).select_one("#content b, #content i") is None
    assert page(response).select_one("#content input[name=operation], #content input[type=submit]") is None


@pytest.mark.threat("T-S7")
def test_nobody_adds_changes_or_deletes_an_event(as_operator, event):
    answers = [
        as_operator.get(f"{LIST}add/"),
        as_operator.post(f"{LIST}add/", {"operation": "forged"}),
        as_operator.post(f"{LIST}{event.pk}/change/", {"operation": "forged"}),
        as_operator.get(f"{LIST}{event.pk}/delete/"),
        as_operator.post(f"{LIST}{event.pk}/delete/", {"post": "yes"}),
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert AuditEvent.objects.get(pk=event.pk).operation == "createWorkspace"
    assert AuditEvent.objects.count() == 2


def test_the_list_counts_no_further_than_ten_thousand(as_operator, event, django_assert_max_num_queries):
    with django_assert_max_num_queries(6) as queries:
        as_operator.get(LIST)

    counts = [query["sql"] for query in queries.captured_queries if "COUNT" in query["sql"]]
    assert all("LIMIT 10000" in count for count in counts)
