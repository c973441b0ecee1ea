"""The audit events of API keys, written alike by whatever changes one."""

from collections.abc import Mapping
from typing import Any

from apikeys.models import ApiKey
from cloudui.web.principal import Principal
from workspaces import audit


def record(principal: Principal, operation: str, key: ApiKey, details: Mapping[str, Any]) -> None:
    """Write an event about `key`, inside the transaction of its change; `details` never has the secret."""
    audit.record(
        principal,
        operation,
        workspace=key.deployment.workspace_id,
        deployment=key.deployment_id,
        target=key.pk,
        # The key may be gone when somebody reads this; its name says more than its ID.
        input={"name": key.name, **details},
    )
