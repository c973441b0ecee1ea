"""Whether keys and database belong together, which decides whether a server may start."""

import threading

import pytest
from django.db import OperationalError, connection

from cloudui.web import keycheck
from cloudui.web.keycheck import DatabaseNotPrepared, ForeignKeyFile
from cloudui.web.keyring import PURPOSES, Keyring, NoKeys
from cloudui.web.models import KeyCheck

pytestmark = pytest.mark.django_db


def key(byte: int) -> bytes:
    return bytes([byte]) * 32


def keys(first: int = 0, **versions: dict[int, bytes]) -> dict[str, dict[int, bytes]]:
    """A version of each purpose, the keys numbered from `first` on, with some of the purposes changed."""
    return {purpose: {1: key(first + number)} for number, purpose in enumerate(PURPOSES)} | versions


@pytest.fixture(autouse=True)
def _no_traces_yet():
    KeyCheck.objects.all().delete()


@pytest.fixture
def start(monkeypatch):
    """A server that starts with these keys."""

    def start(at_hand):
        monkeypatch.setattr(keycheck, "keyring", Keyring(lambda: at_hand))
        keycheck.verify_or_register()

    return start


def traces():
    return set(KeyCheck.objects.values_list("purpose", "version"))


def test_the_first_start_leaves_a_trace_of_every_key(start):
    start(keys(mac={1: key(100), 2: key(101)}))

    assert traces() == {("mac", 2), *((purpose, 1) for purpose in PURPOSES)}


def test_a_trace_is_the_hmac_of_the_word_check(start):
    start(keys())

    # printf check | openssl dgst -sha256 -mac hmac -macopt hexkey:00...00 (32 bytes)
    expected = "88fd42d716930e07e9f681dda38872379e4d360a95dc13de00c4b6371c5d11c0"
    assert KeyCheck.objects.get(purpose="mac").digest == expected


def test_the_same_keys_are_accepted_again_and_nothing_is_written(start, django_assert_num_queries):
    start(keys())

    with django_assert_num_queries(2):
        start(keys())

    assert KeyCheck.objects.count() == 5


@pytest.mark.parametrize(
    ("then", "refusal"),
    [
        (keys(50), "The key file does not belong to this database: version 1 of the "),
        (keys(50), r"Put back the keys.json \(or CLOUDUI_KEYS\) that was used with this database"),
        ({}, "does not belong to this database: it is missing"),
        (keys(pepper={2: key(77)}), "no version of the pepper key that was used here"),
        *(
            (keys() | {purpose: {1: key(99)}}, f"version 1 of the {purpose} key is a different one")
            for purpose in PURPOSES
        ),
    ],
)
def test_other_keys_than_those_of_the_database_are_refused_with_the_remedy(start, then, refusal):
    start(keys())
    before = traces()

    with pytest.raises(ForeignKeyFile, match=refusal):
        start(then)

    assert traces() == before


def test_missing_keys_on_a_fresh_database_name_the_command(start):
    with pytest.raises(NoKeys, match=r"manage\.py prepare"):
        start({})


def test_a_new_version_beside_a_known_one_is_registered(start):
    start(keys())

    start(keys(pepper={1: key(1), 2: key(77)}))

    assert ("pepper", 2) in traces()
    with pytest.raises(ForeignKeyFile, match="version 2 of the pepper key"):
        start(keys(pepper={1: key(1), 2: key(78)}))


def test_an_old_version_may_be_taken_out(start):
    start(keys(pepper={1: key(1), 2: key(77)}))

    start(keys(pepper={2: key(77)}))
    start(keys(pepper={2: key(77), 3: key(78)}))


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_file_from_before_a_rotation_is_refused_by_the_version_that_it_lacks(start, purpose):
    first = keys()
    start(first | {purpose: {**first[purpose], 2: key(77)}})

    with pytest.raises(ForeignKeyFile, match=f"it is older and lacks version 2 of the {purpose} key"):
        start(first)
    with pytest.raises(ForeignKeyFile, match=f"it is older and lacks version 2 of the {purpose} key"):
        start(first | {purpose: {**first[purpose], 3: key(78)}})


def test_a_database_from_before_a_rotation_takes_the_file_that_has_both(start):
    start(keys())

    start(keys(pepper={1: key(1), 2: key(77), 3: key(78)}))


def test_of_two_first_starts_with_different_keys_the_second_is_refused(start, monkeypatch):
    start(keys())
    seen = iter([{}, keycheck._known()])
    monkeypatch.setattr(keycheck, "_known", lambda: next(seen))  # both looked before either wrote

    with pytest.raises(ForeignKeyFile):
        start(keys(50, mac={1: key(60), 2: key(61)}))

    assert not KeyCheck.objects.filter(version=2).exists()


def test_new_keys_may_be_made_only_while_no_key_was_ever_used(start):
    assert keycheck.may_create_keys()

    start(keys())

    assert not keycheck.may_create_keys()


def test_a_database_without_tables_may_get_keys_but_no_server(monkeypatch):
    monkeypatch.setattr(connection.introspection, "table_names", list)

    assert keycheck.may_create_keys()
    with pytest.raises(DatabaseNotPrepared, match=r"manage\.py prepare"):
        keycheck.verify_or_register()


def test_a_worker_that_starts_while_the_database_is_gone_checks_later(monkeypatch):
    attempts = []
    done = threading.Event()

    def verify():
        attempts.append("attempt")
        if len(attempts) < 3:
            raise OperationalError
        done.set()

    monkeypatch.setattr(keycheck, "verify_or_register", verify)
    monkeypatch.setattr(keycheck, "RETRY_SECONDS", 0)
    monkeypatch.setattr(keycheck.connections, "close_all", lambda: None)
    keycheck.verify_in_time()

    assert done.wait(30)


def test_one_that_turns_out_to_have_foreign_keys_ends(monkeypatch):
    failures, ended = [OperationalError(), ForeignKeyFile("one differs.")], threading.Event()

    def verify():
        if failures:
            raise failures.pop(0)

    monkeypatch.setattr(keycheck, "verify_or_register", verify)
    monkeypatch.setattr(keycheck, "RETRY_SECONDS", 0)
    monkeypatch.setattr(keycheck.connections, "close_all", lambda: None)
    monkeypatch.setattr(keycheck.os, "_exit", lambda _status: ended.set())
    keycheck.verify_in_time()

    assert ended.wait(30)


def test_a_trace_shows_no_key():
    assert str(KeyCheck(purpose="mac", version=3, digest="ab" * 32)) == "mac 3"
