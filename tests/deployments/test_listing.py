"""How the list of Deployments is sorted, searched and paged; nonsense in the address is never an error."""

import pytest
from pytest_django.asserts import assertContains

from deployments.models import Deployment
from tests.deployments.helpers import list_url, many, names, page, text


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("", ["Alpha", "beta", "gamma"]),
        ("name", ["Alpha", "beta", "gamma"]),
        ("-name", ["gamma", "beta", "Alpha"]),
        ("created", ["beta", "Alpha", "gamma"]),
        ("-created", ["gamma", "Alpha", "beta"]),
        ("-updated", ["beta", "gamma", "Alpha"]),
        ("updated", ["Alpha", "gamma", "beta"]),
        ("nonsense", ["Alpha", "beta", "gamma"]),
    ],
)
def test_it_is_sorted_as_asked(as_member, workspace, several, sort, expected):
    Deployment.objects.get(name="beta").save()

    assert names(as_member.get(list_url(workspace), {"sort": sort})) == expected


@pytest.mark.parametrize(
    ("sort", "column", "direction", "next_sort"),
    [
        ("name", "Name", "ascending", "-name"),
        ("-name", "Name", "descending", None),
        ("-updated", "Updated", "descending", "updated"),
        ("created", "Created", "ascending", "-created"),
    ],
)
def test_the_head_of_the_sorted_column_says_so(
    as_member, workspace, several, sort, column, direction, next_sort
):
    document = page(as_member.get(list_url(workspace), {"view": "table", "sort": sort}))

    heads = document.select("th[aria-sort]")
    assert [(head.get_text(strip=True), head["aria-sort"]) for head in heads] == [(column, direction)]
    link = heads[0].a
    assert link is not None
    query = "?view=table" + (f"&sort={next_sort}" if next_sort else "")
    assert link["href"] == list_url(workspace, query)


def test_the_links_keep_view_sort_and_search(as_member, workspace, several):
    document = page(as_member.get(list_url(workspace), {"view": "table", "sort": "-name", "q": "a"}))

    links = {
        link.get_text(strip=True): link["href"] for link in document.select(".segments a, .menu__list a")
    }
    assert links["Cards"] == list_url(workspace, "?q=a&sort=-name")
    assert links["Table"] == list_url(workspace, "?q=a&view=table&sort=-name")
    assert links["Created, oldest first"] == list_url(workspace, "?q=a&view=table&sort=created")


def test_a_plain_search_keeps_view_and_sort(as_member, workspace, several):
    document = page(as_member.get(list_url(workspace), {"view": "table", "sort": "-name"}))

    kept = {
        field["name"]: field["value"] for field in document.select("form[role=search] input[type=hidden]")
    }
    assert kept == {"view": "table", "sort": "-name"}


@pytest.mark.parametrize("search", ["ALPH", "alpha-moon", "  alpha  "])
def test_it_is_found_by_name_and_namespace(as_member, workspace, several, search):
    response = as_member.get(list_url(workspace), {"q": search})

    assert names(response) == ["Alpha"]
    assert "3 Deployments 1 match “" in text(response)


def test_it_is_found_by_its_id(as_member, workspace, several):
    wanted = Deployment.objects.get(name="beta")

    assert names(as_member.get(list_url(workspace), {"q": wanted.pk})) == ["beta"]


@pytest.mark.parametrize("search", ["nothing like it", "%", "_", "'; --", "<b>", "😀", "\\"])
def test_no_match_says_so_and_leads_back(as_member, workspace, several, search):
    response = as_member.get(list_url(workspace), {"q": search, "view": "table"})

    assert "No Deployment has this in its name, namespace or ID." in text(response)
    assertContains(response, f'href="{list_url(workspace, "?view=table")}"')


@pytest.mark.parametrize(
    "query", ["?q=\0", "?q=" + "x" * 101, "?view=\0&sort=\0", "?after=%00", "?before=zz"]
)
def test_nonsense_in_the_address_shows_the_first_page(as_member, workspace, several, query):
    assert names(as_member.get(list_url(workspace, query))) == ["Alpha", "beta", "gamma"]


def test_a_page_holds_25_and_leads_to_the_next_and_back(as_member, workspace):
    many(workspace, 27)

    first = as_member.get(list_url(workspace, "?view=table&sort=-name"))
    second = as_member.get(neighbour(first, "next"))
    again = as_member.get(neighbour(second, "prev"))

    assert names(first) == [f"d{number:02}" for number in range(27, 2, -1)]
    assert names(second) == ["d02", "d01"]
    assert names(again) == names(first)
    assert neighbour(first, "prev") == neighbour(second, "next") == ""


def test_a_cursor_of_another_sort_shows_the_first_page(as_member, workspace):
    many(workspace, 27)
    after = neighbour(as_member.get(list_url(workspace)), "next").partition("after=")[2]

    assert names(as_member.get(list_url(workspace, f"?sort=created&after={after}")))[0] == "d01"


def test_a_page_beyond_the_last_says_so(as_member, workspace):
    many(workspace, 27)
    last = neighbour(as_member.get(list_url(workspace)), "next")
    Deployment.objects.filter(name__in=["d26", "d27"]).delete()

    response = as_member.get(last)

    assert "There are no Deployments on this page." in text(response)


def neighbour(response, rel):
    link = page(response).select_one(f".pager a[rel={rel}]")
    return str(link["href"]) if link else ""
