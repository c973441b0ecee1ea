"""Signing keys: encrypted, published before they sign, rotated without a gap, burnt with all they signed."""

import base64
import json
import time
from datetime import timedelta
from io import StringIO
from threading import Barrier, Thread

import jwt
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from apikeys.models import SigningKey
from apikeys.models.signing_key import State
from apikeys.tokens import access_tokens, signing_keys, verified_tokens
from cloudui.web.encryption import CannotDecrypt
from cloudui.web.principal import system_principal
from tests.apikeys.machine import token_of, whoami
from workspaces.models import AuditEvent

pytestmark = pytest.mark.django_db

SYSTEM = system_principal("test")


def run(command: str, *arguments: str) -> str:
    out = StringIO()
    call_command(command, *arguments, stdout=out)
    return out.getvalue()


def published() -> list[str]:
    signing_keys.clear_cache()
    return [key["kid"] for key in Client().get("/.well-known/jwks.json").json()["keys"]]


def kid_of(token: str) -> str:
    return jwt.get_unverified_header(token)["kid"]


def make_ready() -> None:
    """Let the next key have been published long enough."""
    SigningKey.objects.filter(state=State.NEXT).update(created_at=timezone.now() - timedelta(hours=1))


def in_state(state: State) -> str:
    return SigningKey.objects.get(state=state).kid


@pytest.mark.rfc("7517", "5")
def test_the_current_and_the_next_key_are_made_at_first_need_and_published():
    assert not SigningKey.objects.exists()

    response = Client().get("/.well-known/jwks.json")

    keys = response.json()["keys"]
    assert [key["kid"] for key in keys] == [in_state(State.NEXT), in_state(State.CURRENT)]
    for key in keys:
        assert key.keys() == {"kty", "crv", "x", "kid", "use", "alg"}
        assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("OKP", "Ed25519", "EdDSA", "sig")
    assert response.headers["Cache-Control"] == "public, max-age=300"


def test_the_private_part_is_encrypted(issued):
    token_of(issued)

    for row in SigningKey.objects.all():
        assert b"PRIVATE" not in bytes(row.private)


@pytest.mark.threat("T-S2")
def test_a_private_part_that_is_copied_to_another_row_does_not_decrypt(issued):
    token_of(issued)
    current = SigningKey.objects.get(state=State.CURRENT)
    SigningKey.objects.filter(state=State.NEXT).update(private=current.private)
    signing_keys.clear_cache()

    with pytest.raises(CannotDecrypt):
        signing_keys.keys()


@pytest.mark.threat("T-J7")
def test_rotation_leaves_no_gap(issued):
    before = token_of(issued)
    make_ready()
    following = in_state(State.NEXT)
    assert following in published()

    run("rotate_signing_key")

    after = token_of(issued)
    assert kid_of(after) == following
    assert {kid_of(before), following, in_state(State.NEXT)} == set(published())
    assert whoami(before).status_code == whoami(after).status_code == 200


@pytest.mark.threat("T-J7")
def test_a_process_that_has_not_heard_of_it_signs_and_believes_on(issued, monkeypatch):
    before = token_of(issued)
    make_ready()
    known = signing_keys.keys()
    signing_keys.rotate(SYSTEM)
    after = token_of(issued)

    # As the other process, which read the keys some seconds ago.
    monkeypatch.setattr(signing_keys, "keys", lambda: known)
    verified_tokens.clear()
    late = token_of(issued)

    assert kid_of(late) == kid_of(before)
    for token in (before, after, late):
        assert whoami(token).status_code == 200


@pytest.fixture
def forget(monkeypatch):
    """Be another process, which read the keys a moment before something was done to them."""

    def after(act) -> None:
        known = signing_keys.keys()
        act()
        monkeypatch.setattr(signing_keys, "_cache", cache := signing_keys._Cache())
        cache._keys, cache._stale_at = known, time.monotonic() + signing_keys.CACHE_SECONDS
        verified_tokens.clear()

    return after


@pytest.mark.threat("T-J7")
@pytest.mark.parametrize("times", [1, 2, 3])
def test_rotations_that_follow_each_other_refuse_no_token_elsewhere(issued, forget, times):
    tokens = []

    def rotate() -> None:
        for _ in range(times):
            run("rotate_signing_key", "--now")
            tokens.append(token_of(issued))

    forget(rotate)

    assert [whoami(token).status_code for token in tokens] == [200] * times


@pytest.mark.threat("T-J7")
def test_two_keys_that_are_burnt_at_once_leave_one_that_is_believed_everywhere(issued, forget):
    tokens = []

    def burn() -> None:
        for _ in range(2):
            run("burn_signing_key", in_state(State.CURRENT))
        tokens.append(token_of(issued))

    forget(burn)

    assert whoami(tokens[0]).status_code == 200


def test_tokens_of_keys_that_do_not_exist_cost_one_query_a_second(issued, django_assert_num_queries):
    head, *rest = token_of(issued).split(".")
    header = json.loads(base64.urlsafe_b64decode(head + "=="))
    made_up = [{**header, "kid": kid * 16} for kid in "abc"]
    tokens = [
        ".".join([base64.urlsafe_b64encode(json.dumps(head).encode()).decode().rstrip("="), *rest])
        for head in made_up
    ]

    with django_assert_num_queries(1):
        assert {whoami(token).status_code for token in tokens} == {401}


def test_a_next_key_that_nobody_can_know_yet_does_not_sign(issued):
    token_of(issued)
    with pytest.raises(CommandError, match="--now"):
        run("rotate_signing_key")

    assert "signs from now on" in run("rotate_signing_key", "--now")


@pytest.mark.threat("T-J7")
def test_burning_the_current_key_refuses_its_tokens_and_the_next_takes_over(issued):
    before = token_of(issued)
    following = in_state(State.NEXT)

    run("burn_signing_key", kid_of(before))

    assert whoami(before).status_code == 401
    assert kid_of(before) not in published()
    after = token_of(issued)
    assert kid_of(after) == following
    assert whoami(after).status_code == 200


def test_burning_the_next_or_a_retired_key_leaves_the_current_one(issued):
    old = token_of(issued)
    signing_keys.rotate(SYSTEM, at_once=True)
    token = token_of(issued)

    for kid in (in_state(State.NEXT), in_state(State.RETIRED)):
        run("burn_signing_key", kid)

    assert whoami(old).status_code == 401
    assert whoami(token).status_code == 200
    assert len(published()) == 2


def test_a_key_that_does_not_exist_is_not_burnt(issued):
    token = token_of(issued)

    with pytest.raises(CommandError, match=kid_of(token)):
        run("burn_signing_key", "nonsense")


def test_both_are_audited(issued):
    kid = kid_of(token_of(issued))
    signing_keys.rotate(SYSTEM, at_once=True)
    signing_keys.burn(SYSTEM, kid)

    events = AuditEvent.objects.filter(operation__contains="SigningKey").order_by("pk")
    assert [(event.operation, event.target) for event in events] == [
        ("rotateSigningKey", signing_keys.keys().kid),
        ("burnSigningKey", kid),
    ]


def test_a_retired_key_goes_when_its_last_token_has_ended(issued):
    token_of(issued)
    signing_keys.rotate(SYSTEM, at_once=True)
    retired = SigningKey.objects.filter(state=State.RETIRED)

    retired.update(retired_at=timezone.now() - timedelta(hours=24))
    assert signing_keys.delete_expired() == 0
    retired.update(retired_at=timezone.now() - timedelta(hours=24, minutes=3))

    assert signing_keys.delete_expired() == 1
    assert len(published()) == 2


def test_the_longest_token_ends_before_its_key_is_forgotten(settings):
    assert signing_keys.LONGEST_TOKEN.total_seconds() >= access_tokens.USER_TOKEN_SECONDS
    assert signing_keys.LONGEST_TOKEN.total_seconds() >= settings.ACCESS_TOKEN_SECONDS


def test_the_keys_are_read_once_in_ten_seconds(django_assert_num_queries):
    signing_keys.keys()

    with django_assert_num_queries(0):
        signing_keys.keys()


@pytest.mark.django_db(transaction=True)
def test_processes_that_make_the_first_keys_at_once_agree():
    barrier, seen = Barrier(4), []

    def start() -> None:
        barrier.wait()
        # What each process does for itself.
        seen.append(signing_keys._read().kid)
        connection.close()

    threads = [Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(seen)) == 1
    assert sorted(SigningKey.objects.values_list("state", flat=True)) == ["current", "next"]


@pytest.mark.rfc("8414", "3")
@pytest.mark.threat("T-J10")
def test_the_metadata_names_what_there_is():
    response = Client().get("/.well-known/oauth-authorization-server")

    content = response.json()
    assert content["issuer"] == "http://localhost:8871"
    assert content["grant_types_supported"] == ["client_credentials", "authorization_code", "refresh_token"]
    for name, address in content.items():
        if name.endswith(("endpoint", "_uri")):
            path = address.removeprefix("http://localhost:8871")
            assert Client().post(path).status_code != 404, name
