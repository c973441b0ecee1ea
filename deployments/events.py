"""The audit events of Deployments and of what belongs to them, written alike by whatever changes one."""

from collections.abc import Mapping
from typing import Any

from cloudui.web.principal import Principal
from deployments.models import Deployment
from workspaces import audit


def record(
    principal: Principal,
    operation: str,
    deployment: Deployment,
    given: Mapping[str, Any],
    *,
    target: str = "",
    result: str = "ok",
) -> None:
    """Write an event about a Deployment, inside the transaction of its change; `given` never holds a secret's value."""
    audit.record(
        principal,
        operation,
        workspace=deployment.workspace_id,
        deployment=deployment.pk,
        target=target or deployment.pk,
        input=given,
        result=result,
    )
