"""Writing the audit log, in the transaction of the change that an event reports (OWASP ASVS 16.3.1, 16.4.2)."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from cloudui.web.principal import Principal
from workspaces.audit.bounds import bounded
from workspaces.models import AuditEvent


def record(
    principal: Principal,
    operation: str,
    *,
    workspace: str = "",
    deployment: str = "",
    target: str = "",
    input: Mapping[str, Any] | None = None,  # noqa: A002 - the field's name in the log's documentation
    result: str = "ok",
) -> AuditEvent:
    """Write one event; `workspace`, `deployment` and `target` are identifiers.

    `operation` is the name that the audit log documents, such as `createDeploymentApiKey`. `input` has the values of
    the change, none of them secret; cut if they are too many (`bounds`). `result` is `ok` or a short reason.
    Raises TransactionManagementError outside a transaction, where a failing change could leave its event behind.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("An audit event needs the transaction of its change.")
    return AuditEvent.objects.create(
        subject_kind=principal.kind,
        subject_id=principal.id,
        subject_name=principal.name[:254],
        operation=operation,
        workspace=workspace,
        deployment=deployment,
        target=target,
        input=bounded(input or {}),
        source_ip=principal.origin.address,
        user_agent=principal.origin.user_agent,
        request_id=principal.origin.request_id,
        result=result,
    )
