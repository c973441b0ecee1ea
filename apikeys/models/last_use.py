"""When and from where something was used last: a key and each of its secrets know it alike."""

from django.db import models


class LastUse(models.Model):
    """The last use that was written down, at most a minute late (apikeys.usage)."""

    last_used_at = models.DateTimeField(null=True, editable=False)
    last_used_from = models.CharField(max_length=45, blank=True, editable=False)
    last_used_client = models.CharField(max_length=255, blank=True, editable=False)

    class Meta:
        """Columns of whoever is used."""

        abstract = True

    @property
    def use(self) -> str:
        """From where and by which client it was used last, in words; empty if it never was."""
        if not self.last_used_at:
            return ""
        client = self.last_used_client.split("/")[0].strip()
        return f"from {self.last_used_from or 'this machine'}" + (f" ({client})" if client else "")
