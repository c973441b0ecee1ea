"""The Workspace switcher: a few Workspaces on every page, and a search where there are more."""

import pytest

from tests.deployments.helpers import HX, page, signed_in, text
from tests.factories import create_member, create_user
from tests.growth import assert_grows_little
from workspaces.context import SWITCHER_LENGTH
from workspaces.models import Membership, Role, Workspace

FIND = "/workspaces/find"


def offered(response):
    return [link.get_text(strip=True) for link in page(response).select("#switcher-list a")]


def many(user=None, *, number, start=0):
    workspaces = Workspace.objects.bulk_create(
        Workspace(name=f"Many {serial:04}") for serial in range(start, start + number)
    )
    if user:
        Membership.objects.bulk_create(
            Membership(workspace=workspace, user=user, role=Role.ADMIN) for workspace in workspaces
        )


@pytest.mark.parametrize("path", ["/", "/account", "/{workspace.pk}/deployments"])
@pytest.mark.parametrize("who", ["owner", "member"])
def test_a_page_costs_the_same_with_a_thousand_workspaces(request, workspace, who, path):
    user = (
        request.getfixturevalue(who)
        if who == "owner"
        else create_member(workspace=workspace, role=Role.ADMIN)
    )
    client = signed_in(user)
    many(user, number=25)

    response = assert_grows_little(
        lambda: client.get(path.format(workspace=workspace)), lambda: many(user, number=1000, start=25)
    )

    assert len(offered(response)) == SWITCHER_LENGTH
    assert "There are more. Search, or open the Overview." in text(response)


def test_a_few_are_all_offered_without_a_search(as_member, workspace):
    response = as_member.get("/")

    assert offered(response) == ["Data Engineering"]
    assert page(response).select(".topbar input[type=search]") == []


def test_a_search_finds_how_a_name_begins(as_owner, workspace):
    many(number=15)

    assert offered(as_owner.get(FIND, {"q": "dAta"}, headers=HX)) == ["Data Engineering"]
    assert len(offered(as_owner.get(FIND, {"q": "many"}, headers=HX))) == SWITCHER_LENGTH
    assert "No Workspace has a name that begins with this." in text(
        as_owner.get(FIND, {"q": "any"}, headers=HX)
    )


@pytest.mark.parametrize("words", ["\0", "\ud800", "x" * 5000, "%", "'"])
def test_nonsense_finds_nothing_or_all(as_owner, workspace, words):
    response = as_owner.get(FIND, {"q": words.encode("utf-8", "surrogatepass")}, headers=HX)

    assert response.status_code == 200


def test_strangers_are_found_by_nobody(workspace, db):
    client = signed_in(create_user())

    assert offered(client.get(FIND, {"q": "Data"}, headers=HX)) == []


def test_without_scripts_the_search_is_that_of_the_overview(as_owner, workspace):
    many(number=40)

    response = as_owner.get(FIND, {"q": "dATA"}, follow=True)

    assert response.redirect_chain == [("/?q=dATA", 302)]
    names = [link.get_text(strip=True) for link in page(response).select("#workspace-list tbody th a")]
    assert names == ["Data Engineering"]


def test_the_overview_keeps_the_search_from_page_to_page(as_owner, workspace):
    many(number=40)

    first = as_owner.get("/", {"q": "many"})
    second = as_owner.get(page(first).select_one("#workspace-list a[rel=next]")["href"])

    assert "Data Engineering" not in page(second).select_one("#workspace-list").get_text()
    assert len(page(second).select("#workspace-list tbody tr")) == 15
    assert "None begins with" in text(as_owner.get("/", {"q": "nothing"}))
