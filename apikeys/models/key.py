"""An API key: the public half, what is known of it, and the private half, kept as a hash."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Coalesce, Lower
from django.utils import timezone

from apikeys.credentials import new_key_id
from apikeys.models.last_use import LastUse
from apikeys.models.status import LATELY, Status
from cloudui.web.ids import KEY_ID_LENGTH
from cloudui.web.orders import ByteOrder, OrLongAgo, begins_with
from cloudui.web.prepared import each, prepared
from deployments.models import Deployment

NAME_LENGTH = 100
DESCRIPTION_LENGTH = 500
NONCE_LENGTH = 32

# A key that nothing has used for so long may go.
UNUSED_DAYS = 90

# How long a repeated POST may still replace the secret it made, and how often: long enough
# for a dropped line or an impatient reload, too short for somebody who finds the page later.
REPLAY_WINDOW = timedelta(minutes=15)
MOST_REISSUES = 20


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    """API keys, selected in the words of the business."""

    def of(self, deployment: Deployment) -> Self:
        """The keys of one Deployment."""
        return self.filter(deployment=deployment)

    def matching(self, text: str) -> Self:
        """The keys whose name, whatever its case, or ID begins with `text`, by an index; all for an empty one."""
        if not text:
            return self
        keys = self.alias(order_by_name=ByteOrder(Lower("name")), order_by_id=ByteOrder("key_id"))
        return keys.filter(
            begins_with("order_by_name", text, ignoring_case=True) | begins_with("order_by_id", text)
        )

    def never_used(self) -> Self:
        """The keys that nothing has ever used."""
        return self.filter(last_used_at=None)

    def unused(self, since: datetime | None = None) -> Self:
        """The keys that have stood unused for UNUSED_DAYS or `since`, since they were made if nothing ever used them."""
        moment = timezone.now() - timedelta(days=UNUSED_DAYS) if since is None else since
        return self.alias(active_at=Coalesce("last_used_at", "created_at")).filter(active_at__lt=moment)

    def not_confirmed(self, at: datetime | None = None) -> Self:
        """The keys whose newest secret may be lost, as `ApiKey.awaits_confirmation` says of one, now by default."""
        newest = ApiKeySecret.objects.live(at).filter(key=models.OuterRef("pk")).order_by("-number")
        return self.alias(
            newest=models.Subquery(newest.filter(first_used_at=None).values("number")[:1])
        ).filter(
            newest__gt=models.F("acknowledged_secret"),
            newest=models.Subquery(newest.values("number")[:1]),
        )

    def refused_lately(self, since: datetime | None = None) -> Self:
        """The keys with a refusal in the last days or `since`, whatever else is known of them."""
        return self.filter(last_refused_at__gt=timezone.now() - LATELY if since is None else since)

    def named(self, name: str) -> Self:
        """The keys of this name, whatever the case; names need not be unique."""
        return self.annotate(lower_name=Lower("name")).filter(lower_name=Lower(models.Value(name)))

    def locked(self) -> Self:
        """Hold the rows until the transaction ends."""
        return self.select_for_update(of=("self",))


class ApiKey(LastUse):
    """A key belongs to its Deployment, not to its maker: it lives until it or the Deployment is deleted."""

    key_id = models.CharField(
        "key ID", primary_key=True, max_length=KEY_ID_LENGTH, default=new_key_id, editable=False
    )
    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=NAME_LENGTH)
    description = models.CharField(max_length=DESCRIPTION_LENGTH, blank=True)
    is_enabled = models.BooleanField("enabled", default=True)
    disabled_at = models.DateTimeField(null=True, editable=False)
    generation = models.PositiveIntegerField(
        default=1, editable=False, help_text="Raised by disabling and enabling, which ends access tokens."
    )
    version = models.PositiveIntegerField(
        default=1, editable=False, help_text="Raised by each edit, so that a stale form is noticed."
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    created_by_name = models.CharField("created by", max_length=254, editable=False)
    created_at = models.DateTimeField("created", auto_now_add=True)
    updated_at = models.DateTimeField("updated", auto_now=True)
    acknowledged_secret = models.PositiveIntegerField(
        default=0, editable=False, help_text="The number of the secret that its maker confirmed as saved."
    )
    creation_nonce = models.CharField(max_length=NONCE_LENGTH, editable=False)
    last_refused_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[models.Manager["ApiKey"]] = ApiKeyQuerySet.as_manager()

    # Set by apikeys.models.key.live_secrets: the secrets that open something now, newest first.
    live_secrets: "list[ApiKeySecret]"
    # Set by apikeys.listing: about how often it was used on which of the last 30 days, as `usage.counts_by_day` has it.
    recent_uses: str

    class Meta:
        """One key a nonce; the indexes are the orders in which the list can be read."""

        verbose_name = "API key"
        verbose_name_plural = "API keys"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["deployment", "creation_nonce"], name="one_key_per_creation_nonce"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["deployment", "created_at", "key_id"], name="apikey_by_age"),
            models.Index("deployment", ByteOrder(Lower("name")), "key_id", name="apikey_by_lower_name"),
            models.Index("deployment", ByteOrder("key_id"), name="apikey_by_id"),
            models.Index("deployment", OrLongAgo("last_used_at"), "key_id", name="apikey_by_last_use"),
            # For operators, who look in all Deployments.
            models.Index(fields=["-created_at", "-key_id"], name="apikey_newest"),
            models.Index(ByteOrder(Lower("name")), name="apikey_by_name_anywhere"),
            # For what the Overview shows of all Deployments together (apikeys.attention).
            models.Index(
                fields=["last_refused_at"],
                condition=models.Q(last_refused_at__isnull=False),
                name="apikey_refused",
            ),
            models.Index(Coalesce("last_used_at", "created_at"), name="apikey_by_activity"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_confirmed(self) -> bool:
        """Whether somebody confirmed having saved the secret."""
        return self.acknowledged_secret > 0

    @property
    def is_within_replay_window(self) -> bool:
        """Whether the POST that made this key may still be repeated."""
        return timezone.now() - self.created_at < REPLAY_WINDOW

    @property
    def is_rotating(self) -> bool:
        """Whether the previous secret still works beside the newest."""
        return len(self.live_secrets) > 1

    @property
    def previous_end(self) -> datetime | None:
        """When the previous secret of a rotation ends."""
        return self.live_secrets[-1].ends_at if self.is_rotating else None

    @property
    def awaits_confirmation(self) -> bool:
        """Whether the newest secret was shown but neither confirmed nor used: it may have been lost."""
        newest = self.live_secrets[0] if self.live_secrets else None
        return newest is not None and newest.number > self.acknowledged_secret and not newest.first_used_at

    @property
    def unused_days(self) -> int:
        """For how many days nothing has used it, since it was made if nothing ever did; 0 unless it may go for that."""
        days = (timezone.now() - (self.last_used_at or self.created_at)).days
        return days if days >= UNUSED_DAYS else 0

    @property
    def is_refused_lately(self) -> bool:
        """Whether its holder was refused within the last days."""
        return self.last_refused_at is not None and timezone.now() - self.last_refused_at < LATELY

    @property
    def status(self) -> Status:
        """What it is at a glance; it needs `live_secrets`."""
        if not self.is_enabled:
            return Status.DISABLED
        if not self.live_secrets:
            return Status.NO_SECRET
        if self.awaits_confirmation:
            return Status.NOT_CONFIRMED
        if self.is_refused_lately:
            return Status.REFUSED
        return Status.ROTATING if self.is_rotating else Status.ACTIVE


class ApiKeySecretQuerySet(models.QuerySet["ApiKeySecret"]):
    """Secrets, selected in the words of the business."""

    def live(self, at: datetime | None = None) -> Self:
        """Those that open something at a moment, now by default: not ended and not past their end."""
        moment = timezone.now() if at is None else at
        return self.filter(ended_at=None).filter(models.Q(ends_at=None) | models.Q(ends_at__gt=moment))


class ApiKeySecret(LastUse):
    """One secret of a key. The plain text was shown once and is kept nowhere."""

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="secrets")
    number = models.PositiveIntegerField(help_text="1 for the first secret of a key, then upwards.")
    encoded = models.CharField(max_length=200, editable=False)
    pepper_version = models.PositiveIntegerField(editable=False)
    fingerprint = models.BinaryField(max_length=16, unique=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    created_at = models.DateTimeField(auto_now_add=True)
    first_used_at = models.DateTimeField(null=True, editable=False)
    ends_at = models.DateTimeField(null=True, editable=False, help_text="Empty means never.")
    ended_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[models.Manager["ApiKeySecret"]] = ApiKeySecretQuerySet.as_manager()

    class Meta:
        """Numbers run within a key."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key", "number"], name="one_secret_per_number")
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["key"],
                condition=models.Q(first_used_at__isnull=True, ended_at__isnull=True),
                name="secret_never_used",
            )
        ]

    def __str__(self) -> str:
        return f"secret {self.number} of {self.key_id}"


def live_secrets() -> "models.Prefetch[str]":
    """Prefetches `ApiKey.live_secrets`: the secrets that open something now, newest first."""
    live = ApiKeySecret.objects.live().order_by("-number")
    return models.Prefetch("secrets", queryset=live, to_attr="live_secrets")


def live_secrets_of(keys: Iterable[ApiKey]) -> Mapping[str, list[ApiKeySecret]]:
    """What `live_secrets` prefetches, by the ID of the key, for a page of keys: by a query that is built once."""
    found = defaultdict(list)
    ids = each(key.pk for key in keys)
    for secret in _live(number=len(ids), now=timezone.now(), **ids) if ids else ():
        found[secret.key_id].append(secret)
    return found


@prepared("number")
def _live(*, number: int, now: datetime, **ids: str) -> models.QuerySet[ApiKeySecret]:
    return ApiKeySecret.objects.live(now).filter(key__key_id__in=list(ids.values())).order_by("-number")
