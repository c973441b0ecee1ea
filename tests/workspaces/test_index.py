"""The Overview: a person's own Workspaces, alphabetically, with how their Deployments are."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cloudui.web import paging
from deployments.models import Status
from tests.deployments.helpers import HX, page, signed_in, text
from tests.factories import create_deployment, create_member, create_owner, create_workspace
from workspaces.models import Membership, Role


def names(response):
    return [link.get_text(strip=True) for link in page(response).select("#workspace-list tbody th a")]


def link(response, rel):
    return page(response).select_one(f"#workspace-list a[rel={rel}]")


def test_a_member_sees_only_own_workspaces(as_member, workspace):
    create_workspace(name="Elsewhere")

    assert names(as_member.get("/")) == ["Data Engineering"]


def test_an_owner_sees_all_workspaces_alphabetically_whatever_the_case(as_owner):
    for name in ("beta", "Alpha", "Gamma"):
        create_workspace(name=name)

    assert names(as_owner.get("/")) == ["Alpha", "beta", "Gamma"]


def test_a_row_shows_the_description_and_the_deployments_by_health(as_member, workspace):
    for status in (Status.HEALTHY, Status.HEALTHY, Status.UNHEALTHY, Status.NOT_CONNECTED):
        create_deployment(workspace=workspace, status=status)

    row = page(as_member.get("/")).select_one("#workspace-list tbody tr")

    assert " ".join(row.get_text(" ").split()) == (
        "Data Engineering Pipelines. 4 2 Healthy 1 Unhealthy 1 Not connected"
    )
    assert [len(row.select(f".dot--{tone}")) for tone in ("good", "bad")] == [1, 1]


def test_a_workspace_without_deployments_shows_none(as_member):
    cell = page(as_member.get("/")).select_one("#workspace-list tbody tr [data-label=Deployments]")

    assert cell.get_text(strip=True) == "0"


@pytest.mark.parametrize(("who", "may"), [("as_owner", True), ("as_admin", False), ("as_member", False)])
def test_only_an_owner_is_offered_to_add_one(who, may, request, workspace):
    button = page(request.getfixturevalue(who).get("/")).find("a", attrs={"aria-label": "Add Workspace"})

    assert (button is not None) == may


def test_without_workspaces_only_an_owner_is_invited_to_create_one(as_newcomer, as_owner):
    for client, links in ((as_newcomer, []), (as_owner, [("Create a workspace", "/workspaces/new")])):
        response = client.get("/")

        assert "No Workspaces You do not belong to any Workspaces." in text(response)
        found = page(response).select(".empty a")
        assert [(link.get_text(), link["href"]) for link in found] == links


def test_more_workspaces_than_a_page_are_paged_through_forwards_and_back(as_owner):
    expected = [f"Workspace {number:03}" for number in range(60)]
    for name in expected:
        create_workspace(name=name)

    first = as_owner.get("/")
    second = as_owner.get("/" + link(first, "next")["href"])
    third = as_owner.get("/" + link(second, "next")["href"])
    again = as_owner.get("/" + link(third, "prev")["href"])

    assert names(first) + names(second) + names(third) == expected
    assert names(again) == names(second)
    assert link(first, "prev") is None
    assert link(third, "next") is None


@pytest.mark.parametrize("cursor", ["x", "%00", "W10", "eyJhIjogMX0", "/" * 400])
def test_a_made_up_cursor_shows_the_first_page(as_member, cursor):
    assert names(as_member.get(f"/?after={cursor}&before={cursor}")) == ["Data Engineering"]


def test_htmx_gets_the_list_alone(as_member):
    response = as_member.get("/", headers=HX)

    assert response.content.strip().startswith(b'<section class="section" id="workspace-list"')


@pytest.mark.django_db
@pytest.mark.parametrize("many", [paging.PAGE_SIZE, 3 * paging.PAGE_SIZE])
def test_the_number_of_queries_does_not_grow(many):
    owner = create_owner()
    one, crowd = create_workspace(), [create_workspace() for _ in range(many)]
    member = create_member(workspace=one)
    Membership.objects.bulk_create(
        Membership(workspace=each, user=owner, role=Role.MEMBER) for each in [one, *crowd]
    )
    for workspace in crowd[:10]:
        create_deployment(workspace=workspace)

    assert _queries_of(signed_in(owner)) == _queries_of(signed_in(member))


def _queries_of(client):
    client.get("/")
    with CaptureQueriesContext(connection) as queries:
        client.get("/")
    return len(queries)


def test_names_and_descriptions_are_text_and_nothing_else(as_owner):
    payload = '"><img src=x onerror=alert(1)>{{7*7}}<b hx-get="/evil">'
    create_workspace(name=payload[:100], description=payload)

    html = as_owner.get("/").content.decode()

    assert "<img src=x" not in html
    assert 'hx-get="/evil"' not in html
    assert names(as_owner.get("/")) == [payload[:100]]
