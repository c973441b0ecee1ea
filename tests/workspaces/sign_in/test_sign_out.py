"""Signing out ends the session and leaves nothing in the browser."""

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client

from tests.workspaces.ways_out import WAYS_OUT

URL = "/account/logout/"


@pytest.mark.threat("T-W12")
@pytest.mark.parametrize("url", [URL, "/account/sign-out-everywhere"])
def test_the_old_session_is_dead_and_the_browser_keeps_nothing(as_member, url):
    old = as_member.cookies[settings.SESSION_COOKIE_NAME].value

    response = as_member.post(url)

    assert (response.status_code, response["Location"]) == (302, "/account/login/")
    assert response["Clear-Site-Data"] == '"cache", "storage"'
    assert response.cookies[settings.SESSION_COOKIE_NAME].value != old
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = old
    assert thief.get("/").status_code == 302
    assert not Session.objects.filter(session_key=old).exists()


@pytest.mark.threat("T-W12")
def test_the_cookie_of_the_session_is_taken_back(as_member):
    assert as_member.post(URL).cookies[settings.SESSION_COOKIE_NAME]["max-age"] == 0


@pytest.mark.threat("T-W2")
def test_following_a_link_only_asks(as_member):
    response = as_member.get(URL)

    assert response.status_code == 200
    assert "Clear-Site-Data" not in response
    assert as_member.get("/").status_code == 200


@pytest.mark.parametrize("method", ["get", "post"])
def test_whoever_is_signed_out_already_comes_to_the_sign_in_page(as_nobody, db, method):
    assert getattr(as_nobody, method)(URL)["Location"] == "/account/login/"


@pytest.mark.threat("T-W9")
@pytest.mark.parametrize("way", WAYS_OUT)
def test_no_url_leads_elsewhere(as_member, way):
    assert as_member.post(URL, {"next": way})["Location"] == "/account/login/"
