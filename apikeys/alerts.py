"""Whether the people of a Deployment are told that one of its keys is refused again and again."""

from datetime import datetime, timedelta
from typing import Final

from django.urls import reverse
from django.utils import timezone

from apikeys.credential_state import SecretState
from apikeys.models import Reason, Refusal
from cloudui.web.principal import Origin
from deployments import alerts
from deployments.models import AlertKind, Deployment

# A refusal is written at most once a minute for a cause and a caller, so a pipeline that retries once is no alert.
MANY: Final = 10
WITHIN: Final = timedelta(hours=1)


def tell_of_refusals(state: SecretState, reason: Reason, origin: Origin) -> None:
    """Mail to the alert e-mails if this refusal is the tenth of the key in an hour, and since the last such mail.

    Call it outside the transaction that wrote the refusal, which holds the key: the Deployment is locked before its keys.
    """
    deployment = Deployment(pk=state.deployment, workspace_id=state.workspace)
    if _count(state, timezone.now() - WITHIN) < MANY:
        return
    last = alerts.last_sent(deployment, AlertKind.KEY_REFUSED)
    if last is not None and _count(state, max(last, timezone.now() - WITHIN)) < MANY:
        return
    facts = {
        "API key": state.key_name,
        "Key ID": state.key_id,
        "Reason": reason.label,
        "Last from": f"{origin.address or 'this machine'} {origin.user_agent}",
    }
    path = reverse(
        "apikeys:open",
        kwargs={"workspace": state.workspace, "deployment": state.deployment, "key": state.key_id},
    )
    alerts.send(deployment, AlertKind.KEY_REFUSED, facts, path=path)


def _count(state: SecretState, since: datetime) -> int:
    return Refusal.objects.filter(key_id=state.key_id, at__gt=since).count()
