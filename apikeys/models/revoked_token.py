"""Access tokens that were revoked one by one."""

from django.db import models


class RevokedToken(models.Model):
    """A token that is refused although its signature is good; the row goes when the token would have ended."""

    jti = models.CharField("token ID", primary_key=True, max_length=32, editable=False)
    ends = models.DateTimeField(db_index=True, editable=False)

    def __str__(self) -> str:
        return self.jti
