"""The audit log as lines of JSON, with the field names that its readers know, at a constant amount of memory."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from cloudui.web.api import rfc3339
from cloudui.web.principal import Kind, Principal
from workspaces.access import require_audit_reader
from workspaces.audit.log import record
from workspaces.models import AuditEvent

# A query reads as many at a time, so that a slow reader keeps neither a cursor nor a transaction open.
BATCH: Final = 1000
# An API key was a service key when the names were given.
SUBJECT_TYPES: Final = {Kind.USER: "USER", Kind.API_KEY: "SERVICEKEY", Kind.SYSTEM: "SYSTEM"}


def export_events(principal: Principal, days: int) -> Iterator[str]:
    """One line an event of the last `days` days, the oldest first; that it was exported is an event itself.

    Raises:
        PermissionDenied: for everybody but Organization Owners, before the first line.
    """
    require_audit_reader(principal)
    now = timezone.now()
    with transaction.atomic():
        record(principal, "exportAuditLog", input={"days": days})
    return _lines(now - timedelta(days=days), now)


def file_name(days: int) -> str:
    """As `my-organization-logs-30-days-2026-12-01.json`."""
    return f"{settings.ORGANIZATION_SHORT_NAME}-logs-{days}-days-{timezone.now():%Y-%m-%d}.json"


def to_record(event: AuditEvent) -> dict[str, Any]:
    """An event under the names that an export has had from its first version on."""
    return {
        "timestamp": rfc3339(event.at),
        "subjectId": event.subject_id,
        "subjectType": SUBJECT_TYPES.get(Kind(event.subject_kind), event.subject_kind),
        "subjectName": event.subject_name,
        "organizationId": settings.ORGANIZATION_ID,
        "workspaceId": event.workspace,
        "deploymentId": event.deployment,
        "targetId": event.target,
        "operationName": event.operation,
        "requestInput": event.input,
        "result": event.result,
        "sourceIp": event.source_ip,
        "userAgent": event.user_agent,
        "correlationId": event.request_id,
    }


def _lines(since: datetime, until: datetime) -> Iterator[str]:
    last: tuple[datetime, int] | None = None
    while True:
        events = AuditEvent.objects.filter(at__gte=since, at__lt=until)
        if last is not None:
            events = events.filter(Q(at__gte=last[0]) & (Q(at__gt=last[0]) | Q(pk__gt=last[1])))
        batch = list(events.order_by("at", "pk")[:BATCH])
        for event in batch:
            yield json.dumps(to_record(event), ensure_ascii=False) + "\n"
        if len(batch) < BATCH:
            return
        last = (batch[-1].at, batch[-1].pk)
