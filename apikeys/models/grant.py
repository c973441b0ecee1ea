"""What a person allowed the astro command-line client: a code for a minute, then a refresh token."""

from datetime import timedelta
from typing import ClassVar, Final, Self

from django.conf import settings
from django.db import models
from django.db.models import F
from django.utils import timezone

from apikeys.models.last_use import LastUse
from cloudui.web.ids import ID_LENGTH, new_id

# RFC 6749 section 4.1.2 allows ten minutes; the client listens on the same machine and asks at once.
CODE_LIFETIME: Final = timedelta(seconds=60)


class AuthorizationGrantQuerySet(models.QuerySet["AuthorizationGrant"]):
    """Grants, selected in the words of the business."""

    def live(self) -> Self:
        """Those whose refresh token is accepted now."""
        now = timezone.now()
        return self.filter(
            refresh_digest__isnull=False,
            created_at__gt=now - timedelta(days=settings.CLI_LOGIN_DAYS),
            last_used_at__gt=now - timedelta(days=settings.CLI_LOGIN_IDLE_DAYS),
            security_stamp=F("user__security_stamp"),
            user__is_active=True,
        )

    def pending(self) -> Self:
        """Those whose code may still be exchanged."""
        return self.filter(refresh_digest=None, created_at__gt=timezone.now() - CODE_LIFETIME)

    def locked(self) -> Self:
        """With their people; hold the rows until the transaction ends."""
        return self.select_related("user").select_for_update(of=("self",))


class AuthorizationGrant(LastUse):
    """One sign-in by `astro login`. The row is all there is to it: whatever ends the sign-in deletes the row."""

    id = models.CharField(primary_key=True, max_length=ID_LENGTH, default=new_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    security_stamp = models.CharField(
        max_length=32, editable=False, help_text="The person's when it was allowed: another one ends it."
    )
    challenge = models.CharField(max_length=43, editable=False)
    code_digest = models.BinaryField(max_length=32, unique=True, editable=False)
    refresh_digest = models.BinaryField(
        max_length=32, unique=True, null=True, editable=False, help_text="Null until the code is exchanged."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    created_from = models.CharField(max_length=45, blank=True, editable=False)

    objects: ClassVar[models.Manager["AuthorizationGrant"]] = AuthorizationGrantQuerySet.as_manager()

    class Meta:
        """The index is the order in which a person's are listed, and the oldest is found."""

        verbose_name = "sign-in of the astro CLI"
        verbose_name_plural = "sign-ins of the astro CLI"
        indexes: ClassVar = [models.Index(fields=["user", "-last_used_at"], name="grant_by_use")]

    def __str__(self) -> str:
        return f"astro CLI, {self.created_at:%Y-%m-%d %H:%M}"
