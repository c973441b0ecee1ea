"""The state of a key: created, updated, disabled, enabled, deleted. Nothing else in the product changes it.

Persons in the console have their rights decided again under the lock (Http404, PermissionDenied). Operators and the
report of a leaked secret are no members of the Workspace: whoever calls for them has decided. All end in the same
functions at the bottom, which write the audit event in the transaction of the change.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from apikeys import access, events, key_secrets
from apikeys.key_secrets import Issued
from apikeys.models import ApiKey
from cloudui.web.principal import Principal
from cloudui.web.versions import require_version
from deployments.access import deployment_to_manage_keys
from deployments.models import Deployment

Change = Callable[[Principal, ApiKey, Mapping[str, Any]], bool]


class NonceSpent(Exception):
    """The form was sent before, and sending it again can no longer replace the secret of its key."""

    def __init__(self, key: ApiKey) -> None:
        super().__init__("This form was already sent.")
        self.key = key


@sensitive_variables("prepared")
def create_key(
    principal: Principal, deployment: Deployment, *, name: str, description: str, nonce: str
) -> Issued:
    """Make a key, or, for a form that is sent again, replace the secret of the key it made.

    `nonce` is 32 hexadecimal digits made with the form.

    Raises:
        ValidationError: on the field `name`, when the Deployment has as many keys as it may.
        NonceSpent: when the form was sent before and its key was confirmed, used, changed or is too old.
    """
    prepared = key_secrets.prepare()
    with transaction.atomic():
        locked = deployment_to_manage_keys(principal, deployment.workspace_id, deployment.pk, locked=True)
        existing = ApiKey.objects.of(locked).locked().filter(creation_nonce=nonce).first()
        if existing is not None:
            existing.deployment = locked
            _require_replayable(existing, principal, name=name, description=description)
            return key_secrets.replace(existing, prepared, principal)
        _require_quota(locked)
        key = ApiKey.objects.create(
            deployment=locked,
            name=name,
            description=description,
            creation_nonce=nonce,
            created_by_id=principal.id,
            created_by_name=principal.name[:254],
        )
        key_secrets.store(key, prepared, number=1, principal=principal)
        _count(key, by=1)
        # The answer shows this row's count.
        locked.api_key_count += 1
        events.record(principal, "createDeploymentApiKey", key, {"role": "DEPLOYMENT_ADMIN"})
        return Issued(key=key, secret=prepared.secret, number=1, is_replacement=False)


def update_key(principal: Principal, key: ApiKey, *, version: int, name: str, description: str) -> ApiKey:
    """Change a key's name and description, the only things of it that can be edited.

    Raises StaleEdit when the key no longer has the version that the form was opened with.
    """
    with transaction.atomic():
        locked = access.key_to_change(principal, key)
        require_version(locked, read=version, version=locked.version, what="This API key was changed")
        if (locked.name, locked.description) != (name, description):
            before = {"name": locked.name, "description": locked.description}
            locked.name, locked.description = name, description
            locked.version += 1
            locked.save(update_fields=["name", "description", "version", "updated_at"])
            details = {"name": name, "description": description, "before": before}
            events.record(principal, "updateDeploymentApiKey", locked, details)
    return locked


def disable_key(principal: Principal, key: ApiKey) -> ApiKey:
    """Refuse the key and end its access tokens from the next request on. Nothing happens to a disabled key."""
    return _change(principal, key, _disable)


def enable_key(principal: Principal, key: ApiKey) -> ApiKey:
    """Accept the key again; tokens from before stay refused. Nothing happens to an enabled key."""
    return _change(principal, key, _enable)


def delete_key(principal: Principal, key: ApiKey) -> None:
    """Delete a key and its secrets for good; whatever uses it is refused from the next request on."""
    _change(principal, key, _delete)


def disable_as_operator(principal: Principal, key_id: str, *, reason: str) -> bool:
    """Disable a key for an operator; returns whether anything changed."""
    return _operate(principal, key_id, _disable, reason=reason)


def enable_as_operator(principal: Principal, key_id: str, *, reason: str) -> bool:
    """Enable a key, likewise."""
    return _operate(principal, key_id, _enable, reason=reason)


def revoke_as_operator(principal: Principal, key_id: str, *, reason: str) -> bool:
    """Delete a key, likewise."""
    return _operate(principal, key_id, _delete, reason=reason)


def disable_leaked(principal: Principal, key: ApiKey, details: Mapping[str, Any]) -> bool:
    """Disable a key, held by `lock_key`, whose secret a stranger has found; returns whether it was enabled."""
    return _disable(principal, key, details)


def lock_key(key_id: str) -> ApiKey | None:
    """The key, locked after its Deployment as everywhere, for callers that need no rights; None if it is gone."""
    deployment_id = ApiKey.objects.filter(pk=key_id).values_list("deployment_id", flat=True).first()
    if deployment_id is None:
        return None
    deployment = Deployment.objects.filter(pk=deployment_id).locked().first()
    key = ApiKey.objects.filter(pk=key_id).locked().first()
    if key is not None and deployment is not None:
        key.deployment = deployment
    return key


# Private


def _require_replayable(key: ApiKey, principal: Principal, *, name: str, description: str) -> None:
    is_same = (key.created_by_id, key.name, key.description) == (principal.id, name, description)
    is_untouched = not key.is_confirmed and all(s.first_used_at is None for s in key.secrets.all())
    if not (is_same and is_untouched and key.is_within_replay_window and key_secrets.is_reissuable(key)):
        raise NonceSpent(key)


def _require_quota(deployment: Deployment) -> None:
    limit = settings.API_KEYS_PER_DEPLOYMENT
    if deployment.api_key_count >= limit:
        raise ValidationError(
            {"name": f"This Deployment has {limit:,} API keys, which is the limit. Delete one first."}
        )


def _change(principal: Principal, key: ApiKey, change: Change) -> ApiKey:
    with transaction.atomic():
        locked = access.key_to_change(principal, key)
        change(principal, locked, {})
    return locked


def _operate(principal: Principal, key_id: str, change: Change, *, reason: str) -> bool:
    with transaction.atomic():
        key = lock_key(key_id)
        return key is not None and change(principal, key, {"reason": reason, "byOperator": True})


def _disable(principal: Principal, key: ApiKey, details: Mapping[str, Any]) -> bool:
    return _switch(principal, key, "disableDeploymentApiKey", details, is_enabled=False)


def _enable(principal: Principal, key: ApiKey, details: Mapping[str, Any]) -> bool:
    return _switch(principal, key, "enableDeploymentApiKey", details, is_enabled=True)


def _switch(
    principal: Principal, key: ApiKey, operation: str, details: Mapping[str, Any], *, is_enabled: bool
) -> bool:
    if key.is_enabled == is_enabled:
        return False
    key.is_enabled = is_enabled
    key.disabled_at = None if is_enabled else timezone.now()
    # Its access tokens end either way: they carry the generation.
    key.generation += 1
    key.save(update_fields=["is_enabled", "disabled_at", "generation", "updated_at"])
    events.record(principal, operation, key, {"id": key.pk, **details})
    return True


def _delete(principal: Principal, key: ApiKey, details: Mapping[str, Any]) -> bool:
    events.record(principal, "deleteDeploymentApiKey", key, {"id": key.pk, **details})
    _count(key, by=-1)
    key.delete()
    return True


def _count(key: ApiKey, *, by: int) -> None:
    Deployment.objects.filter(pk=key.deployment_id).update(api_key_count=F("api_key_count") + by)
