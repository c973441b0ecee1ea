"""Revocation: a key ends a token of its own Deployment, and the answer is the same for any other."""

import pytest
from django.utils import timezone

from apikeys.models import Reason, Refusal, RevokedToken
from apikeys.tokens import access_tokens, revocation
from tests.apikeys.machine import credentials_of, error_of, post, shown, token_of, whoami
from tests.factories import create_api_key, create_deployment
from workspaces.models import AuditEvent

pytestmark = [pytest.mark.django_db, pytest.mark.rfc("7009", "2")]


def revoke(token: str, issued):
    return post("/oauth/revoke", {**credentials_of(issued), "token": token})


@pytest.mark.rfc("7009", "2.1")
def test_a_revoked_token_is_refused_at_once_and_others_are_not(issued):
    token, other = token_of(issued), token_of(issued)

    response = revoke(token, issued)

    assert (response.status_code, response.json()) == (200, {})
    assert error_of(whoami(token)) == "invalid_token"
    assert whoami(other).status_code == 200
    assert Refusal.objects.get().reason == Reason.TOKEN_ENDED


def test_it_is_audited_once(issued):
    token = token_of(issued)

    revoke(token, issued)
    revoke(token, issued)

    event = AuditEvent.objects.get(operation="revokeAccessToken")
    assert (event.subject_id, event.target) == (issued.key.pk, issued.key.pk)
    assert event.input == {"jti": access_tokens.read(token).jti}


@pytest.mark.threat("T-J11")
@pytest.mark.rfc("7009", "2.1")
def test_another_deployments_token_is_left_alone_and_the_answer_tells_nothing(issued, deployment):
    stranger = create_api_key(create_deployment(workspace=deployment.workspace))
    token = token_of(issued)

    answers = [revoke(text, stranger) for text in (token, token_of(stranger), "nonsense", "a.b.c")]

    assert len({str(shown(answer)) for answer in answers}) == 1
    assert whoami(token).status_code == 200


def test_nobody_revokes_without_proof(issued):
    response = post("/oauth/revoke", {"token": token_of(issued), "client_id": "x", "client_secret": "y"})

    assert (response.status_code, error_of(response)) == (401, "invalid_client")


def test_a_token_revokes_itself(issued):
    token = token_of(issued)

    assert post("/oauth/revoke", {"token": token}, Authorization=f"Bearer {token}").status_code == 200
    assert error_of(whoami(token)) == "invalid_token"


def test_a_person_revokes_their_own_token_and_no_keys(issued, admin):
    person, _ = access_tokens.mint_for_user(admin)
    other, _ = access_tokens.mint_for_user(admin)
    token = token_of(issued)

    for text in (token, other):
        post("/oauth/revoke", {"token": text}, Authorization=f"Bearer {person}")

    assert whoami(token).status_code == 200
    assert error_of(whoami(other)) == "invalid_token"


def test_revocations_of_ended_tokens_are_forgotten(issued):
    revoke(token_of(issued), issued)
    assert revocation.delete_expired() == 0

    RevokedToken.objects.update(ends=timezone.now())

    assert revocation.delete_expired() == 1
