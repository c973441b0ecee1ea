"""Disabling, enabling and rotating a key: what an Admin can do short of deleting it.

Each takes the row's lock, decides again and writes its audit event. Disabling and enabling raise the key's
generation, so tokens from before never come back; rotating gives the key a second secret beside the first, which
ends now or after an overlap in which pipelines are changed over.
"""

from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from apikeys import access, events
from apikeys.issuing import Issued, prepare, store
from apikeys.models import ApiKey, ApiKeySecret
from cloudui.web.principal import Principal

# How long the old secret may live on; none ends it at once.
OVERLAPS: Final = (timedelta(0), timedelta(hours=1), timedelta(hours=24), timedelta(days=7))


class TwoSecretsLive(Exception):
    """The key is being rotated already: a third secret would only hide which one is in use."""

    def __init__(self) -> None:
        super().__init__("This API key has two live secrets already. End one of them first.")


class SecretNotLive(Exception):
    """There is no such secret, or it ended before."""

    def __init__(self) -> None:
        super().__init__("This secret has ended already.")


class CurrentSecret(Exception):
    """Without its current secret a key would open nothing, now or when the previous one ends."""

    def __init__(self) -> None:
        super().__init__(
            "This is the current secret of the API key. Rotate, disable or delete the key instead."
        )


def disable_key(principal: Principal, key: ApiKey) -> ApiKey:
    """Refuse the key and end its access tokens from the next request on. Nothing happens to a disabled key.

    Raises:
        Http404, PermissionDenied: when the key or the right to it went meanwhile.
    """
    return _switch(principal, key, is_enabled=False)


def enable_key(principal: Principal, key: ApiKey) -> ApiKey:
    """Accept the key again; tokens from before stay refused. Nothing happens to an enabled key.

    Raises:
        Http404, PermissionDenied: when the key or the right to it went meanwhile.
    """
    return _switch(principal, key, is_enabled=True)


@sensitive_variables("prepared")
def rotate_secret(principal: Principal, key: ApiKey, *, overlap: timedelta) -> Issued:
    """Give the key a new secret, and its old one an end.

    Args:
        principal: who rotates.
        key: the key as the caller's rights showed it.
        overlap: one of `OVERLAPS`, how long the old secret still works.

    Returns:
        The key with its new secret, to be shown once.

    Raises:
        Http404, PermissionDenied: when the key or the right to it went meanwhile.
        TwoSecretsLive: when a rotation is under way.
        ValueError: for any other overlap.
        SlotsBusy: if no slot for argon2 comes free.
    """
    if overlap not in OVERLAPS:
        raise ValueError(f"An overlap is one of {', '.join(map(str, OVERLAPS))}.")
    prepared = prepare()
    with transaction.atomic():
        locked = access.key_to_change(principal, key)
        if locked.is_rotating:
            raise TwoSecretsLive
        for secret in locked.live_secrets:
            _end(secret, after=overlap)
        number = max((secret.number for secret in locked.secrets.all()), default=0) + 1
        store(locked, prepared, number=number, principal=principal)
        events.record(
            principal,
            "rotateDeploymentApiKeySecret",
            locked,
            {"secret": number, "overlapSeconds": int(overlap.total_seconds())},
        )
    return Issued(key=locked, secret=prepared.secret, number=number, is_replacement=True, overlap=overlap)


def previous_secret(key: ApiKey, number: int) -> ApiKeySecret:
    """The secret with this number, which a rotation replaced and which still works.

    Args:
        key: with `live_secrets`.
        number: the secret's number within the key.

    Raises:
        SecretNotLive: when it has ended before.
        CurrentSecret: when it is the newest.
    """
    live = {secret.number: secret for secret in key.live_secrets}
    if number not in live:
        raise SecretNotLive
    if number == max(live):
        raise CurrentSecret
    return live[number]


def end_secret(principal: Principal, key: ApiKey, *, number: int) -> ApiKey:
    """End the previous secret of a rotation now, and the access tokens that it bought.

    Raises:
        Http404, PermissionDenied: when the key or the right to it went meanwhile.
        SecretNotLive: when it has ended before.
        CurrentSecret: when it is the newest.
    """
    with transaction.atomic():
        locked = access.key_to_change(principal, key)
        _end(previous_secret(locked, number), after=timedelta(0))
        events.record(principal, "endDeploymentApiKeySecret", locked, {"secret": number})
    return locked


def _switch(principal: Principal, key: ApiKey, *, is_enabled: bool) -> ApiKey:
    with transaction.atomic():
        locked = access.key_to_change(principal, key)
        if locked.is_enabled != is_enabled:
            locked.switch(is_enabled=is_enabled)
            operation = f"{'enable' if is_enabled else 'disable'}DeploymentApiKey"
            events.record(principal, operation, locked, {"id": locked.pk})
    return locked


def _end(secret: ApiKeySecret, *, after: timedelta) -> None:
    if after:
        secret.ends_at = timezone.now() + after
    else:
        secret.ended_at = timezone.now()
    secret.save(update_fields=["ends_at", "ended_at"])
