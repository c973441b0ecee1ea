"""The private half of an API key, kept as a hash. A key has one secret, or two while it is rotated."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from apikeys.models.key import ApiKey
from apikeys.models.last_use import LastUse


class ApiKeySecretQuerySet(models.QuerySet["ApiKeySecret"]):
    """Secrets, selected in the words of the business."""

    def live(self) -> Self:
        """Those that open something now: not ended and not past their end."""
        return self.filter(ended_at=None).filter(
            models.Q(ends_at=None) | models.Q(ends_at__gt=timezone.now())
        )


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

    def __str__(self) -> str:
        return f"secret {self.number} of {self.key_id}"


def live_secrets() -> "models.Prefetch[str]":
    """Prefetches `ApiKey.live_secrets`: the secrets that open something now, newest first."""
    live = ApiKeySecret.objects.live().order_by("-number")
    return models.Prefetch("secrets", queryset=live, to_attr="live_secrets")
