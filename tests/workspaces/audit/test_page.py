"""Audit Logs: an Owner reads, filters and exports what happened; nobody else does."""

import json
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from cloudui.web.principal import Kind, Origin, Principal
from tests.deployments.deploys.programs import of_person
from tests.deployments.helpers import field_error, one, page, text
from tests.factories import create_user
from workspaces import audit
from workspaces.audit import export, listing
from workspaces.models import AuditEvent

LOG = "/settings/audit-logs"
EXPORT = f"{LOG}/export"
WORKSPACE, DEPLOYMENT, KEY = f"c{'w' * 24}", f"c{'d' * 24}", "k" * 25

pytestmark = pytest.mark.django_db


def happened(operation, *, kind=Kind.USER, subject="c1", name="Ada", address="192.0.2.1", **options):
    origin = Origin(address=address, user_agent="curl/8", request_id="r1")
    return audit.record(Principal(kind=kind, id=subject, name=name, origin=origin), operation, **options)


@pytest.fixture
def events(db):
    happened("createWorkspace", workspace=WORKSPACE, target=WORKSPACE, input={"name": "Finance"})
    happened("createDeploymentApiKey", workspace=WORKSPACE, deployment=DEPLOYMENT, target=KEY)
    happened("updateDeployment", kind=Kind.API_KEY, subject=KEY, name="CI", deployment=DEPLOYMENT)
    happened("signInRefused", address="2001:db8::1", result="wrong_password")


def operations(response):
    return [code.get_text() for code in page(response).select("#event-list summary code")]


@pytest.mark.parametrize("client", ["as_admin", "as_member", "as_newcomer"])
@pytest.mark.parametrize(("method", "url"), [("get", LOG), ("post", EXPORT)])
def test_only_an_owner_reads_it(request, client, method, url):
    assert getattr(request.getfixturevalue(client), method)(url, {"days": 1}).status_code == 403


def test_an_owner_finds_it_beside_the_overview_and_others_do_not(as_owner, as_admin):
    assertContains(as_owner.get("/"), LOG)
    assertNotContains(as_admin.get("/"), LOG)


def test_it_says_who_did_what_where_and_from_where_the_newest_first(as_owner, events):
    shown = as_owner.get(LOG)

    assert operations(shown)[:4] == [
        "signInRefused",
        "updateDeployment",
        "createDeploymentApiKey",
        "createWorkspace",
    ]
    for part in ("Ada", "wrong_password", "2001:db8::1", "curl/8", '"name": "Finance"', KEY):
        assert part in text(shown)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"operation": "signInRefused"}, ["signInRefused"]),
        ({"who": KEY}, ["updateDeployment"]),
        ({"workspace": WORKSPACE}, ["createDeploymentApiKey", "createWorkspace"]),
        ({"deployment": DEPLOYMENT}, ["updateDeployment", "createDeploymentApiKey"]),
        ({"key": KEY}, ["updateDeployment", "createDeploymentApiKey"]),
        ({"address": "2001:db8::1"}, ["signInRefused"]),
        ({"workspace": WORKSPACE, "operation": "createWorkspace"}, ["createWorkspace"]),
        ({"operation": "nothing"}, []),
        ({"until": "2000-01-01T00:00"}, []),
        ({"since": "2100-01-01T00:00"}, []),
    ],
)
def test_a_filter_leaves_what_fits(as_owner, events, filters, expected):
    assert operations(as_owner.get(LOG, filters)) == expected


def test_a_person_is_found_by_email_address_in_any_case(as_owner):
    person = create_user(email="ada@example.com")
    happened("createWorkspace", subject=person.pk)
    happened("createWorkspace", subject="c2")

    assert len(operations(as_owner.get(LOG, {"who": "Ada@Example.com"}))) == 1


@pytest.mark.parametrize(
    ("filters", "field", "words"),
    [
        ({"since": "yesterday"}, "since", "Enter a valid date/time."),
        ({"since": "2030-01-02T00:00", "until": "2030-01-01T00:00"}, "until", "after the first one"),
        ({"address": "everywhere"}, "address", "Enter a valid IPv4 or IPv6 address."),
        ({"operation": "x" * 65}, "operation", "at most 64 characters"),
    ],
)
def test_a_filter_that_is_nonsense_says_so_beside_its_field_and_shows_nothing(
    as_owner, events, filters, field, words
):
    shown = as_owner.get(LOG, filters)

    assert shown.status_code == 422
    assert words in field_error(shown, field)
    assert operations(shown) == []


def test_the_next_page_keeps_the_filters(as_owner):
    for _ in range(30):
        happened("createWorkspace", workspace=WORKSPACE)
    happened("deleteWorkspace", workspace=WORKSPACE)

    first = as_owner.get(LOG, {"operation": "createWorkspace"})
    following = as_owner.get(one(first, ".pager a[rel=next]")["href"])

    assert (len(operations(first)), operations(following)) == (25, ["createWorkspace"] * 5)
    assert "operation=createWorkspace" in one(following, ".pager a[rel=prev]")["href"]


def test_the_name_of_a_workspace_that_still_exists_is_shown(as_owner, workspace):
    happened("updateWorkspace", workspace=workspace.pk)

    assert "Data Engineering" in text(as_owner.get(LOG))


def test_an_export_has_a_line_for_each_event_with_the_names_that_its_readers_know(as_owner, events):
    answer = as_owner.post(EXPORT, {"days": 30})
    lines = [json.loads(line) for line in answer.getvalue().decode().splitlines()]

    times = [line["timestamp"] for line in lines]
    assert times == sorted(times)
    today = timezone.now().date()
    assert answer["Content-Type"] == "application/x-ndjson"
    assert f"logs-30-days-{today}.json" in answer["Content-Disposition"]
    made = next(line for line in lines if line["operationName"] == "createWorkspace")
    assert made.pop("timestamp").endswith("Z")
    assert made == {
        "subjectId": "c1",
        "subjectType": "USER",
        "subjectName": "Ada",
        "organizationId": settings.ORGANIZATION_ID,
        "workspaceId": WORKSPACE,
        "deploymentId": "",
        "targetId": WORKSPACE,
        "operationName": "createWorkspace",
        "requestInput": {"name": "Finance"},
        "result": "ok",
        "sourceIp": "192.0.2.1",
        "userAgent": "curl/8",
        "correlationId": "r1",
    }
    assert [line["subjectType"] for line in lines if line["operationName"] == "updateDeployment"] == [
        "SERVICEKEY"
    ]


def test_an_export_is_an_event_itself(as_owner, owner):
    as_owner.post(EXPORT, {"days": 7})

    event = AuditEvent.objects.get(operation="exportAuditLog")
    assert (event.subject_id, event.input) == (owner.pk, {"days": 7})


def test_an_export_reads_some_events_at_a_time(as_owner, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(export, "BATCH", 2)
    for number in range(5):
        happened("createWorkspace", target=str(number))
    answer = as_owner.post(EXPORT, {"days": 1})

    with django_assert_num_queries(3):
        lines = answer.getvalue().decode().splitlines()

    targets = [json.loads(line)["targetId"] for line in lines]
    assert [target for target in targets if target.isdigit()] == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize("days", ["", "0", "91", "ten"])
def test_an_export_of_a_strange_number_of_days_is_refused_beside_the_field(as_owner, days):
    refused = as_owner.post(EXPORT, {"days": days})

    assert refused.status_code == 422
    assert one(refused, ".audit-export .errorlist").get_text()


def test_a_program_of_an_owner_goes_on_where_it_stopped(owner, monkeypatch):
    monkeypatch.setattr(listing, "SETTLED", timedelta(0))
    program = of_person(owner)
    for number in range(3):
        happened("createWorkspace", target=str(number))

    def read(**params):
        answer = program.get(f"/v1/audit-events?{urlencode(params)}").json()
        return [event["target"] for event in answer["items"]], answer["next_cursor"]

    first, cursor = read(limit=2)
    rest, end = read(cursor=cursor)
    nothing, still_end = read(cursor=end)
    happened("createWorkspace", target="3")
    since, _ = read(cursor=end)

    assert (first, rest, nothing, since) == (["0", "1"], ["2"], [], ["3"])
    assert still_end == end


def test_a_program_gets_no_event_that_another_one_could_still_come_before(owner, events):
    answer = of_person(owner).get("/v1/audit-events").json()

    assert (answer["items"], answer["next_cursor"]) == ([], None)


def test_a_program_of_anybody_else_is_refused(admin):
    assert of_person(admin).get("/v1/audit-events").status_code == 403


@pytest.mark.parametrize(
    "query",
    [
        "",
        "operation=createWorkspace",
        f"who={KEY}",
        f"workspace={WORKSPACE}",
        f"deployment={DEPLOYMENT}",
        "address=192.0.2.1",
        "since=2020-01-01T00:00&until=2099-01-01T00:00",
    ],
)
def test_each_filter_finds_its_events_in_the_order_of_an_index(as_owner, query):
    AuditEvent.objects.bulk_create(
        AuditEvent(
            subject_kind=Kind.USER,
            subject_id=f"c{number}",
            operation=f"operation{number % 7}",
            workspace=f"w{number % 11}",
            deployment=f"d{number % 13}",
            source_ip=f"192.0.2.{number % 250}",
        )
        for number in range(2000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")

    with CaptureQueriesContext(connection) as captured:
        as_owner.get(f"{LOG}?{query}")

    [about_events] = [found["sql"] for found in captured if 'FROM "workspaces_auditevent"' in found["sql"]]
    with connection.cursor() as cursor:
        explain_plan = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
        cursor.execute(f"{explain_plan} {about_events}")
        plan = "\n".join(str(row) for row in cursor.fetchall())
    assert "audit_" in plan, plan
    assert not any(step in plan for step in ("TEMP B-TREE", "Seq Scan", "SCAN workspaces_auditevent\n")), plan
