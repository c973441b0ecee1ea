"""Disabling, enabling and rotating a key in the console, and seeing when it is used and refused."""

import re
from urllib.parse import urlencode

import pytest
from django.test import Client

from apikeys.models import ApiKey
from tests.apikeys.pages import SECRET, events, secret_in, soup, text, url
from tests.factories import create_api_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def issued(deployment):
    return create_api_key(deployment, name="CI")


@pytest.fixture
def key(issued):
    return issued.key


def told(response):
    """What a person reads, where some seconds ago are now: a busy machine takes them between use and page."""
    return re.sub(r"\b(?:a second|\d+ seconds) ago\b", "now", text(response))


def exchange(key, secret):
    form = {"grant_type": "client_credentials", "client_id": key.pk, "client_secret": secret}
    return Client().post(
        "/oauth/token",
        urlencode(form),
        content_type="application/x-www-form-urlencoded",
        headers={"User-Agent": "astro-cli/1.15.1"},
    )


def test_a_disabled_key_is_refused_with_the_reason_and_works_again_when_enabled(
    as_admin, deployment, issued, key
):
    as_admin.post(url("disable", deployment, key))
    refused = exchange(key, issued.secret.reveal())
    as_admin.post(url("enable", deployment, key))
    again = exchange(key, issued.secret.reveal())

    assert refused.status_code == 401
    assert "disabled" in refused.json()["error_description"]
    assert again.status_code == 200


def test_disabling_asks_first_and_then_says_so_in_the_list(as_admin, deployment, key):
    assert "is refused from its next request on" in text(as_admin.get(url("disable", deployment, key)))
    assert ApiKey.objects.get().is_enabled

    as_admin.post(url("disable", deployment, key))

    assert "Disabled now" in text(as_admin.get(url("index", deployment)))
    assert "Enable API Key" in text(as_admin.get(url("edit", deployment, key)))


@pytest.mark.parametrize(
    ("ends", "old", "words"), [("24h", 200, "The old one works until it ends"), ("now", 401, "")]
)
def test_rotating_shows_another_secret_and_ends_the_old_one_when_told(
    as_admin, deployment, issued, key, ends, old, words
):
    response = as_admin.post(url("rotate", deployment, key), {"ends": ends})

    assert exchange(key, issued.secret.reveal()).status_code == old
    assert exchange(key, secret_in(response)).status_code == 200
    assert words in text(response)


@pytest.mark.parametrize("ends", ["", "30d", "tomorrow"])
def test_an_overlap_that_is_not_offered_is_refused(as_admin, deployment, key, ends):
    response = as_admin.post(url("rotate", deployment, key), {"ends": ends})

    assert response.status_code == 422
    assert not SECRET.search(response.content.decode())
    assert key.secrets.count() == 1


def test_a_key_is_not_rotated_twice_at_once(as_admin, deployment, key):
    as_admin.post(url("rotate", deployment, key), {"ends": "7d"})

    response = as_admin.post(url("rotate", deployment, key), {"ends": "now"})

    assert response.status_code == 409
    assert "has two live secrets already" in text(response)
    assert key.secrets.live().count() == 2


def test_during_a_rotation_the_overview_shows_both_and_which_one_is_in_use(as_admin, deployment, issued, key):
    as_admin.post(url("rotate", deployment, key), {"ends": "7d"})
    exchange(key, issued.secret.reveal())

    page = told(as_admin.get(url("open", deployment, key)))

    assert "Current secret: never used" in page
    assert re.search(r"Previous secret: used now from 127\.0\.0\.1 \(astro-cli\) ?, ends 1 week", page)


def test_end_now_ends_the_old_secret(as_admin, deployment, issued, key, hx):
    as_admin.post(url("rotate", deployment, key), {"ends": "7d"})

    response = as_admin.post(url("end_now", deployment, key), {"number": 1}, headers=hx)

    assert set(events(response)) == {"dialog:close", "apikeys:changed"}
    assert exchange(key, issued.secret.reveal()).status_code == 401


def test_end_now_asks_first_and_says_what_still_uses_the_old_secret(as_admin, deployment, issued, key):
    as_admin.post(url("rotate", deployment, key), {"ends": "7d"})
    exchange(key, issued.secret.reveal())

    page = as_admin.get(url("end_now", deployment, key), {"number": 1})

    assert "Last used now from 127.0.0.1 (astro-cli)" in told(page)
    assert exchange(key, issued.secret.reveal()).status_code == 200


@pytest.mark.parametrize("number", ["1", "2", "7", "", "x"])
@pytest.mark.parametrize("is_rotating", [True, False])
def test_end_now_is_for_the_previous_secret_of_a_rotation_only(
    as_admin, deployment, key, is_rotating, number
):
    if is_rotating:
        as_admin.post(url("rotate", deployment, key), {"ends": "7d"})
    before = key.secrets.live().count()

    asked = as_admin.get(url("end_now", deployment, key), {"number": number})
    ended = as_admin.post(url("end_now", deployment, key), {"number": number})

    is_previous = is_rotating and number == "1"
    assert (asked.status_code, ended.status_code) == ((200, 302) if is_previous else (409, 409))
    assert key.secrets.live().count() == before - is_previous


def test_a_key_that_rotates_says_so_and_is_not_rotated_again(as_admin, deployment, key):
    assert "Rotating" not in text(as_admin.get(url("index", deployment)))
    assert url("rotate", deployment, key) in as_admin.get(url("edit", deployment, key)).content.decode()

    as_admin.post(url("rotate", deployment, key), {"ends": "7d"})

    as_admin.post(url("confirm", deployment, key), {"number": 2})
    assert re.search(r"Rotating Ends \S+ week", text(as_admin.get(url("index", deployment))))
    assert url("rotate", deployment, key) not in as_admin.get(url("edit", deployment, key)).content.decode()


def test_the_last_use_stays_when_the_secret_that_was_used_ends(as_admin, deployment, issued, key):
    exchange(key, issued.secret.reveal())
    as_admin.post(url("rotate", deployment, key), {"ends": "now"})

    assert "now from 127.0.0.1 (astro-cli)" in told(as_admin.get(url("index", deployment)))
    assert "Last used now from 127.0.0.1" in told(as_admin.get(url("delete", deployment, key)))


def test_a_lost_secret_of_a_rotation_can_be_issued_anew_from_the_list(as_admin, deployment, key):
    as_admin.post(url("confirm", deployment, key), {"number": 1})
    as_admin.post(url("rotate", deployment, key), {"ends": "7d"})

    page = text(as_admin.get(url("index", deployment)))

    assert "Not confirmed" in page
    assert "Issue new secret for CI" in page


def test_a_fresh_secret_waits_for_its_first_use_and_then_shows_it(as_admin, deployment, issued, key, hx):
    address = f"{url('first_use', deployment, key)}?number=1"
    waiting = as_admin.get(address, headers=hx)
    exchange(key, issued.secret.reveal())
    used = as_admin.get(address, headers=hx)

    assert waiting.status_code == 200
    assert "Waiting for first use" in text(waiting)
    assert soup(waiting).find(id="first-use")["hx-trigger"] == "every 3s"
    assert used.status_code == 286
    assert "First used now from 127.0.0.1 (astro-cli)" in told(used)
    assert not soup(used).find(attrs={"hx-trigger": True})


def test_an_ended_secret_is_no_longer_waited_for(as_admin, deployment, key, hx):
    response = as_admin.get(f"{url('first_use', deployment, key)}?number=7", headers=hx)

    assert response.status_code == 286
    assert "This secret has ended." in text(response)


def test_use_is_told_in_the_list_and_before_deleting(as_admin, deployment, issued, key):
    exchange(key, issued.secret.reveal())

    page = as_admin.get(url("delete", deployment, key))

    use = "now from 127.0.0.1 (astro-cli)"
    assert f"{use} 1 use" in told(as_admin.get(url("index", deployment)))
    assert f"Last used {use}" in told(page)
    assert soup(page).find("a", string="Disable it instead")["href"] == url("disable", deployment, key)
