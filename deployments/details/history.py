"""What others changed of a Deployment while somebody edited it, read from the audit log."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cloudui.web.principal import Kind
from deployments.details.service import FIELDS
from deployments.models import Deployment
from workspaces.audit.bounds import CUT, ELLIPSIS
from workspaces.models import AuditEvent

# More changes than this between opening a form and sending it would not be read.
EVENTS: Final = 50


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """One field of `Changes` that differs from what the form was opened with; `by` changed it last.

    A text that was too long for the log ends in it with an ellipsis; `cut` characters of `before` are missing.
    """

    field: str
    before: Any
    after: Any
    by: str
    by_api_key: bool
    at: datetime
    cut: int = 0

    def was(self, value: Any) -> bool:
        """Whether this was the field's value before, as far as the log has it."""
        if not self.cut:
            return bool(value == self.before)
        kept = self.before.removesuffix(ELLIPSIS)
        return isinstance(value, str) and value.startswith(kept) and len(value) == len(kept) + self.cut


def changed_since(deployment: Deployment, version: int) -> list[Meanwhile]:
    """The fields that were changed after a `configuration_version`, in the order of `FIELDS`."""
    found: dict[str, Meanwhile] = {}
    events = AuditEvent.objects.of_deployment(deployment.pk).filter(
        operation="updateDeployment",
        # Those of the admin site have none.
        input__version__gt=version,
    )
    # From the newest back, so that the last one seen of a field knows how it was at first.
    for event in events.order_by("-at", "-pk")[:EVENTS]:
        before = event.input.get("before", {})
        for field, name in FIELDS.items():
            if name in before:
                latest = found.get(field)
                found[field] = Meanwhile(
                    field=field,
                    before=before[name],
                    after=latest.after if latest else event.input[name],
                    by=latest.by if latest else event.subject_name,
                    by_api_key=latest.by_api_key if latest else event.subject_kind == Kind.API_KEY,
                    at=latest.at if latest else event.at,
                    cut=event.input.get(CUT, {}).get(f"before.{name}", 0),
                )
    differing = {field for field, change in found.items() if change.cut or change.before != change.after}
    return [found[field] for field in FIELDS if field in differing]
