"""The refresh token of `astro login`: it stays the same until its sign-in ends, and opens nothing after that."""

from datetime import timedelta

import pytest
from django.core.cache import cache

from cloudui.web.keyring import keyring
from tests.apikeys.machine import error_of, whoami
from tests.apikeys.tokens.astro_login import (
    age,
    code_of,
    exchange_code,
    is_alive,
    refresh,
    results,
    sign_in,
)
from workspaces.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.rfc("6749", "6")]


@pytest.mark.rfc("6749", "6")
def test_a_refresh_token_stays_and_makes_access_tokens(as_admin, admin):
    tokens = sign_in(as_admin)

    first, second = (refresh(tokens["refresh_token"]).json() for _ in range(2))

    assert first.keys() == {"access_token", "token_type", "expires_in", "scope"}
    assert len({tokens["access_token"], first["access_token"], second["access_token"]}) == 3
    for each in (tokens, first, second):
        assert whoami(each["access_token"]).json()["id"] == admin.pk


def test_its_line_in_the_log_names_the_person(as_admin, admin, caplog):
    tokens = sign_in(as_admin)
    caplog.clear()

    refresh(tokens["refresh_token"])

    (line,) = (record.lines for record in caplog.records if hasattr(record, "lines"))
    assert f"caller=user:{admin.pk} route=/oauth/token method=POST status=200" in line


@pytest.mark.rfc("6749", "6")
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"refresh_token": ""}, "invalid_request"),
        ({"client_id": ""}, "invalid_request"),
        ({"client_id": "another"}, "unauthorized_client"),
        ({"scope": "everything"}, "invalid_scope"),
        ({"refresh_token": "cuir_unknown"}, "invalid_grant"),
    ],
)
def test_another_refresh_is_refused(as_admin, changes, error):
    response = refresh(**{"token": sign_in(as_admin)["refresh_token"], **changes})

    assert (response.status_code, error_of(response)) == (400, error)


@pytest.mark.threat("T-A3")
def test_a_code_is_no_refresh_token_and_the_other_way_round(as_admin):
    code = code_of(as_admin)
    assert refresh(code).status_code == 400

    token = exchange_code(code).json()["refresh_token"]

    assert exchange_code(token).status_code == 400
    assert whoami(token).status_code == 401


@pytest.mark.threat("T-A4")
@pytest.mark.rfc("9700", "4.14.2")
@pytest.mark.parametrize(
    ("columns", "status"),
    [
        ({"created_at": timedelta(days=29), "last_used_at": timedelta(days=6)}, 200),
        ({"created_at": timedelta(days=30), "last_used_at": timedelta(0)}, 400),
        ({"created_at": timedelta(days=8), "last_used_at": timedelta(days=7)}, 400),
    ],
)
def test_a_sign_in_ends_after_30_days_and_after_7_without_use(as_admin, columns, status):
    token = sign_in(as_admin)["refresh_token"]
    age(**columns)

    assert refresh(token).status_code == status


@pytest.mark.threat("T-A4")
def test_its_days_are_settings(as_admin, settings):
    settings.CLI_LOGIN_DAYS, settings.CLI_LOGIN_IDLE_DAYS = 3, 1
    token = sign_in(as_admin)["refresh_token"]

    age(created_at=timedelta(days=2, hours=20))
    assert 14_000 < refresh(token).json()["expires_in"] <= 4 * 3600, "never past the end of the sign-in"
    age(created_at=timedelta(days=3))

    assert refresh(token).status_code == 400


@pytest.mark.threat("T-A5")
@pytest.mark.parametrize(
    ("change", "result"),
    [
        pytest.param({"security_stamp": "another"}, "ended", id="stamp"),
        pytest.param({"is_active": False}, "deactivated", id="deactivated"),
    ],
)
def test_whatever_ends_the_persons_sessions_ends_code_and_tokens(as_admin, admin, change, result):
    tokens = sign_in(as_admin)
    code = code_of(as_admin)

    User.objects.filter(pk=admin.pk).update(**change)

    assert not is_alive(tokens["access_token"])
    for _ in range(2):
        assert error_of(refresh(tokens["refresh_token"])) == "invalid_grant"
    assert error_of(exchange_code(code)) == "invalid_grant"
    assert results("astroLoginRefused") == [("user", result)], "once a minute"


@pytest.mark.threat("T-A5")
def test_signing_out_everywhere_ends_it(as_admin):
    tokens = sign_in(as_admin)

    as_admin.post("/account/sign-out-everywhere")

    assert not is_alive(tokens["access_token"])
    assert refresh(tokens["refresh_token"]).status_code == 400


@pytest.mark.threat("T-A5")
def test_rights_are_read_at_use(as_admin, admin):
    token = sign_in(as_admin)["refresh_token"]
    before = whoami(refresh(token).json()["access_token"]).json()["rights"]

    admin.organization_role = "owner"
    admin.save()

    after = whoami(refresh(token).json()["access_token"]).json()["rights"]
    assert ("organization:owner" in before, "organization:owner" in after) == (False, True)


@pytest.mark.threat("T-A3")
def test_a_token_of_an_older_pepper_works_until_that_is_taken_out(as_admin, monkeypatch):
    token = sign_in(as_admin)["refresh_token"]
    [old] = keyring.versions("pepper").values()

    peppers = {1: old, 2: b"x" * 32}
    monkeypatch.setitem(keyring._keys, "pepper", peppers)
    assert refresh(token).status_code == 200
    del peppers[1]

    assert refresh(token).status_code == 400


@pytest.mark.threat("T-A6")
def test_failures_of_one_address_are_limited_and_a_right_token_is_not(as_admin):
    tokens = sign_in(as_admin)
    cache.clear()

    statuses = [refresh("cuir_unknown").status_code for _ in range(31)]

    assert statuses == [400] * 30 + [429]
    assert exchange_code("cuic_unknown").headers["Retry-After"]
    assert refresh(tokens["refresh_token"]).status_code == 200


@pytest.mark.threat("T-A6")
def test_a_loop_of_refreshes_is_limited(as_admin, settings):
    settings.EXCHANGES_PER_MINUTE = 2
    token = sign_in(as_admin)["refresh_token"]

    assert [refresh(token).status_code for _ in range(3)] == [200, 200, 429]
