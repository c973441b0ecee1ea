"""Whether keys and database belong together, which decides whether a server may start."""

import pytest
from django.db import connection

from cloudui.web import keycheck
from cloudui.web.keycheck import DatabaseNotPrepared, ForeignKeyFile
from cloudui.web.keyring import PURPOSES, Keyring, NoKeys
from cloudui.web.models import KeyCheck

pytestmark = pytest.mark.django_db


def keys(**versions: dict[int, bytes]) -> dict[str, dict[int, bytes]]:
    return {purpose: {1: key(number)} for number, purpose in enumerate(PURPOSES)} | versions


def others() -> dict[str, dict[int, bytes]]:
    return {purpose: {1: key(50 + number)} for number, purpose in enumerate(PURPOSES)}


def key(byte: int) -> bytes:
    return bytes([byte]) * 32


@pytest.fixture(autouse=True)
def _no_traces_yet():
    KeyCheck.objects.all().delete()


@pytest.fixture
def use(monkeypatch):
    def use(at_hand):
        monkeypatch.setattr(keycheck, "keyring", Keyring(lambda: at_hand))

    return use


def test_the_first_start_leaves_a_trace_of_every_key(use):
    use(keys(mac={1: key(100), 2: key(101)}))

    keycheck.verify_or_register()

    traces = sorted(KeyCheck.objects.values_list("purpose", "version"))
    assert traces == [("django", 1), ("field", 1), ("fingerprint", 1), ("mac", 1), ("mac", 2), ("pepper", 1)]


def test_a_trace_is_the_hmac_of_the_word_check(use):
    use(keys())

    keycheck.verify_or_register()

    # printf check | openssl dgst -sha256 -mac hmac -macopt hexkey:00...00 (32 bytes)
    expected = "88fd42d716930e07e9f681dda38872379e4d360a95dc13de00c4b6371c5d11c0"
    assert KeyCheck.objects.get(purpose="mac").digest == expected


def test_the_same_keys_are_accepted_again_and_nothing_is_written(use, django_assert_num_queries):
    use(keys())
    keycheck.verify_or_register()

    with django_assert_num_queries(2):
        keycheck.verify_or_register()

    assert KeyCheck.objects.count() == 5


def test_other_keys_are_refused_with_the_remedy(use):
    use(keys())
    keycheck.verify_or_register()
    use(others())

    with pytest.raises(ForeignKeyFile) as refusal:
        keycheck.verify_or_register()

    assert str(refusal.value).startswith("The key file does not belong to this database: version 1 of the ")
    assert "Put back the keys.json (or CLOUDUI_KEYS) that was used with this database" in str(refusal.value)


@pytest.mark.parametrize("purpose", PURPOSES)
def test_one_foreign_key_among_five_is_enough(use, purpose):
    use(keys())
    keycheck.verify_or_register()
    use(keys(**{purpose: {1: key(99)}}))

    with pytest.raises(ForeignKeyFile, match=f"version 1 of the {purpose} key is a different one"):
        keycheck.verify_or_register()


def test_missing_keys_are_refused_when_the_database_has_seen_some(use):
    use(keys())
    keycheck.verify_or_register()
    use({})

    with pytest.raises(ForeignKeyFile, match="does not belong to this database: it is missing"):
        keycheck.verify_or_register()


def test_missing_keys_on_a_fresh_database_name_the_command(use):
    use({})

    with pytest.raises(NoKeys, match=r"manage\.py prepare"):
        keycheck.verify_or_register()


def test_a_new_version_beside_a_known_one_is_registered(use):
    use(keys())
    keycheck.verify_or_register()
    use(keys(pepper={1: key(1), 2: key(77)}))

    keycheck.verify_or_register()

    assert KeyCheck.objects.filter(purpose="pepper").count() == 2
    use(keys(pepper={1: key(1), 2: key(78)}))
    with pytest.raises(ForeignKeyFile, match="version 2 of the pepper key"):
        keycheck.verify_or_register()


def test_an_old_version_may_be_taken_out(use):
    use(keys(pepper={1: key(1), 2: key(77)}))
    keycheck.verify_or_register()
    use(keys(pepper={2: key(77)}))

    keycheck.verify_or_register()


def test_only_unknown_versions_of_a_purpose_are_refused(use):
    use(keys())
    keycheck.verify_or_register()
    use(keys(pepper={2: key(77)}))

    with pytest.raises(ForeignKeyFile, match="no version of the pepper key that was used here"):
        keycheck.verify_or_register()
    assert not KeyCheck.objects.filter(purpose="pepper", version=2).exists()


def test_of_two_first_starts_with_different_keys_the_second_is_refused(use, monkeypatch):
    use(keys())
    keycheck.verify_or_register()
    use(others() | {"mac": {1: key(60), 2: key(61)}})
    seen = iter([{}, keycheck._known()])
    monkeypatch.setattr(keycheck, "_known", lambda: next(seen))  # both looked before either wrote

    with pytest.raises(ForeignKeyFile):
        keycheck.verify_or_register()

    assert not KeyCheck.objects.filter(version=2).exists()


def test_new_keys_may_be_made_only_while_no_key_was_ever_used(use):
    assert keycheck.may_create_keys()

    use(keys())
    keycheck.verify_or_register()

    assert not keycheck.may_create_keys()


def test_a_database_without_tables_may_get_keys_but_no_server(monkeypatch):
    monkeypatch.setattr(connection.introspection, "table_names", list)

    assert keycheck.may_create_keys()
    with pytest.raises(DatabaseNotPrepared, match=r"manage\.py prepare"):
        keycheck.verify_or_register()


def test_a_trace_shows_no_key():
    assert str(KeyCheck(purpose="mac", version=3, digest="ab" * 32)) == "mac 3"
