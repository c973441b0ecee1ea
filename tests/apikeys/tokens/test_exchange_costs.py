"""What an exchange costs: a forgery nothing, a genuine secret one argon2, and the same secret soon again none."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apikeys import credentials, keys, usage
from apikeys.models import ApiKeySecret
from apikeys.tokens import verified_secrets
from tests.apikeys.machine import credentials_of, error_of, exchange, forged, never_stored, post
from tests.factories import create_api_key, create_deployment

pytestmark = pytest.mark.django_db


@pytest.mark.threat("T-E1")
@pytest.mark.parametrize("key_id", ["own", "unknown", "a" * 500, "ключ"])
def test_a_forged_secret_costs_no_query_and_no_argon2(issued, argon2_runs, key_id):
    given = issued.key.pk if key_id == "own" else key_id

    with CaptureQueriesContext(connection) as queries:
        response = exchange(issued, client_id=given, client_secret=forged(issued))

    assert (response.status_code, error_of(response)) == (401, "invalid_client")
    assert (len(queries), len(argon2_runs)) == (0, 0)


@pytest.mark.threat("T-E1")
@pytest.mark.parametrize("case", ["unknown key", "deleted key", "another key's secret", "never stored"])
def test_a_genuine_secret_without_its_row_costs_one_query_and_one_argon2(
    issued, as_caller, argon2_runs, case
):
    other = create_api_key(create_deployment())
    changes = {
        "unknown key": {"client_id": "0" * 32},
        "deleted key": {},
        "another key's secret": {"client_secret": other.secret.reveal()},
        "never stored": {"client_secret": never_stored()},
    }[case]
    if case == "deleted key":
        keys.delete_key(as_caller, issued.key)
    argon2_runs.clear()

    with CaptureQueriesContext(connection) as queries:
        response = exchange(issued, **changes)

    assert (response.status_code, error_of(response)) == (401, "invalid_client")
    assert (len(queries), len(argon2_runs)) == (1, 1)


STATE = "SELECT apikeys_apikeysecret"
CALLER = "UPDATE apikeys_caller"
FIRST_USE = [
    "UPDATE apikeys_apikey",
    "UPDATE apikeys_apikeysecret",
    "INSERT apikeys_apikeyuse",
    "INSERT workspaces_auditevent",
]


def test_an_exchange_has_so_many_statements(issued):
    """One for the state of the secret, again after argon2, and three for the first use, which has an event."""
    # The first token of a process reads the signing keys.
    exchange(create_api_key(create_deployment()))

    assert [statements_of(issued) for _ in range(3)] == [[STATE, STATE, *FIRST_USE], [STATE], [STATE]]


def test_a_use_that_is_written_later_has_four(issued, token):
    """One is for where it came from; a caller that is new to the key has some more, once."""
    for _ in range(2):
        exchange(issued)
        exchange(issued)
        usage.write_pending()
    exchange(issued)

    with CaptureQueriesContext(connection) as queries:
        usage.write_pending()

    assert [named(query["sql"]) for query in queries if named(query["sql"])] == [*FIRST_USE[:3], CALLER]


def statements_of(issued):
    """The statements of an exchange, each by its verb and its first table, without those that begin and end something."""
    with CaptureQueriesContext(connection) as queries:
        assert exchange(issued).status_code == 200
    return [name for query in queries if (name := named(query["sql"]))]


def named(sql):
    found = re.match(
        r"(UPDATE|INSERT|DELETE|SELECT) (?:INTO |FROM |.*\bFROM )?\"?(\w+)", " ".join(sql.split())
    )
    return " ".join(found.groups()) if found else ""


def test_the_same_secret_is_recognised_for_some_minutes(issued, argon2_runs):
    for _ in range(3):
        assert exchange(issued).status_code == 200

    assert len(argon2_runs) == 1


def test_after_that_argon2_proves_it_again(issued, argon2_runs, monkeypatch):
    monkeypatch.setattr(verified_secrets, "SECONDS", 0.0)

    exchange(issued)
    exchange(issued)

    assert len(argon2_runs) == 2


def test_what_is_recognised_is_bound_to_the_row(issued):
    exchange(issued)
    other = create_api_key(create_deployment())
    ApiKeySecret.objects.filter(key=issued.key).update(
        encoded=ApiKeySecret.objects.get(key=other.key).encoded
    )

    assert error_of(exchange(issued)) == "invalid_client"


def test_a_secret_stored_in_the_old_way_is_stored_anew(issued, monkeypatch):
    before = ApiKeySecret.objects.get(key=issued.key)
    monkeypatch.setattr(credentials, "needs_rehash", lambda *_: True)

    assert exchange(issued).status_code == 200

    assert ApiKeySecret.objects.get(key=issued.key).encoded != before.encoded
    monkeypatch.undo()
    verified_secrets.clear()
    assert exchange(issued).status_code == 200


@pytest.mark.threat("T-E2")
def test_a_dead_secret_that_is_tried_again_and_again_costs_no_more_argon2(issued, as_caller, argon2_runs):
    keys.delete_key(as_caller, issued.key)

    answers = [exchange(issued).status_code for _ in range(40)]

    assert answers == [401] * 30 + [429] * 10
    assert len(argon2_runs) == 30


@pytest.mark.threat("T-E2")
def test_nor_does_it_with_another_key_id_each_time(issued, as_caller, argon2_runs):
    keys.delete_key(as_caller, issued.key)

    answers = [exchange(issued, client_id=f"{number:032}").status_code for number in range(40)]

    assert answers == [401] * 30 + [429] * 10
    assert len(argon2_runs) == 30


def test_a_genuine_pair_is_not_refused_for_wrong_ids_that_were_tried_with_its_secret(issued):
    for number in range(40):
        exchange(issued, client_id=f"{number:032}")

    assert exchange(issued).status_code == 200


@pytest.mark.threat("T-L1")
@pytest.mark.parametrize("change", [keys.disable_key, keys.delete_key], ids=["disabled", "deleted"])
@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/introspect", "/oauth/revoke"])
def test_a_key_that_ends_while_argon2_is_waited_for_is_refused(
    issued, as_caller, monkeypatch, token, change, path
):
    verify = credentials.verify
    verified_secrets.clear()

    def verify_slowly(*arguments):
        change(as_caller, issued.key)
        return verify(*arguments)

    monkeypatch.setattr(credentials, "verify", verify_slowly)

    answer = post(path, {**credentials_of(issued), "token": token})

    assert (answer.status_code, error_of(answer)) == (401, "invalid_client")
