"""The API Keys tab: what it shows, to whom, found, sorted and paged."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apikeys.models import ApiKey
from tests.apikeys.pages import SECRET, soup, text, url
from tests.factories import create_api_key

pytestmark = pytest.mark.django_db


def names(response):
    return [link.get_text(strip=True) for link in soup(response).select("tbody .keys__link")]


def range_of(response):
    return soup(response).select_one(".keys__range").get_text(strip=True)


def make(deployment, *given):
    """Keys with these names, the last one newest; only the first has a real secret."""
    start = timezone.now() - timedelta(days=1)
    rows = ApiKey.objects.bulk_create(
        ApiKey(deployment=deployment, name=name, creation_nonce=f"{number:032x}", created_by_name="Ada")
        for number, name in enumerate(given)
    )
    for number, row in enumerate(rows):
        ApiKey.objects.filter(pk=row.pk).update(created_at=start + timedelta(minutes=number))
    deployment.api_key_count = len(rows)
    deployment.save()
    return rows


def test_an_empty_list_says_so(as_admin, deployment):
    page = as_admin.get(url("index", deployment))

    assert "0 API Keys" in text(page)
    assert "This Deployment has no API Keys." in text(page)


def test_a_key_is_shown_without_its_secret(as_admin, deployment):
    issued = create_api_key(deployment, name="CI", description="Nightly build")
    ApiKey.objects.update(created_at=timezone.now() - timedelta(hours=3, minutes=30))

    page = as_admin.get(url("index", deployment))

    row = soup(page).find(id=f"key-{issued.key.pk}").get_text(" ", strip=True)
    assert row.startswith(f"CI Nightly build {issued.key.pk} Not confirmed Issue new secret")
    assert row.endswith(
        "Never No use 3\N{NO-BREAK SPACE}hours ago by " + issued.key.created_by_name + " Edit CI"
    )
    assert "1 API Key" in text(page)
    assert not SECRET.search(page.content.decode())
    assert issued.key.secrets.get().encoded not in page.content.decode()


def test_the_columns_stand_in_their_order(as_admin, deployment):
    create_api_key(deployment)

    heads = [head.get_text(strip=True) for head in soup(as_admin.get(url("index", deployment))).select("th")]

    assert heads[:7] == [
        "Name· Description",
        "Key ID",
        "Status",
        "Last used",
        "30 days",
        "Created",
        "Actions",
    ]


def test_a_confirmed_key_is_active(as_admin, deployment):
    create_api_key(deployment)
    ApiKey.objects.update(acknowledged_secret=1)

    page = text(as_admin.get(url("index", deployment)))

    assert "Active" in page
    assert "Issue new secret" not in page


def test_the_last_use_is_shown(as_admin, deployment):
    issued = create_api_key(deployment)
    earlier = timezone.now() - timedelta(hours=3, minutes=30)
    ApiKey.objects.filter(pk=issued.key.pk).update(last_used_at=earlier)

    page = text(as_admin.get(url("index", deployment)))

    assert "3 hours ago from this machine" in page
    assert "Never No use" not in page


@pytest.mark.parametrize(
    ("days", "words"), [(89, ""), (90, "Unused for 90 days"), (211, "Unused for 211 days")]
)
def test_a_key_that_may_go_says_so(as_admin, deployment, days, words):
    issued = create_api_key(deployment)
    used_at = timezone.now() - timedelta(days=days, hours=1)
    ApiKey.objects.filter(pk=issued.key.pk).update(last_used_at=used_at, acknowledged_secret=1)

    status = soup(as_admin.get(url("index", deployment))).select_one("td.keys__status")

    assert status.get_text(" ", strip=True) == f"Active {words}".strip()


@pytest.mark.parametrize("who", ["as_member", "as_editor"])
def test_members_and_editors_see_keys_but_no_buttons(who, deployment, request):
    issued = create_api_key(deployment)

    page = request.getfixturevalue(who).get(url("index", deployment))

    assert issued.key.pk in text(page)
    for verb in ("create", "edit", "reissue"):
        key = None if verb == "create" else issued.key
        assert url(verb, deployment, key) not in page.content.decode()


def test_strangers_do_not_learn_that_the_deployment_exists(as_stranger, deployment):
    assert as_stranger.get(url("index", deployment)).status_code == 404


def test_the_newest_comes_first(as_admin, deployment):
    make(deployment, "first", "second", "third")

    assert names(as_admin.get(url("index", deployment))) == ["third", "second", "first"]


def test_names_sort_whatever_their_case(as_admin, deployment):
    make(deployment, "beta", "Alpha", "gamma")

    assert names(as_admin.get(url("index", deployment), {"sort": "name"})) == ["Alpha", "beta", "gamma"]
    assert names(as_admin.get(url("index", deployment), {"sort": "-name"})) == ["gamma", "beta", "Alpha"]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("nIGHT", ["Nightly"]),
        ("nightly", ["Nightly"]),
        ("ightly", []),
        ("100%", ["100% sure"]),
        ("1_0", []),
        ("\N{LATIN SMALL LETTER U WITH DIAERESIS}", ["\N{LATIN SMALL LETTER U WITH DIAERESIS}ber"]),
        ("\U0010ffff", []),
    ],
)
def test_search_finds_what_a_name_begins_with(as_admin, deployment, search, found):
    make(
        deployment, "Nightly", "Deploy", "100% sure", "\N{LATIN SMALL LETTER U WITH DIAERESIS}ber", "by night"
    )

    assert names(as_admin.get(url("index", deployment), {"q": search})) == found


def test_search_finds_what_an_id_begins_with_as_it_is_written(as_admin, deployment):
    ids = {"name 1": "aB" + "0" * 30, "name 2": "ab" + "0" * 30, "name 3": "b" + "0" * 31}
    for name, key_id in ids.items():
        ApiKey.objects.create(deployment=deployment, name=name, key_id=key_id, creation_nonce=key_id)

    assert names(as_admin.get(url("index", deployment), {"q": "aB"})) == ["name 1"]
    assert names(as_admin.get(url("index", deployment), {"q": ids["name 2"]})) == ["name 2"]
    assert len(names(as_admin.get(url("index", deployment), {"q": "name"}))) == 3


def test_a_search_without_a_match_offers_the_whole_list(as_admin, deployment):
    make(deployment, "Nightly")

    page = as_admin.get(url("index", deployment), {"q": "100%_"})

    assert "No API Key has a name or an ID that begins with this." in text(page)
    assert soup(page).find("a", string="Show all API Keys")["href"] == url("index", deployment)


def test_the_last_used_come_first_and_the_never_used_last(as_admin, deployment):
    rows = make(deployment, "never", "long ago", "just now")
    for row, days in zip(rows[1:], (200, 0), strict=True):
        ApiKey.objects.filter(pk=row.pk).update(last_used_at=timezone.now() - timedelta(days=days))

    newest_first = names(as_admin.get(url("index", deployment), {"sort": "-used"}))

    assert newest_first == ["just now", "long ago", "never"]
    assert names(as_admin.get(url("index", deployment), {"sort": "used"})) == newest_first[::-1]


@pytest.mark.parametrize("sort", ["", "created", "name", "-name", "used", "-used", "id", "-id"])
def test_paging_shows_each_key_once_counts_them_and_leads_back(as_admin, deployment, sort):
    rows = make(deployment, *(f"key {number // 2:02}" for number in range(60)))
    for number, row in enumerate(rows[:40]):
        ApiKey.objects.filter(pk=row.pk).update(last_used_at=timezone.now() - timedelta(days=number // 2))
    list_url = url("index", deployment)

    seen, pages, ranges, page = [], [], [], as_admin.get(list_url, {"sort": sort})
    while True:
        pages.append(names(page))
        ranges.append(range_of(page))
        seen += [row["id"] for row in soup(page).select("tbody tr")]
        following = soup(page).select_one("a[rel=next]")
        if not following:
            break
        page = as_admin.get(list_url + following["href"].removeprefix(list_url))
    assert [len(shown) for shown in pages] == [25, 25, 10]
    assert len(set(seen)) == 60
    back = as_admin.get(list_url + soup(page).select_one("a[rel=prev]")["href"].removeprefix(list_url))
    assert names(back) == pages[1]
    assert ranges == ["1\N{EN DASH}25 of 60", "26\N{EN DASH}50 of 60", "51\N{EN DASH}60 of 60"]
    assert range_of(back) == ranges[1]


@pytest.mark.parametrize(
    "query",
    [
        {"show": "secrets"}, {"first": "x"}, {"first": "-1"}, {"sort": "used", "after": "W10"},
        {"sort": "secrets"}, {"sort": "created_at"}, {"after": "nonsense"}, {"before": "e30"},
        {"after": "W10"}, {"after": "x" * 2000}, {"q": "a\x00b"}, {"q": "x" * 5000},
        {"after": "WyJ0IiwiMjAyMCIsImEiXQ"}, {"sort": "name", "after": "WyJ0IiwiMjAyMCIsImEiXQ"},
    ],
)  # fmt: skip
def test_nonsense_in_the_address_shows_the_first_page(as_admin, deployment, query):
    make(deployment, "only")

    response = as_admin.get(url("index", deployment), query)

    assert response.status_code == 200
    assert names(response) == ["only"]


def test_htmx_gets_the_list_with_its_tabs_and_nothing_else(as_admin, deployment, hx):
    make(deployment, "one", "two")

    response = as_admin.get(url("index", deployment), headers=hx)

    assert soup(response).find("html") is None
    assert soup(response).find(id="apikey-list")
    assert "API Keys 2" in text(response)
