"""A secret was found where it does not belong: whose it is, and its key disabled.

Operators look up whose it is. Whoever finds one reports it, which disables its key and tells the Admins of its
Workspace: whoever presents the secret could as well use it, so no other proof is required, and whoever presents
anything else learns nothing. The fingerprint finds the key; no argon2 is spent on what only takes away.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urljoin

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from apikeys import credential_state, credentials, events, usage
from apikeys.credential_state import SecretState
from apikeys.credentials import KeySecret
from apikeys.keys import disable_leaked, lock_key
from apikeys.models import ApiKey, ApiKeySecret, Reason
from cloudui.web import ratelimit
from cloudui.web.principal import Origin, Principal, system_principal
from workspaces import audit
from workspaces.models import Membership, Role, User

# How often the same key is reported to people and to the audit log, however often its secret is presented.
REPORT_SECONDS: Final = 60 * 60


class Provenance(StrEnum):
    """FOREIGN was never issued here, GONE belonged to a key that was deleted, KNOWN has a row."""

    FOREIGN = "foreign"
    GONE = "gone"
    KNOWN = "known"


@dataclass(frozen=True, slots=True)
class Finding:
    """Where a secret belongs; a known one has its row, with key, Deployment and Workspace."""

    provenance: Provenance
    secret: ApiKeySecret | None = None

    @property
    def opens_something(self) -> bool:
        """Whether the secret is accepted at this moment."""
        row = self.secret
        if row is None or row.ended_at or not row.key.is_enabled:
            return False
        return row.ends_at is None or row.ends_at > timezone.now()


@sensitive_variables("secret")
def look_up(principal: Principal, secret: KeySecret) -> Finding:
    """Find the key of a secret, at the cost of one query; the search is audited, the secret is kept nowhere."""
    finding = _find(secret)
    row = finding.secret
    details: dict[str, Any] = {"found": finding.provenance, "secret": row.number if row else None}
    with transaction.atomic():
        if row:
            events.record(principal, "lookUpLeakedSecret", row.key, details)
        else:
            audit.record(principal, "lookUpLeakedSecret", input=details)
    return finding


@sensitive_variables()
def report(secret: KeySecret, *, origin: Origin) -> None:
    """Disable the key of a live secret and tell its Admins, whose mails are sent once the change is certain."""
    if not credentials.has_genuine_tag(secret):
        return
    state = _live_state(secret)
    if state is None:
        return
    caller = replace(system_principal("leaked secret report"), origin=origin)
    with transaction.atomic():
        key = lock_key(state.key_id)
        # It may have been replaced during the wait.
        state = _live_state(secret)
        if key is None or state is None:
            return
        details = {"secret": state.number, "reason": Reason.SECRET_LEAKED.value}
        was_enabled = disable_leaked(caller, key, details)
        is_news = ratelimit.is_first("leaks", key.pk, seconds=REPORT_SECONDS)
        if is_news and not was_enabled:
            events.record(caller, "reportLeakedSecret", key, {"id": key.pk, **details})
        if is_news or was_enabled:
            get_connection().send_messages(_messages(key, state, origin))
    usage.record_refusal(state, Reason.SECRET_LEAKED, origin)


@sensitive_variables("secret")
def _live_state(secret: KeySecret) -> SecretState | None:
    """None for an ended secret too: it opens nothing, and its key may be in use with a newer one."""
    state = credential_state.by_fingerprint(credentials.fingerprints(secret))
    return state if state is not None and state.end is None else None


@sensitive_variables("secret")
def _find(secret: KeySecret) -> Finding:
    if not credentials.has_genuine_tag(secret):
        return Finding(Provenance.FOREIGN)
    rows = ApiKeySecret.objects.select_related("key__deployment__workspace")
    row = rows.filter(fingerprint__in=credentials.fingerprints(secret)).first()
    return Finding(Provenance.KNOWN, row) if row else Finding(Provenance.GONE)


def _messages(key: ApiKey, state: SecretState, origin: Origin) -> list[EmailMessage]:
    path = reverse(
        "apikeys:open", kwargs={"workspace": state.workspace, "deployment": state.deployment, "key": key.pk}
    )
    body = render_to_string(
        "apikeys/leaked.txt",
        {"key": key, "state": state, "origin": origin, "url": urljoin(settings.PUBLIC_URL, path)},
    )
    subject = f"{settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}An API key was disabled: its secret leaked"
    return [EmailMessage(subject, body, to=[recipient]) for recipient in _recipients(state.workspace)]


def _recipients(workspace: str) -> list[str]:
    """The e-mail addresses of the Workspace's Admins; of the Organization's Owners where it has none."""
    admins = Membership.objects.filter(workspace=workspace, role=Role.ADMIN, user__is_active=True)
    owners = User.objects.owners()
    return list(admins.values_list("user__email", flat=True)) or list(owners.values_list("email", flat=True))
