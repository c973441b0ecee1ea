"""The secrets of a key: made and shown once, issued anew, rotated, confirmed, ended.

A secret is in the returned `Issued` and nowhere else. It is made and hashed before the transaction starts: hashing
takes a slot and time, and nothing may hold a database connection meanwhile. Each change locks the key, decides the
caller's rights again (Http404, PermissionDenied) and writes its audit event.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from apikeys import access, credentials, events
from apikeys.credentials import KeySecret
from apikeys.models import ApiKey, ApiKeySecret
from apikeys.models.key import MOST_REISSUES
from cloudui.web.principal import Principal

# How long the old secret of a rotation may live on; none ends it at once.
OVERLAPS: Final = (timedelta(0), timedelta(hours=1), timedelta(hours=24), timedelta(days=7))


# So many secrets of a key are known, the live ones among them: whoever sends one that has ended is told so.
KEPT_SECRETS: Final = 50


@dataclass(frozen=True, slots=True)
class Issued:
    """A key together with the one chance to see its secret."""

    key: ApiKey
    secret: KeySecret = field(repr=False)
    number: int
    is_replacement: bool
    overlap: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A secret that is made and hashed and not yet stored."""

    secret: KeySecret = field(repr=False)
    encoded: str = field(repr=False)
    pepper_version: int


class NotReissuable(Exception):
    """The key is confirmed or in use: replacing its secret silently would break somebody."""


class StaleReveal(Exception):
    """A newer secret has replaced the one that was confirmed."""


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


@sensitive_variables("secret")
def prepare() -> Prepared:
    """A fresh secret and its hash, made before the transaction that stores it; SlotsBusy if argon2 has no slot."""
    secret = credentials.generate_secret()
    encoded, pepper_version = credentials.hash_secret(secret)
    return Prepared(secret=secret, encoded=encoded, pepper_version=pepper_version)


@sensitive_variables("prepared")
def store(key: ApiKey, prepared: Prepared, *, number: int, principal: Principal) -> None:
    """Give the key a secret, in the transaction that records it, and forget the oldest beyond 50."""
    ApiKeySecret.objects.create(
        key=key,
        number=number,
        encoded=prepared.encoded,
        pepper_version=prepared.pepper_version,
        fingerprint=credentials.fingerprint(prepared.secret),
        created_by_id=principal.id,
    )
    key.secrets.filter(number__lte=number - KEPT_SECRETS).delete()


@sensitive_variables("prepared")
def replace(key: ApiKey, prepared: Prepared, principal: Principal) -> Issued:
    """End the newest secret of a locked key and put the prepared one in its place."""
    newest = max(key.secrets.values_list("number", flat=True))
    number = newest + 1
    # Only the newest: the previous secret of a rotation is in use until it ends.
    key.secrets.filter(number=newest, ended_at=None).update(ended_at=timezone.now())
    store(key, prepared, number=number, principal=principal)
    events.record(principal, "reissueDeploymentApiKeySecret", key, {"secret": number})
    return Issued(key=key, secret=prepared.secret, number=number, is_replacement=True)


@sensitive_variables("prepared")
def reissue_secret(principal: Principal, key: ApiKey) -> Issued:
    """Replace the secret of a key that nobody confirmed and nobody used.

    Raises NotReissuable when it was confirmed or used, or replaced 20 times.
    """
    prepared = prepare()
    with transaction.atomic():
        locked = access.key_to_change(principal, key)
        if not is_reissuable(locked):
            raise NotReissuable
        return replace(locked, prepared, principal)


def is_reissuable(key: ApiKey) -> bool:
    """Whether the newest secret may be replaced; the previous one of a rotation goes on until it ends."""
    newest = max(key.secrets.all(), key=lambda secret: secret.number, default=None)
    return (
        newest is not None
        and newest.first_used_at is None
        and 0 < newest.number - key.acknowledged_secret <= MOST_REISSUES
    )


def confirm_secret(principal: Principal, key: ApiKey, *, number: int) -> ApiKey:
    """Remember that this secret is saved: from now on only rotating replaces it.

    Raises StaleReveal when a newer secret replaced it.
    """
    with transaction.atomic():
        locked = access.key_to_change(principal, key)
        if not locked.secrets.live().filter(number=number).exists():
            raise StaleReveal
        # A tab with an older secret of a rotation may come later.
        if locked.acknowledged_secret < number:
            locked.acknowledged_secret = number
            locked.save(update_fields=["acknowledged_secret"])
            events.record(principal, "acknowledgeDeploymentApiKey", locked, {"secret": number})
    return locked


@sensitive_variables("prepared")
def rotate_secret(principal: Principal, key: ApiKey, *, overlap: timedelta) -> Issued:
    """Give the key a new secret, and its old one an end after one of `OVERLAPS`.

    Raises TwoSecretsLive when a rotation is under way.
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
        details = {"secret": number, "overlapSeconds": int(overlap.total_seconds())}
        events.record(principal, "rotateDeploymentApiKeySecret", locked, details)
    return Issued(key=locked, secret=prepared.secret, number=number, is_replacement=True, overlap=overlap)


def previous_secret(key: ApiKey, number: int) -> ApiKeySecret:
    """The secret with this number, which a rotation replaced and which still works; `key` has `live_secrets`.

    Raises SecretNotLive when it has ended before, CurrentSecret when it is the newest.
    """
    live = {secret.number: secret for secret in key.live_secrets}
    if number not in live:
        raise SecretNotLive
    if number == max(live):
        raise CurrentSecret
    return live[number]


def end_secret(principal: Principal, key: ApiKey, *, number: int) -> ApiKey:
    """End the previous secret of a rotation, as `previous_secret` finds it, and the access tokens it bought."""
    with transaction.atomic():
        locked = access.key_to_change(principal, key)
        _end(previous_secret(locked, number), after=timedelta(0))
        events.record(principal, "endDeploymentApiKeySecret", locked, {"secret": number})
    return locked


def _end(secret: ApiKeySecret, *, after: timedelta) -> None:
    if after:
        secret.ends_at = timezone.now() + after
    else:
        secret.ended_at = timezone.now()
    secret.save(update_fields=["ends_at", "ended_at"])
