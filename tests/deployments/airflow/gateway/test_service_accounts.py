"""By which account Airflow is entered, and what happens when it does not know us."""

import asyncio
import base64

import jwt
import pytest

from apikeys.tokens import signing_keys
from deployments.airflow.accounts import Account, seal
from deployments.models import Airflow, AirflowAuth, AirflowRole
from tests.deployments.airflow.gateway.conftest import ACCOUNTS, at_once
from tests.deployments.airflow.gateway.fake_airflow import response, says, with_tokens

FORBIDDEN = b'{"detail": "Forbidden"}'
STALE = b'{"detail": "Invalid JWT token"}'


def knows(*tokens, stale=(403, STALE)):
    """Airflow 3 that takes these tokens and says of all others that it cannot verify them."""

    async def behave(received, writer):
        is_known = received.header("authorization") in {f"Bearer {token}" for token in tokens}
        writer.write(response(200, b"{}") if is_known else response(*stale))

    return behave


def test_airflow_2_gets_name_and_password_of_the_account_for_the_role(call, airflow):
    Airflow.objects.update(version="2.11.2")

    _, fake = call(says(), "/api/v1/dags")

    expected = base64.b64encode(b"console-op:password-of-op").decode()
    assert [each.header("authorization") for each in fake.received] == [f"Basic {expected}"]


def test_airflow_3_is_asked_for_a_token_once(play):
    async def scene(stage):
        await asyncio.gather(*(stage.call() for _ in range(5)))
        await stage.call()
        return stage.fake

    fake = play(scene, with_tokens(says()))

    assert [each.body for each in fake.logins] == [
        b'{"username": "console-op", "password": "password-of-op"}'
    ]
    assert {each.header("authorization") for each in fake.calls} == {"Bearer token-1"}


@pytest.mark.parametrize(("version", "path"), [("", "/api/v2/dags"), ("3.0.0", "/api/v1/dags")])
def test_an_unknown_version_is_that_of_the_interface_that_is_called(call, version, path):
    Airflow.objects.update(version=version)

    _, fake = call(says(), path)

    assert fake.calls[0].header("authorization") == "Bearer token-1"


@pytest.mark.parametrize("stale", [(403, STALE), (401, b'{"detail": "Token Expired"}')])
def test_a_token_that_airflow_has_forgotten_is_asked_for_anew(call, stale):
    got, fake = call(
        knows("token-2", stale=stale), method="POST", headers=[("content-length", "2")], body=[b"{}"]
    )

    assert (got.status, len(fake.logins)) == (200, 2)
    assert [(each.header("authorization"), each.body) for each in fake.calls] == [
        ("Bearer token-1", b"{}"),
        ("Bearer token-2", b"{}"),
    ]


def test_those_who_meet_a_forgotten_token_together_sign_in_once(play):
    async def scene(stage):
        got = await asyncio.gather(*(stage.call() for _ in range(8)))
        return {each.status for each in got}, len(stage.fake.logins)

    assert play(scene, with_tokens(knows("token-2"))) == ({200}, 2)


def test_a_token_that_airflow_never_takes_is_no_secret_loop(call):
    got, fake = call(knows())

    assert (got.status, got.json()["error"]) == (502, "service_account_refused")
    assert (len(fake.logins), len(fake.calls)) == (2, 2)


def test_a_long_body_is_not_kept_to_be_sent_again(call, monkeypatch):
    monkeypatch.setattr("deployments.airflow.gateway.incoming.KEPT_BYTES", 3)

    got, fake = call(
        knows("token-2"), method="POST", headers=[("content-length", "4")], body=[b"{   ", b"}"][:1]
    )

    assert (got.status, got.header("retry-after"), len(fake.logins)) == (503, "1", 2)
    assert len(fake.calls) == 1


def test_what_a_role_may_not_do_is_no_reason_to_sign_in_again(call):
    got, fake = call(says(403, FORBIDDEN), method="PATCH")

    assert (got.status, got.body, len(fake.logins)) == (403, FORBIDDEN, 1)


def test_a_long_refusal_passes_whole(call):
    body = b"x" * 50_000

    got, _ = call(says(403, body))

    assert (got.status, got.body, got.is_whole) == (403, body, True)


@pytest.mark.parametrize("login", [400, 401, 403, 422, 500])
def test_an_account_that_airflow_refuses_says_what_to_do(play, login):
    got = play(lambda stage: stage.call(), with_tokens(says(), login=login))

    assert (got.status, got.json()["error"]) == (502, "service_account_refused")
    assert "manage.py connect_airflow" in got.json()["error_description"]
    assert got.header("www-authenticate") is None


@pytest.mark.parametrize(
    "body", [b"{}", b"[]", b"<html>", b'{"access_token": 7}', b'{"access_token": "a\\r\\nb"}']
)
def test_an_answer_without_a_token_is_a_refusal(play, body):
    got = play(lambda stage: stage.call(), says(200, body))

    assert (got.status, got.json()["error"]) == (502, "service_account_refused")


def test_a_challenge_of_airflow_2_is_a_refused_account(call):
    Airflow.objects.update(version="2.11.2")

    got, fake = call(says(401, b"", [("www-authenticate", "Basic")]), "/api/v1/dags")

    assert (got.status, got.json()["error"], len(fake.calls)) == (502, "service_account_refused", 1)


def test_a_role_without_an_account_gets_no_other(call, deployment):
    Airflow.objects.update(
        sealed_accounts=seal(deployment.pk, {AirflowRole.ADMIN: ACCOUNTS[AirflowRole.ADMIN]})
    )

    got, fake = call(says())

    assert (got.status, got.json()["error"], fake.received) == (502, "no_service_account", [])
    assert "for the role Op" in got.json()["error_description"]


def test_a_new_password_is_used_at_once(play, deployment):
    accounts = {AirflowRole.OP: Account("console-op", "changed")}

    async def scene(stage):
        await stage.call()
        await at_once(Airflow.objects.update)(sealed_accounts=seal(deployment.pk, accounts))
        await stage.call()
        return [each.body for each in stage.fake.logins]

    assert [b"changed" in body for body in play(scene, with_tokens(says()))] == [False, True]


def test_our_auth_manager_gets_a_token_that_names_the_key(call, deployment, key, token):
    Airflow.objects.update(auth=AirflowAuth.AUTH_MANAGER, sealed_accounts=None)

    _, fake = call(says())

    scheme, _, given = fake.calls[0].header("authorization").partition(" ")
    kid = jwt.get_unverified_header(given)["kid"]
    public = next(each for each in signing_keys.published()["keys"] if each["kid"] == kid)
    claims = jwt.decode(
        given,
        jwt.PyJWK(public),
        algorithms=["EdDSA"],
        audience=f"airflow:{deployment.pk}",
        issuer="http://localhost:8871",
    )
    assert (scheme, given == token) == ("Bearer", False)
    name = f"CI (API key {key.key.pk})"
    assert (claims["sub"], claims["name"], claims["role"]) == (f"apikey:{key.key.pk}", name, "op")
    assert claims["exp"] - claims["iat"] == 300


def test_a_token_for_an_airflow_opens_nothing_here(call, client):
    Airflow.objects.update(auth=AirflowAuth.AUTH_MANAGER)
    _, fake = call(says())
    given = fake.calls[0].header("authorization")

    assert client.get("/v1/whoami", headers={"authorization": given}).status_code == 401
    again, fake = call(says(), token=given.removeprefix("Bearer "))
    assert (again.status, fake.received) == (401, [])


def test_an_auth_manager_that_does_not_know_us_says_what_to_do(call):
    Airflow.objects.update(auth=AirflowAuth.AUTH_MANAGER)

    got, fake = call(says(403, STALE))

    assert (got.status, got.json()["error"], len(fake.calls)) == (502, "service_account_refused", 1)
    assert "auth manager" in got.json()["error_description"]
