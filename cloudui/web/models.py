"""The one table of the kernel."""

from django.db import models


class KeyCheck(models.Model):
    """A trace of each key this database was used with, by which a foreign key file is recognised.

    The trace is HMAC-SHA256(key, "check") in hexadecimal: it tells keys apart and gives none away.
    """

    purpose = models.CharField(max_length=16)
    version = models.PositiveSmallIntegerField()
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["purpose", "version"], name="web_keycheck_once")]

    def __str__(self) -> str:
        """Which key, without its trace."""
        return f"{self.purpose} {self.version}"
