"""The sign-ins of the astro CLI on the account page, each with its *End*."""

import pytest
from django.test import Client

from apikeys.models import AuthorizationGrant
from tests.apikeys.machine import whoami
from tests.apikeys.pages import soup, text
from tests.apikeys.tokens.astro_login import code_of, is_alive, refresh, results, sign_in
from tests.factories import create_grant

pytestmark = pytest.mark.django_db


def ends(client):
    """Where the buttons of the list lead."""
    page = soup(client.get("/account"))
    return [button.find_parent("form")["action"] for button in page.find_all("button", string="End")]


def test_without_any_the_page_says_so(as_admin):
    code_of(as_admin)

    assert "No machine is signed in as you" in text(as_admin.get("/account"))
    assert ends(as_admin) == []


def test_each_is_listed_with_its_address_and_last_use(as_admin):
    sign_in(as_admin)
    AuthorizationGrant.objects.update(created_from="203.0.113.7")
    token = sign_in(as_admin)["access_token"]
    AuthorizationGrant.objects.filter(created_from="203.0.113.7").update(
        last_used_from="203.0.113.9", last_used_client="astro-cli/1.45.0"
    )

    page = text(as_admin.get("/account"))

    assert len(ends(as_admin)) == 2
    for words in ("from 203.0.113.7", "from 203.0.113.9 (astro-cli)", "from 127.0.0.1"):
        assert words in page
    assert token not in page


def test_however_many_there_are_they_are_one_query(as_admin, admin, django_assert_num_queries):
    as_admin.get("/account")
    for number in (1, 10):
        for _ in range(number):
            create_grant(admin)

        with django_assert_num_queries(4, info="the session, the person, the Workspaces and these"):
            assert len(ends(as_admin)) >= number


@pytest.mark.threat("T-A4")
def test_end_ends_that_one_with_its_tokens(as_admin, admin):
    ended, other = sign_in(as_admin), sign_in(as_admin)
    grant = AuthorizationGrant.objects.order_by("created_at").first()

    response = as_admin.post(f"/account/astro/{grant.pk}/end", follow=True)

    assert "The sign-in of the astro CLI was ended." in text(response)
    assert not is_alive(ended["access_token"])
    assert whoami(ended["access_token"]).json()["error_description"] == (
        "This sign-in has ended. Run astro login again."
    )
    assert refresh(ended["refresh_token"]).status_code == 400
    assert is_alive(other["access_token"])
    assert results("endAstroLogin") == [("user", "ok")]
    assert len(ends(as_admin)) == 1


@pytest.mark.threat("T-A5")
def test_nobody_ends_anothers(as_admin, as_editor):
    tokens = sign_in(as_admin)
    grant = AuthorizationGrant.objects.get()

    strangers = [as_editor.post(f"/account/astro/{name}/end") for name in (grant.pk, "c" + "0" * 24)]

    assert [response.status_code for response in strangers] == [404, 404]
    assert strangers[0].content == strangers[1].content
    assert ends(as_editor) == []
    assert is_alive(tokens["access_token"])


@pytest.mark.threat("T-A2")
def test_a_link_ends_nothing(as_admin):
    sign_in(as_admin)
    [url] = ends(as_admin)

    assert as_admin.get(url).status_code == 405
    assert Client().post(url).status_code == 302
    assert ends(as_admin) == [url]
