"""How long the audit log is kept."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from workspaces.models import AuditEvent


def delete_old_events() -> int:
    """Delete events older than `AUDIT_RETENTION_DAYS` (at least 90, for the database refuses less); return how many."""
    # A minute of grace: the database compares with its own clock.
    oldest = timezone.now() - timedelta(days=settings.AUDIT_RETENTION_DAYS, minutes=1)
    deleted, _ = AuditEvent.objects.filter(at__lt=oldest).delete()
    return deleted
