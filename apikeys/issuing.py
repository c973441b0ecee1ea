"""Making a key and showing its secret once: create, repeat, issue anew, confirm (design.md 6.6, 6.7).

The secret is in the returned pair and nowhere else. It is made and hashed before the transaction starts:
hashing takes a slot and time, and nothing may hold a database connection or a lock meanwhile.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from apikeys import access, credentials, events
from apikeys.credentials import KeySecret
from apikeys.models import ApiKey, ApiKeySecret
from apikeys.models.key import MOST_REISSUES
from cloudui.web.principal import Principal
from deployments.access import deployment_to_manage_keys
from deployments.models import Deployment


@dataclass(frozen=True, slots=True)
class Issued:
    """A key together with the one chance to see its secret.

    Attributes:
        key: the key as it now stands.
        secret: the plain text, masked in every representation.
        number: the secret's number within the key, which confirming names.
        is_replacement: whether an earlier secret of this key stopped working, or will.
        overlap: how long the earlier secret still works.
    """

    key: ApiKey
    secret: KeySecret = field(repr=False)
    number: int
    is_replacement: bool
    overlap: timedelta = timedelta(0)


class NonceSpent(Exception):
    """The form was sent before and its key's secret can no longer be replaced by sending it again."""

    def __init__(self, key: ApiKey) -> None:
        super().__init__("This form was already sent.")
        self.key = key


class NotReissuable(Exception):
    """The key is confirmed or in use, so that replacing its secret silently would break somebody."""


class StaleReveal(Exception):
    """The secret that was confirmed has been replaced by a newer one."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A secret that is made and hashed and not yet stored."""

    secret: KeySecret = field(repr=False)
    encoded: str = field(repr=False)
    pepper_version: int


@sensitive_variables("prepared")
def create_key(
    principal: Principal, deployment: Deployment, *, name: str, description: str, nonce: str
) -> Issued:
    """Make a key, or, for a form that is sent again, replace the secret of the key it made.

    Args:
        principal: who makes it; must still be Admin when the lock is held.
        deployment: the Deployment as the caller's rights showed it.
        name: 1 to 100 characters.
        description: 0 to 500 characters.
        nonce: 32 hexadecimal digits made with the form.

    Raises:
        Http404, PermissionDenied: when the Deployment or the right to it went meanwhile.
        ValidationError: on the field `name`, when the Deployment has as many keys as it may.
        NonceSpent: when the form was sent before and its key was confirmed, used, changed or is too old.
    """
    prepared = prepare()
    with transaction.atomic():
        locked = deployment_to_manage_keys(principal, deployment.workspace_id, deployment.pk, locked=True)
        existing = ApiKey.objects.of(locked).locked().filter(creation_nonce=nonce).first()
        if existing is not None:
            existing.deployment = locked
            _require_replayable(existing, principal, name=name, description=description)
            return _replace_secret(existing, prepared, principal)
        _require_quota(locked)
        key = ApiKey.objects.create(
            deployment=locked,
            name=name,
            description=description,
            creation_nonce=nonce,
            created_by_id=principal.id,
            created_by_name=principal.name[:254],
        )
        store(key, prepared, number=1, principal=principal)
        Deployment.objects.filter(pk=locked.pk).update(api_key_count=F("api_key_count") + 1)
        # The answer shows this row's count.
        locked.api_key_count += 1
        events.record(principal, "createDeploymentApiKey", key, {"role": "DEPLOYMENT_ADMIN"})
        return Issued(key=key, secret=prepared.secret, number=1, is_replacement=False)


@sensitive_variables("prepared")
def reissue_secret(principal: Principal, key: ApiKey) -> Issued:
    """Replace the secret of a key whose secret nobody confirmed and nobody used.

    Raises:
        Http404, PermissionDenied: when the key or the right to it went meanwhile.
        NotReissuable: when it was confirmed or used, or replaced 20 times.
    """
    prepared = prepare()
    with transaction.atomic():
        locked = access.key_to_change(principal, key)
        if not is_reissuable(locked):
            raise NotReissuable
        return _replace_secret(locked, prepared, principal)


def confirm_secret(principal: Principal, key: ApiKey, *, number: int) -> ApiKey:
    """Remember that the secret with this number is saved; it can no longer be replaced by re-issuing.

    Raises:
        Http404, PermissionDenied: when the key or the right to it went meanwhile.
        StaleReveal: when a newer secret replaced it.
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


def is_reissuable(key: ApiKey) -> bool:
    """Whether the key's newest secret may be replaced: unconfirmed, never used, replaced less than 20 times.

    The previous secret of a rotation does not count: it goes on until it ends.
    """
    newest = max(key.secrets.all(), key=lambda secret: secret.number, default=None)
    return (
        newest is not None
        and newest.first_used_at is None
        and 0 < newest.number - key.acknowledged_secret <= MOST_REISSUES
    )


@sensitive_variables("secret")
def prepare() -> Prepared:
    """A fresh secret and its hash. Runs argon2: call it before the transaction that stores the secret.

    Raises:
        SlotsBusy: if no slot comes free.
    """
    secret = credentials.new_secret()
    encoded, pepper_version = credentials.hash_secret(secret)
    return Prepared(secret=secret, encoded=encoded, pepper_version=pepper_version)


@sensitive_variables("prepared")
def store(key: ApiKey, prepared: Prepared, *, number: int, principal: Principal) -> None:
    """Give the key a secret, in the transaction that records it."""
    ApiKeySecret.objects.create(
        key=key,
        number=number,
        encoded=prepared.encoded,
        pepper_version=prepared.pepper_version,
        fingerprint=credentials.fingerprint(prepared.secret),
        created_by_id=principal.id,
    )


def _require_replayable(key: ApiKey, principal: Principal, *, name: str, description: str) -> None:
    is_same = (key.created_by_id, key.name, key.description) == (principal.id, name, description)
    is_untouched = not key.is_confirmed and all(s.first_used_at is None for s in key.secrets.all())
    if not (is_same and is_untouched and key.is_within_replay_window and is_reissuable(key)):
        raise NonceSpent(key)


def _require_quota(deployment: Deployment) -> None:
    limit = settings.API_KEYS_PER_DEPLOYMENT
    if deployment.api_key_count >= limit:
        raise ValidationError(
            {"name": f"This Deployment has {limit:,} API keys, which is the limit. Delete one first."}
        )


@sensitive_variables("prepared")
def _replace_secret(key: ApiKey, prepared: Prepared, principal: Principal) -> Issued:
    newest = max(key.secrets.values_list("number", flat=True))
    number = newest + 1
    # Only the newest: the previous secret of a rotation is in use until it ends.
    key.secrets.filter(number=newest, ended_at=None).update(ended_at=timezone.now())
    store(key, prepared, number=number, principal=principal)
    events.record(principal, "reissueDeploymentApiKeySecret", key, {"secret": number})
    return Issued(key=key, secret=prepared.secret, number=number, is_replacement=True)
