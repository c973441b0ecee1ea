"""A key has a place: its overview for every member, its use, refusals and settings for Admins, each at an address."""

import re
from datetime import date, timedelta

import pytest
from django.utils import timezone

from apikeys import key_secrets, usage
from apikeys.chart import HEIGHT, chart
from apikeys.models import ApiKey, ApiKeySecret, ApiKeyUse, Caller, Reason, Refusal
from apikeys.models.use import KEPT_CALLERS
from cloudui.web.principal import Origin
from tests.apikeys.pages import soup, text, url
from tests.factories import create_api_key

pytestmark = pytest.mark.django_db

NOW = timezone.now()


@pytest.fixture
def key(deployment, admin):
    return create_api_key(deployment, name="CI", description="Deploys", by=admin).key


def change(key, **facts):
    ApiKey.objects.filter(pk=key.pk).update(**facts)


def test_the_overview_tells_what_a_key_is(as_admin, deployment, key):
    change(key, acknowledged_secret=1, last_used_at=NOW - timedelta(days=2), last_used_from="203.0.113.7")
    ApiKeyUse.objects.create(key=key, day=NOW.date(), count=1200)

    page = text(as_admin.get(url("open", deployment, key)))

    for words in (
        "CI Active", f"Key ID: {key.pk}", "Key Secret: ●●●●●", "Description Deploys",
        "Last used 2 days ago from 203.0.113.7", "Last 30 days About 1,200 uses", "by Ada Admin",
        "Current secret: never used",
    ):  # fmt: skip
        assert words in page


@pytest.mark.parametrize("who", ["as_member", "as_editor"])
def test_who_may_not_manage_keys_sees_the_overview_and_nothing_else(who, deployment, key, request):
    client = request.getfixturevalue(who)
    ApiKeyUse.objects.create(key=key, day=NOW.date(), count=1200)

    page = client.get(url("open", deployment, key))

    assert "About 1,200 uses" in text(page)
    assert "Current secret" not in text(page)
    assert not soup(page).find(attrs={"aria-label": "API Key"})
    for part in ("use", "refusals", "edit"):
        assert url(part, deployment, key) not in page.content.decode()
        assert client.get(url(part, deployment, key)).status_code == 403
    # Nor day by day in the list.
    assert not soup(client.get(url("index", deployment))).select(".keys__days")


def test_strangers_find_no_part(as_stranger, deployment, key):
    for part in ("open", "use", "refusals", "edit"):
        assert as_stranger.get(url(part, deployment, key)).status_code == 404


def test_each_part_has_an_address_and_says_which_it_is(as_admin, deployment, key):
    for part, label in {
        "open": "Overview", "use": "Use", "refusals": "Refusals", "edit": "Settings",
    }.items():  # fmt: skip
        tabs = soup(as_admin.get(url(part, deployment, key))).find("nav", {"aria-label": "API Key"})

        assert tabs.find(attrs={"aria-current": "page"}).get_text(strip=True) == label
        assert tabs.find("a", string="Danger zone")["href"] == f"{url('edit', deployment, key)}#danger-zone"


@pytest.mark.parametrize(
    ("facts", "secret", "words"),
    [
        ({"acknowledged_secret": 1, "last_used_at": NOW}, {}, ""),
        ({}, {}, "If it is lost, issue a new secret ."),
        ({"is_enabled": False, "disabled_at": NOW}, {}, "whatever uses it is refused. Enable it again under Settings."),
        ({}, {"ended_at": NOW}, "It has no live secret, so nothing can use it."),
        ({"acknowledged_secret": 1, "last_refused_at": NOW}, {}, "Something that uses it was refused"),
        (
            {"acknowledged_secret": 1, "last_used_at": NOW - timedelta(days=91)}, {},
            "It may be deleted: nothing has used it for 91 days.",
        ),
        (
            {"acknowledged_secret": 1, "created_at": NOW - timedelta(days=200)}, {},
            "It may be deleted: nothing has used it for 200 days.",
        ),
    ],
)  # fmt: skip
def test_the_overview_says_what_a_key_needs(as_admin, deployment, key, facts, secret, words):
    change(key, **facts)
    ApiKeySecret.objects.filter(key=key).update(**secret)

    notices = soup(as_admin.get(url("open", deployment, key))).select(".dialog__part .notice")

    found = [" ".join(notice.get_text(" ").split()) for notice in notices]
    assert len(found) == bool(words)
    assert words in "".join(found)


def test_a_rotation_under_way_says_why_rotate_is_missing(as_admin, as_caller, deployment, key):
    key_secrets.rotate_secret(as_caller, key, overlap=timedelta(days=7))

    page = as_admin.get(url("edit", deployment, key))

    assert re.search(
        r"A rotation is under way: the previous secret ends 1 week.* It can be rotated again after that,"
        r" or once you end it now",
        text(page),
    )
    assert url("rotate", deployment, key) not in page.content.decode()


def test_use_is_drawn_told_in_words_and_in_figures(as_admin, deployment, key):
    ApiKeyUse.objects.create(key=key, day=NOW.date(), count=1200)
    ApiKeyUse.objects.create(key=key, day=NOW.date() - timedelta(days=60), count=7)

    page = as_admin.get(url("use", deployment, key))
    longer = as_admin.get(url("use", deployment, key), {"days": "90"})

    assert "About 1,200 uses in the last 30 days" in text(page)
    assert re.match(
        r"Used on 1 of the last 30 days, most on .* with about 1,200 uses\.",
        soup(page).select_one(".days svg")["aria-label"],
    )
    assert [row.get_text(" ", strip=True) for row in soup(page).select(".days__figures li")] == [
        f"{NOW.day} {NOW:%b} 1,200"
    ]
    assert "About 1,207 uses in the last 90 days" in text(longer)
    assert len(soup(longer).select(".days rect")) == 2


@pytest.mark.parametrize("days", ["", "7", "x", "-1"])
def test_another_number_of_days_is_30(as_admin, deployment, key, days):
    assert "Not used in the last 30 days" in text(as_admin.get(url("use", deployment, key), {"days": days}))


@pytest.mark.parametrize(
    ("most", "scale"), [(0, (2, 1, 0)), (3, (4, 2, 0)), (61, (80, 40, 0)), (1000, (1000, 500, 0))]
)
def test_the_scale_ends_at_a_round_figure(most, scale):
    assert chart([(date(2026, 11, 1), most)] * 30).scale == scale


def test_the_chart_scales_and_hides_no_use():
    days = [(date(2026, 11, 1) + timedelta(days=number), count) for number, count in enumerate([0, 1, 1000])]

    drawn = chart(days)

    assert [(bar.x, bar.height) for bar in drawn.bars] == [(9, 2), (17, HEIGHT)]
    assert drawn.total == 1001
    assert drawn.days == [date(2026, 11, 1), date(2026, 11, 2), date(2026, 11, 3)]


def test_addresses_and_clients_are_told_the_latest_first(as_admin, deployment, key):
    for number, address in enumerate(("192.0.2.1", "192.0.2.2", "192.0.2.1")):
        usage._note_caller(
            key.pk, NOW + timedelta(minutes=number), Origin(address=address, user_agent="curl/8")
        )

    callers = usage.recent_callers(key)

    assert [caller.address for caller in callers] == ["192.0.2.1", "192.0.2.2"]
    assert callers[0].first_seen_at == NOW
    assert "192.0.2.1 with curl/8 First seen" in text(as_admin.get(url("use", deployment, key)))


def test_of_addresses_and_clients_the_last_are_kept(key):
    other = Caller.objects.create(
        key=create_api_key(key.deployment).key,
        first_seen_at=NOW - timedelta(days=9),
        last_seen_at=NOW - timedelta(days=9),
    )
    for number in range(KEPT_CALLERS + 5):
        usage._note_caller(key.pk, NOW + timedelta(minutes=number), Origin(address=f"10.0.0.{number}"))

    assert [caller.address for caller in usage.recent_callers(key)] == [
        f"10.0.0.{number}" for number in range(KEPT_CALLERS + 4, 4, -1)
    ]
    assert Caller.objects.filter(pk=other.pk).exists()


def test_a_first_use_counts_as_a_caller_before_the_table_knows_it(key):
    change(key, last_used_at=NOW, last_used_from="192.0.2.9", last_used_client="astro-cli/1.15.1")
    key.refresh_from_db()

    [caller] = usage.recent_callers(key)

    assert (caller.address, caller.client) == ("192.0.2.9", "astro-cli/1.15.1")
    assert not Caller.objects.exists()


def test_refusals_are_listed_with_their_reason(as_admin, deployment, key):
    assert "No refusals." in text(as_admin.get(url("refusals", deployment, key)))
    Refusal.objects.create(
        key=key, secret_number=1, reason=Reason.DISABLED, address="203.0.113.7", client="curl/8.0"
    )

    page = text(as_admin.get(url("refusals", deployment, key)))

    assert "Recent refusals 1" in page
    assert "The key is disabled" in page
    assert "from 203.0.113.7 with curl/8.0, secret 1" in page


def test_after_edit_delete_is_on_the_same_page(as_admin, deployment, key, hx):
    panel = soup(as_admin.get(url("edit", deployment, key), headers=hx))

    assert panel.find("h2").get_text() == "Edit API Key"
    assert panel.find("a", string="Delete API Key")["href"] == url("delete", deployment, key)
