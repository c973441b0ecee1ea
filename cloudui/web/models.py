"""The tables of the kernel."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from cloudui.web.ids import ID_LENGTH, new_id


class KeyCheck(models.Model):
    """A trace of each key this database was used with: HMAC-SHA256(key, "check") in hexadecimal, which gives none away."""

    purpose = models.CharField(max_length=16)
    version = models.PositiveSmallIntegerField()
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["purpose", "version"], name="web_keycheck_once")]

    def __str__(self) -> str:
        return f"{self.purpose} {self.version}"


class IdempotentCall(models.Model):
    """One creating call that named an Idempotency-Key, so that repeating it creates nothing twice.

    No answer of one contains a secret. The table was made by the migrations of `deployments`, whose label it keeps.
    """

    # SHA-256 of the caller, the method, the URL and the Idempotency-Key.
    id = models.CharField(primary_key=True, max_length=64)
    # The kind and the identifier of who called; empty for calls that an older server remembered.
    caller = models.CharField(max_length=64, default="", db_default="")
    fingerprint = models.CharField("SHA-256 of the body", max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    objects: ClassVar[models.Manager["IdempotentCall"]] = models.Manager()

    class Meta:
        """The calls of one caller are counted."""

        app_label = "deployments"
        indexes: ClassVar = [models.Index(fields=["caller", "created_at"], name="idempotent_calls_of_caller")]

    def __str__(self) -> str:
        return self.pk


class OutgoingMail(models.Model):
    """A mail that waits to be sent, deleted when it is (cloudui.web.outbox)."""

    id = models.CharField(primary_key=True, max_length=ID_LENGTH, default=new_id, editable=False)
    # All of it, addresses too, encrypted with the field key.
    sealed = models.BinaryField()
    attempts = models.PositiveIntegerField(default=0)
    # While somebody is sending it, when that must be over.
    next_attempt_at = models.DateTimeField(default=timezone.now, db_index=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[models.Manager["OutgoingMail"]] = models.Manager()

    def __str__(self) -> str:
        return self.pk
