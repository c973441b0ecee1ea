"""The chips over the list of API keys, and how many keys the list says there are."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apikeys import listing
from apikeys.models import ApiKey, ApiKeySecret
from tests.apikeys.pages import soup, text, url
from tests.factories import create_api_key

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def days(number):
    return NOW - timedelta(days=number)


# What each key is made of, and the kinds that it belongs to.
KEYS = {
    "fresh": ({"acknowledged_secret": 1}, {}, {"never-used"}),
    "lost": ({}, {}, {"never-used", "not-confirmed"}),
    "used unconfirmed": ({"last_used_at": days(1)}, {"first_used_at": days(1)}, set()),
    "old and never used": ({"acknowledged_secret": 1, "created_at": days(91)}, {}, {"never-used", "unused"}),
    "forgotten": ({"created_at": days(400), "last_used_at": days(91), "acknowledged_secret": 1}, {}, {"unused"}),
    "in use": ({"created_at": days(400), "last_used_at": days(89), "acknowledged_secret": 1}, {}, set()),
    "refused": (
        {"last_used_at": days(1), "last_refused_at": days(6), "acknowledged_secret": 1}, {}, {"refused"},
    ),
    "refused long ago": (
        {"last_used_at": days(1), "last_refused_at": days(8), "acknowledged_secret": 1}, {}, set(),
    ),
    "all secrets ended": ({"last_used_at": days(1)}, {"ended_at": days(1)}, set()),
}  # fmt: skip


@pytest.fixture
def kinds(deployment):
    for name, (key, secret, _) in KEYS.items():
        made = create_api_key(deployment, name=name).key
        ApiKey.objects.filter(pk=made.pk).update(**key)
        ApiKeySecret.objects.filter(key=made).update(**secret)
    # The newest secret of a rotation counts: the first of these was used, that of the second was not.
    for name, first_used_at, acknowledged in (("rotated", NOW, 0), ("rotated and lost", None, 1)):
        made = create_api_key(deployment, name=name).key
        ApiKey.objects.filter(pk=made.pk).update(last_used_at=NOW, acknowledged_secret=acknowledged)
        ApiKeySecret.objects.create(
            key=made, number=2, encoded="x", pepper_version=1, fingerprint=name.encode()[:16],
            first_used_at=first_used_at,
        )  # fmt: skip


def names(response):
    return {link.get_text(strip=True) for link in soup(response).select("tbody .keys__link")}


def next_query(response):
    return soup(response).select_one("a[rel=next]")["href"]


@pytest.mark.parametrize("kind", ["never-used", "unused", "not-confirmed", "refused"])
def test_a_chip_shows_the_keys_of_its_kind(as_admin, deployment, kinds, kind):
    expected = {name for name, (_, _, of) in KEYS.items() if kind in of}
    expected |= {"rotated and lost"} if kind == "not-confirmed" else set()

    page = as_admin.get(url("index", deployment), {"show": kind})

    assert names(page) == expected
    assert (
        soup(page).select_one(".keys__range").get_text() == f"1\N{EN DASH}{len(expected)} of {len(expected)}"
    )


def test_the_chip_that_is_on_says_so_and_leads_back(as_admin, deployment, kinds):
    page = as_admin.get(url("index", deployment), {"show": "unused", "sort": "name"})

    [chip] = soup(page).select(".keys__filter[aria-current]")
    assert chip.get_text(strip=True) == "Unused for 90 days"
    assert chip["href"] == f"{url('index', deployment)}?sort=name"


def test_a_chip_a_search_and_an_order_go_together(as_admin, deployment, kinds):
    page = as_admin.get(url("index", deployment), {"show": "never-used", "q": "FRE", "sort": "name"})

    assert names(page) == {"fresh"}
    assert "1 match “ FRE ”" in text(page)
    kept = {field["name"]: field["value"] for field in soup(page).select("[type=hidden][form=apikey-search]")}
    assert kept == {"sort": "name", "show": "never-used"}
    assert soup(page).find(id="sort-created")["href"].endswith("?q=FRE&show=never-used")


def test_a_kind_that_no_key_is_of_offers_the_whole_list(as_admin, deployment):
    create_api_key(deployment)

    page = as_admin.get(url("index", deployment), {"show": "refused"})

    assert "No API Key is of this kind." in text(page)
    assert soup(page).find("a", string="Show all API Keys")["href"] == url("index", deployment)


def test_beyond_a_number_matches_are_not_counted(as_admin, deployment, monkeypatch):
    monkeypatch.setattr(listing, "COUNTED", 26)
    for number in range(28):
        ApiKey.objects.create(deployment=deployment, name="key", creation_nonce=str(number))

    first = as_admin.get(url("index", deployment), {"q": "key"})
    last = as_admin.get(url("index", deployment) + next_query(first))

    assert soup(first).select_one(".keys__range").get_text() == "1\N{EN DASH}25 of 26+"
    assert "26+ matches" in text(first)
    assert soup(last).select_one(".keys__range").get_text() == "26\N{EN DASH}28 of 26+"


def test_a_page_whose_keys_are_gone_is_the_first_page(as_admin, deployment):
    for number in range(26):
        ApiKey.objects.create(deployment=deployment, name=f"key {number:02}", creation_nonce=str(number))
    first = as_admin.get(url("index", deployment), {"sort": "name"})
    second = url("index", deployment) + next_query(first)

    ApiKey.objects.filter(name="key 25").delete()

    assert names(as_admin.get(second)) == {f"key {number:02}" for number in range(25)}


def test_a_change_leaves_the_list_where_it_is(as_admin, deployment):
    for number in range(26):
        ApiKey.objects.create(deployment=deployment, name=f"key {number:02}", creation_nonce=str(number))
    list_url = url("index", deployment)
    second = as_admin.get(list_url + next_query(as_admin.get(list_url)))

    # What the list asks for when a key was changed (hx-include).
    fields = {field["name"]: field.get("value", "") for field in soup(second).select("#apikey-list input")}

    assert names(as_admin.get(list_url, fields)) == names(second) == {"key 00"}
