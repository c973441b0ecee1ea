"""The sign-ins by `astro login`: how many there are, what is known of each, and who ends them."""

from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apikeys.models import AuthorizationGrant
from apikeys.tokens import grants
from apikeys.tokens.signing_keys import clear_cache
from tests.apikeys.machine import post, whoami
from tests.apikeys.tokens.astro_login import (
    age,
    code_of,
    exchange_code,
    is_alive,
    refresh,
    results,
    sign_in,
)
from tests.factories import create_user
from tests.house.tables import dump
from workspaces.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.rfc("7009", "2")]


@pytest.mark.threat("T-A6")
def test_the_sign_ins_of_a_person_are_bounded(as_admin, monkeypatch):
    monkeypatch.setattr(grants, "MOST_GRANTS", 3)
    stranger = Client()
    stranger.force_login(create_user())
    others = sign_in(stranger)

    tokens = [sign_in(as_admin)["refresh_token"] for _ in range(4)]

    assert [refresh(token).status_code for token in tokens] == [400, 200, 200, 200]
    assert refresh(others["refresh_token"]).status_code == 200
    assert results("endAstroLogin") == [("user", "too_many")]


@pytest.mark.threat("T-A6")
def test_housekeeping_deletes_what_has_ended_and_nothing_else(as_admin, admin):
    for columns in (
        {"created_at": timedelta(days=31)},
        {"last_used_at": timedelta(days=8)},
    ):
        sign_in(as_admin)
        age(**columns)
    assert grants.delete_expired() == 2

    code_of(as_admin)
    age(created_at=timedelta(minutes=2))
    token, pending = sign_in(as_admin), code_of(as_admin)
    assert grants.delete_expired() == 1
    assert refresh(token["refresh_token"]).status_code == 200
    assert exchange_code(pending).status_code == 200

    User.objects.filter(pk=admin.pk).update(security_stamp="another")
    assert grants.delete_expired() == 2
    assert not AuthorizationGrant.objects.exists()


def test_a_call_with_its_token_is_one_query(as_admin):
    token = sign_in(as_admin)["access_token"]
    clear_cache()
    whoami(token, path="/userinfo")

    with CaptureQueriesContext(connection) as queries:
        assert whoami(token, path="/userinfo").status_code == 200

    assert len(queries) == 1


def test_a_use_is_written_once_an_hour(as_admin):
    token = sign_in(as_admin)["access_token"]
    age(last_used_at=timedelta(days=6))

    with CaptureQueriesContext(connection) as queries:
        for _ in range(3):
            Client().get(
                "/userinfo",
                headers={"Authorization": f"Bearer {token}", "User-Agent": "astro-cli/1.45.0"},
                REMOTE_ADDR="203.0.113.9",
            )

    grant = AuthorizationGrant.objects.get()
    assert len([query for query in queries if query["sql"].startswith("UPDATE")]) == 1
    assert grant.last_used_at is not None
    assert timezone.now() - grant.last_used_at < timedelta(minutes=1)
    assert (grant.last_used_from, grant.use) == ("203.0.113.9", "from 203.0.113.9 (astro-cli)")


def test_a_use_that_cannot_be_written_fails_no_call(as_admin, monkeypatch, caplog):
    def fail(origin):
        raise OperationalError("disk full")

    token = sign_in(as_admin)["access_token"]
    age(last_used_at=timedelta(hours=2))
    monkeypatch.setattr(grants, "_use", fail)

    assert is_alive(token)
    assert "could not be written down" in caplog.text


@pytest.mark.rfc("7009", "2.1")
def test_whoever_holds_the_refresh_token_ends_the_sign_in(as_admin):
    tokens = sign_in(as_admin)

    response = post("/oauth/revoke", {"client_id": "console-cli", "token": tokens["refresh_token"]})

    assert (response.status_code, response.json()) == (200, {})
    assert not is_alive(tokens["access_token"])
    assert refresh(tokens["refresh_token"]).status_code == 400
    assert results("endAstroLogin") == [("user", "revoked")]


@pytest.mark.rfc("7009", "2.2")
@pytest.mark.threat("T-J11")
@pytest.mark.parametrize("token", ["cuir_unknown", "nonsense", "ACCESS TOKEN"])
def test_the_client_revokes_nothing_else_and_learns_nothing(as_admin, token):
    tokens = sign_in(as_admin)
    token = tokens["access_token"] if token == "ACCESS TOKEN" else token

    response = post("/oauth/revoke", {"client_id": "console-cli", "token": token})

    assert (response.status_code, response.json()) == (200, {})
    assert is_alive(tokens["access_token"])


@pytest.mark.rfc("7662", "2.2")
def test_introspection_knows_it_as_long_as_it_works(as_admin):
    tokens = sign_in(as_admin)
    asking = sign_in(as_admin)["access_token"]

    def introspect():
        return post(
            "/oauth/introspect", {"token": tokens["access_token"]}, Authorization=f"Bearer {asking}"
        ).json()

    answer = introspect()
    assert (answer["active"], answer["client_id"]) == (True, "console-cli")
    assert "stamp" not in answer
    post("/oauth/revoke", {"client_id": "console-cli", "token": tokens["refresh_token"]})

    assert introspect() == {"active": False}


@pytest.mark.threat("T-A3")
def test_the_database_holds_neither_code_nor_token(as_admin):
    code = code_of(as_admin)
    tokens = exchange_code(code).json()

    held = repr(dump())

    for secret in (code, tokens["refresh_token"], tokens["access_token"]):
        assert secret not in held
        assert secret[5:] not in held
