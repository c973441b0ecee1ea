"""What is known of a key's use: how often on which day, and when it was refused and why."""

from typing import ClassVar

from django.db import models

from apikeys.models.key import ApiKey

# How many refusals are kept of each key.
KEPT_REFUSALS = 50
# How many addresses and clients are remembered of each key.
KEPT_CALLERS = 20


class ApiKeyUse(models.Model):
    """About how often a key was used on one day (UTC): exchanges and calls with its access tokens."""

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="uses")
    day = models.DateField()
    count = models.PositiveBigIntegerField(default=0)

    class Meta:
        """One row a key and day."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["key", "day"], name="one_use_count_a_day")]

    def __str__(self) -> str:
        return f"{self.count} uses of {self.key_id} on {self.day}"


class Reason(models.TextChoices):
    """Why a genuine secret or access token of a key was refused."""

    DISABLED = "disabled", "The key is disabled"
    SECRET_ENDED = "secret_ended", "The secret was replaced or ended"
    SECRET_IN_URL = "secret_in_url", "The secret was sent in a URL; rotate it"
    SECRET_LEAKED = "secret_leaked", "The secret was reported as leaked"
    TOO_MANY_EXCHANGES = "too_many", "Too many token exchanges in a minute"
    TOKEN_ENDED = "token_ended", "The access token was ended by disabling the key or revoked"


class Refusal(models.Model):
    """One refusal of the holder of a genuine secret: the last 50 of a key are kept."""

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="refusals")
    secret_number = models.PositiveIntegerField()
    reason = models.CharField(max_length=16, choices=Reason)
    address = models.CharField(max_length=45, blank=True)
    client = models.CharField(max_length=255, blank=True)
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.get_reason_display()}, {self.at:%Y-%m-%d %H:%M}"


class Caller(models.Model):
    """An address and a client from which a key was used: the last 20 of a key are kept."""

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="callers")
    address = models.CharField(max_length=45, blank=True)
    client = models.CharField(max_length=255, blank=True)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        """One row a key, address and client."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key", "address", "client"], name="one_caller_a_key")
        ]

    def __str__(self) -> str:
        return f"{self.address} {self.client}"
