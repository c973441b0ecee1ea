"""The audit log: written with the change or not at all, and never changed afterwards."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from cloudui.web.principal import Kind, Origin, Principal
from workspaces import audit
from workspaces.audit import retention, triggers
from workspaces.models import AuditEvent

PRINCIPAL = Principal(
    kind=Kind.USER, id="c1", name="Ada", origin=Origin(address="::1", user_agent="curl", request_id="r1")
)

pytestmark = [pytest.mark.django_db, pytest.mark.threat("T-S7")]


@pytest.fixture
def event():
    return audit.record(PRINCIPAL, "createWorkspace", workspace="c2", target="c2", input={"name": "A"})


def days_old(days):
    """An event that is already old when it is written: afterwards nobody can make it older."""
    event = audit.record(PRINCIPAL, "createWorkspace")
    row = AuditEvent(
        at=timezone.now(), subject_kind=event.subject_kind, subject_id="c1", subject_name="", operation="old"
    )
    at = AuditEvent._meta.get_field("at")
    at.auto_now_add = False
    try:
        row.at = timezone.now() - timedelta(days=days)
        row.save()
    finally:
        at.auto_now_add = True
    return row


def refused():
    return pytest.raises(IntegrityError, match=triggers.REFUSAL)


def execute(statement, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def test_an_event_tells_who_did_what_from_where(event):
    kept = AuditEvent.objects.get()

    assert (kept.subject_kind, kept.subject_id, kept.subject_name) == ("user", "c1", "Ada")
    assert (kept.operation, kept.workspace, kept.target, kept.result) == ("createWorkspace", "c2", "c2", "ok")
    assert kept.input == {"name": "A"}
    assert (kept.source_ip, kept.user_agent, kept.request_id) == ("::1", "curl", "r1")
    assert timezone.now() - kept.at < timedelta(minutes=1)


def save(event):
    event.subject_name = "Eve"
    event.save()


COPY = "workspaces_auditevent SELECT * FROM workspaces_auditevent"
REPLACE = {
    "sqlite": f"INSERT OR REPLACE INTO {COPY}",
    "postgresql": f"INSERT INTO {COPY} ON CONFLICT (id) DO UPDATE SET subject_name = 'Eve'",
}
EMPTY = {"sqlite": "DELETE FROM workspaces_auditevent", "postgresql": "TRUNCATE workspaces_auditevent"}


@pytest.mark.parametrize(
    "attempt",
    [
        save,
        lambda event: AuditEvent.objects.update(subject_name="Eve"),
        lambda event: execute("UPDATE workspaces_auditevent SET subject_name = 'Eve'"),
        lambda event: event.delete(),
        lambda event: AuditEvent.objects.all().delete(),
        lambda event: execute("DELETE FROM workspaces_auditevent WHERE id = %s", event.pk),
        lambda event: execute("DELETE FROM workspaces_auditevent"),
        lambda event: execute(REPLACE[connection.vendor]),
        lambda event: execute(EMPTY[connection.vendor]),
    ],
)
def test_an_event_is_not_changed_replaced_or_deleted_by_any_way(event, attempt):
    with refused(), transaction.atomic():
        attempt(event)

    assert AuditEvent.objects.get().subject_name == "Ada"


@pytest.mark.parametrize(("days", "may_go"), [(89.9, False), (90.1, True), (400, True)])
def test_only_what_is_older_than_ninety_days_may_go(days, may_go):
    old = days_old(days)

    if may_go:
        old.delete()
    else:
        with refused(), transaction.atomic():
            old.delete()

    assert AuditEvent.objects.filter(operation="old").exists() != may_go


def test_housekeeping_deletes_what_is_too_old_and_nothing_else():
    days_old(91)
    days_old(89)

    assert retention.delete_old_events() == 1
    assert AuditEvent.objects.filter(operation="old").count() == 1


def test_the_retention_of_the_settings_is_what_the_database_allows(settings):
    assert settings.AUDIT_RETENTION_DAYS >= triggers.RETENTION_DAYS


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_a_transaction_is_refused():
    with pytest.raises(transaction.TransactionManagementError):
        audit.record(PRINCIPAL, "createWorkspace")

    assert not AuditEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_event_goes_with_a_change_that_fails():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        audit.record(PRINCIPAL, "createWorkspace")
        raise ZeroDivisionError

    assert not AuditEvent.objects.exists()


def test_triggers_can_be_taken_away_and_put_back(event):
    triggers.drop(connection)
    AuditEvent.objects.update(subject_name="Eve")
    triggers.create(connection)

    with refused(), transaction.atomic():
        AuditEvent.objects.update(subject_name="Ada")
