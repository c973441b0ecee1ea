"""Editing and deleting a key. Each takes the row's lock, decides again and writes its audit event."""

from django.db import transaction
from django.db.models import F

from apikeys import access, events
from apikeys.models import ApiKey
from cloudui.web.principal import Principal
from deployments.models import Deployment


class StaleEdit(Exception):
    """Somebody changed the key after the form was opened."""

    def __init__(self, current: ApiKey) -> None:
        super().__init__("This API key was changed meanwhile.")
        self.current = current


def update_key(principal: Principal, key: ApiKey, *, version: int, name: str, description: str) -> ApiKey:
    """Change a key's name and description, the only things of it that can be edited.

    Args:
        principal: who changes it.
        key: the key as the caller's rights showed it.
        version: the version that the form was opened with.
        name: 1 to 100 characters.
        description: 0 to 500 characters.

    Raises:
        Http404, PermissionDenied: when the key or the right to it went meanwhile.
        StaleEdit: when the key has another version by now.
    """
    with transaction.atomic():
        locked = access.key_to_change(principal, key)
        if locked.version != version:
            raise StaleEdit(locked)
        if (locked.name, locked.description) != (name, description):
            before = {"name": locked.name, "description": locked.description}
            locked.name, locked.description = name, description
            locked.version += 1
            locked.save(update_fields=["name", "description", "version", "updated_at"])
            events.record(
                principal,
                "updateDeploymentApiKey",
                locked,
                {"name": name, "description": description, "before": before},
            )
    return locked


def delete_key(principal: Principal, key: ApiKey) -> None:
    """Delete a key and its secrets for good; whatever uses it is refused from the next request on.

    Raises:
        Http404, PermissionDenied: when the key or the right to it went meanwhile.
    """
    with transaction.atomic():
        locked = access.key_to_change(principal, key)
        events.record(principal, "deleteDeploymentApiKey", locked, {"id": locked.pk})
        locked.delete()
        Deployment.objects.filter(pk=key.deployment_id).update(api_key_count=F("api_key_count") - 1)
