"""The answers to creating calls that named an Idempotency-Key, so that a repeated call creates nothing twice."""

from typing import ClassVar

from django.db import models


class IdempotentCall(models.Model):
    """One creating call of the REST interface. No answer of one contains a secret."""

    # SHA-256 of the caller, the method, the address and the Idempotency-Key.
    id = models.CharField(primary_key=True, max_length=64)
    fingerprint = models.CharField("SHA-256 of the body", max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    objects: ClassVar[models.Manager["IdempotentCall"]] = models.Manager()

    def __str__(self) -> str:
        return self.pk
