"""A leaked secret is presented: its key is disabled, its Admins are told, and the answer is always the same."""

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client

from apikeys import credentials, key_secrets, keys, leaks
from apikeys.models import ApiKey, Reason, Refusal
from tests.apikeys.machine import FORM, error_of, exchange, post, shown, token_of, whoami
from tests.factories import create_api_key, create_member, create_owner
from workspaces.models import AuditEvent, Role
from workspaces.principals import principal_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def issued(deployment, admin):
    return create_api_key(deployment, name="Nightly", by=admin)


def present(secret: str):
    return post("/oauth/revoke-leaked", {"secret": secret})


def test_the_key_and_its_tokens_are_dead_at_once(issued):
    token = token_of(issued)

    response = present(issued.secret.reveal())

    assert response.status_code == 200
    assert not ApiKey.objects.get().is_enabled
    assert exchange(issued).status_code == 401
    assert whoami(token).status_code == 401


def test_a_line_break_after_the_secret_does_not_save_the_key(issued):
    present(f" {issued.secret.reveal()}\r\n")

    assert not ApiKey.objects.get().is_enabled


def test_the_admins_of_its_workspace_are_told_and_nobody_learns_of_the_others(issued, admin, deployment):
    second = create_member(workspace=deployment.workspace, role=Role.ADMIN)
    create_member(workspace=deployment.workspace, role=Role.EDITOR)
    create_member(workspace=deployment.workspace, role=Role.ADMIN, is_active=False)

    present(issued.secret.reveal())

    assert sorted(message.recipients() for message in mail.outbox) == sorted([[admin.email], [second.email]])
    message = mail.outbox[0]
    assert message.subject == "[My Organization] An API key was disabled: its secret leaked"
    assert "Nightly" in message.body
    assert issued.key.pk in message.body
    assert (
        f"http://localhost:8871/{deployment.workspace_id}/deployments/{deployment.pk}/api-keys/"
        in message.body
    )
    assert issued.secret.reveal() not in str(message.message())


def test_a_workspace_without_admins_has_the_owners_told(issued, deployment):
    owner = create_owner()
    deployment.workspace.memberships.all().delete()

    present(issued.secret.reveal())

    assert mail.outbox[0].to == [owner.email]


def test_it_is_audited_as_the_installations_doing(issued):
    present(issued.secret.reveal())

    event = AuditEvent.objects.get(operation="disableDeploymentApiKey")
    assert (event.subject_kind, event.subject_name) == ("system", "leaked secret report")
    assert event.source_ip == "127.0.0.1"
    assert event.input == {"name": "Nightly", "id": issued.key.pk, "secret": 1, "reason": "secret_leaked"}
    assert Refusal.objects.get().reason == Reason.SECRET_LEAKED


def test_the_answer_is_the_same_whatever_is_presented(issued):
    genuine = issued.secret.reveal()
    texts = [
        genuine,
        genuine,
        genuine[:-1] + "0",
        credentials.generate_secret().reveal(),
        "hunter2",
        "é" * 100,
    ]

    answers = [present(text) for text in texts]

    assert len({str(shown(answer)) for answer in answers}) == 1
    assert len(mail.outbox) == 1


def test_an_ended_secret_leaves_its_key_alone(issued, admin):
    rotated = key_secrets.rotate_secret(principal_for(admin), issued.key, overlap=timedelta(0))

    present(issued.secret.reveal())

    assert exchange(rotated).status_code == 200
    assert not mail.outbox


def test_a_secret_that_ends_while_it_is_presented_leaves_its_key_alone(issued, admin, monkeypatch):
    rotated = key_secrets.rotate_secret(principal_for(admin), issued.key, overlap=timedelta(hours=1))

    def lock_key(key_id):
        key_secrets.end_secret(principal_for(admin), rotated.key, number=1)
        return keys.lock_key(key_id)

    monkeypatch.setattr(leaks, "lock_key", lock_key)

    present(issued.secret.reveal())

    assert exchange(rotated).status_code == 200
    assert not mail.outbox
    assert not Refusal.objects.exists()


def test_presenting_it_again_and_again_sends_one_mail(issued):
    for _ in range(5):
        present(issued.secret.reveal())

    assert len(mail.outbox) == 1
    assert AuditEvent.objects.filter(operation="disableDeploymentApiKey").count() == 1


def test_the_leak_of_a_disabled_keys_secret_is_told_too(issued, admin):
    keys.disable_key(principal_for(admin), issued.key)

    for _ in range(2):
        present(issued.secret.reveal())

    assert len(mail.outbox) == 1
    assert Refusal.objects.get().reason == Reason.SECRET_LEAKED
    # It was disabled once, by the Admin.
    assert AuditEvent.objects.filter(operation="disableDeploymentApiKey").count() == 1
    assert AuditEvent.objects.filter(operation="reportLeakedSecret").count() == 1


def test_a_secret_must_be_presented_in_the_body(issued):
    assert error_of(post("/oauth/revoke-leaked", {})) == "invalid_request"
    secret = issued.secret.reveal()

    response = Client().post(f"/oauth/revoke-leaked?secret={secret}", f"secret={secret}", content_type=FORM)

    assert error_of(response) == "invalid_request"
    assert ApiKey.objects.get().is_enabled
