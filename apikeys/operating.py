"""What operators do to keys in the admin site: find the key of a leaked secret, disable, enable, revoke.

Operators are not members of Workspaces, so the access policy of the console does not apply: the admin site has
decided that the caller may. Everything is audited under the operation's own name, with the reason.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from apikeys import credentials, events
from apikeys.credentials import KeySecret
from apikeys.models import ApiKey, ApiKeySecret
from cloudui.web.principal import Principal
from deployments.models import Deployment
from workspaces import audit


class Provenance(StrEnum):
    """What is known of a secret that somebody found."""

    FOREIGN = "foreign"
    GONE = "gone"
    KNOWN = "known"


@dataclass(frozen=True, slots=True)
class Finding:
    """Where a secret belongs.

    Attributes:
        provenance: FOREIGN was never issued here, GONE belonged to a key that was deleted, KNOWN has a row.
        secret: the row of a known one, with its key, Deployment and Workspace.
    """

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
    """Find the key of a secret by its fingerprint; the search is audited, the secret is kept nowhere.

    Costs one HMAC for a foreign secret and one query for a genuine one, and never an argon2: finding a key is
    no proof that the secret opens anything.
    """
    finding = _find(secret)
    row = finding.secret
    given: dict[str, Any] = {"found": finding.provenance, "secret": row.number if row else None}
    with transaction.atomic():
        if row:
            events.record(principal, "lookUpLeakedSecret", row.key, given)
        else:
            audit.record(principal, "lookUpLeakedSecret", input=given)
    return finding


def disable_key(principal: Principal, key_id: str, *, reason: str) -> bool:
    """Refuse a key from the next request on, and end its access tokens, until it is enabled again.

    Args:
        principal: the operator.
        key_id: the key.
        reason: why, for the audit log.

    Returns:
        Whether anything changed: not for a key that is disabled or gone already.
    """
    return _set_enabled(principal, key_id, is_enabled=False, reason=reason)


def enable_key(principal: Principal, key_id: str, *, reason: str) -> bool:
    """Accept a disabled key again. Access tokens from before stay refused.

    Returns:
        Whether anything changed.
    """
    return _set_enabled(principal, key_id, is_enabled=True, reason=reason)


def revoke_key(principal: Principal, key_id: str, *, reason: str) -> bool:
    """Delete a key and its secrets for good.

    Returns:
        Whether there was a key to delete.
    """
    with transaction.atomic():
        key = _locked(key_id)
        if key is None:
            return False
        given = {"id": key.pk, "reason": reason, "byOperator": True}
        events.record(principal, "deleteDeploymentApiKey", key, given)
        key.delete()
        Deployment.objects.filter(pk=key.deployment_id).update(api_key_count=F("api_key_count") - 1)
    return True


@sensitive_variables("secret")
def _find(secret: KeySecret) -> Finding:
    if not credentials.has_genuine_tag(secret):
        return Finding(Provenance.FOREIGN)
    rows = ApiKeySecret.objects.select_related("key__deployment__workspace")
    row = rows.filter(fingerprint__in=credentials.fingerprints(secret)).first()
    return Finding(Provenance.KNOWN, row) if row else Finding(Provenance.GONE)


def _set_enabled(principal: Principal, key_id: str, *, is_enabled: bool, reason: str) -> bool:
    with transaction.atomic():
        key = _locked(key_id)
        if key is None or key.is_enabled == is_enabled:
            return False
        key.switch(is_enabled=is_enabled)
        operation = f"{'enable' if is_enabled else 'disable'}DeploymentApiKey"
        given: dict[str, Any] = {"id": key.pk, "reason": reason, "byOperator": True}
        events.record(principal, operation, key, given)
    return True


def _locked(key_id: str) -> ApiKey | None:
    """The key, held after its Deployment, the order in which everything locks them."""
    deployment_id = ApiKey.objects.filter(pk=key_id).values_list("deployment_id", flat=True).first()
    if deployment_id is None:
        return None
    deployment = Deployment.objects.filter(pk=deployment_id).locked().first()
    key = ApiKey.objects.filter(pk=key_id).locked().first()
    if key is not None and deployment is not None:
        key.deployment = deployment
    return key
