"""The audit log: written with the change or not at all, and never changed afterwards."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from cloudui.web.principal import Kind, Origin, Principal
from workspaces import audit
from workspaces.audit import retention
from workspaces.audit import triggers as audit_triggers
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
    return pytest.raises(IntegrityError, match=audit_triggers.REFUSAL)


def execute(statement, *parameters):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def test_an_event_tells_who_did_what_from_where(event):
    kept = AuditEvent.objects.get()

    assert (kept.subject_kind, kept.subject_id, kept.subject_name) == ("user", "c1", "Ada")
    assert (kept.operation, kept.workspace, kept.target, kept.result) == ("createWorkspace", "c2", "c2", "ok")
    assert kept.input == {"name": "A"}
    assert (kept.source_ip, kept.user_agent, kept.request_id) == ("::1", "curl", "r1")
    assert timezone.now() - kept.at < timedelta(minutes=1)


def test_a_changed_event_is_refused_by_the_orm(event):
    event.subject_name = "Eve"

    with refused(), transaction.atomic():
        event.save()
    with refused(), transaction.atomic():
        AuditEvent.objects.update(subject_name="Eve")


def test_a_changed_event_is_refused_by_the_database(event):
    with refused():
        execute("UPDATE workspaces_auditevent SET subject_name = 'Eve'")


def test_a_deleted_event_is_refused_by_the_orm(event):
    with refused(), transaction.atomic():
        event.delete()
    with refused(), transaction.atomic():
        AuditEvent.objects.all().delete()


def test_a_deleted_event_is_refused_by_the_database(event):
    with refused():
        execute("DELETE FROM workspaces_auditevent WHERE id = %s", event.pk)
    with refused():
        execute("DELETE FROM workspaces_auditevent")


def test_an_event_cannot_be_replaced(event):
    if connection.vendor == "sqlite":
        statement = "INSERT OR REPLACE INTO workspaces_auditevent SELECT * FROM workspaces_auditevent"
    else:
        statement = (
            "INSERT INTO workspaces_auditevent SELECT * FROM workspaces_auditevent "
            "ON CONFLICT (id) DO UPDATE SET subject_name = 'Eve'"
        )

    with refused():
        execute(statement)


def test_the_table_cannot_be_emptied_at_once(event):
    if connection.vendor == "sqlite":
        statement = "DELETE FROM workspaces_auditevent"
    else:
        statement = "TRUNCATE workspaces_auditevent"

    with refused():
        execute(statement)


@pytest.mark.parametrize(("days", "may_go"), [(89.9, False), (90.1, True), (400, True)])
def test_only_what_is_older_than_ninety_days_may_go(days, may_go):
    old = days_old(days)

    if may_go:
        old.delete()
    else:
        with refused(), transaction.atomic():
            old.delete()

    assert AuditEvent.objects.filter(operation="old").exists() != may_go


def test_housekeeping_forgets_what_is_too_old_and_nothing_else():
    days_old(91)
    days_old(89)

    assert retention.delete_old_events() == 1
    assert AuditEvent.objects.filter(operation="old").count() == 1


def test_the_retention_of_the_settings_is_what_the_database_allows(settings):
    assert settings.AUDIT_RETENTION_DAYS >= audit_triggers.RETENTION_DAYS


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
    audit_triggers.drop(connection)
    AuditEvent.objects.update(subject_name="Eve")
    audit_triggers.create(connection)

    with refused(), transaction.atomic():
        AuditEvent.objects.update(subject_name="Ada")
