"""The keys that sign access tokens."""

from typing import ClassVar

from django.db import models


class State(models.TextChoices):
    """A signing key is published first, then signs, then only verifies."""

    NEXT = "next", "Next"
    CURRENT = "current", "Current"
    RETIRED = "retired", "Retired"


class SigningKey(models.Model):
    """One Ed25519 key. The private part is encrypted and the public part is derived from it.

    Whoever can write rows could exchange a public part that had a column of its own.
    """

    kid = models.CharField("key ID", primary_key=True, max_length=43, editable=False)
    private = models.BinaryField(editable=False)
    state = models.CharField(max_length=7, choices=State, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        """One key signs and one waits, however many processes make them at once."""

        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["state"],
                condition=models.Q(state__in=[State.CURRENT, State.NEXT]),
                name="one_current_and_one_next_signing_key",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kid} ({self.get_state_display()})"
