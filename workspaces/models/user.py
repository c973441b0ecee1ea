"""A person who signs in."""

import secrets
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac

from cloudui.web.ids import ID_LENGTH, new_id
from cloudui.web.orders import ByteOrder

NAME_LENGTH = 150


class OrganizationRole(models.TextChoices):
    """What a person may do in the Organization. An Owner is Admin of every Workspace."""

    MEMBER = "member", "Organization Member"
    BILLING_ADMIN = "billing_admin", "Organization Billing Admin"
    OWNER = "owner", "Organization Owner"


class ColorMode(models.TextChoices):
    """Kept with the person, not with the browser."""

    SYSTEM = "system", "System"
    LIGHT = "light", "Light"
    DARK = "dark", "Dark"


def new_stamp() -> str:
    """A fresh security stamp: 32 hexadecimal digits, 128 bits."""
    return secrets.token_hex(16)


class UserManager(BaseUserManager["User"]):
    """There is no sign-up: people are made here, or in the admin site."""

    def owners(self) -> models.QuerySet["User"]:
        return self.filter(is_active=True, organization_role=OrganizationRole.OWNER)

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Save a new person; a password in plain text is hashed, without one the account cannot sign in by password."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Make an Organization Owner who is also an operator of the admin site."""
        rights = {"is_staff": True, "is_superuser": True, "organization_role": OrganizationRole.OWNER}
        return self.create_user(email, password, **{**rights, **fields})

    def get_by_natural_key(self, username: str | None) -> "User":
        """The person with this e-mail address, in whatever case it is written."""
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person. All sessions and tokens end at once when the security stamp changes."""

    id = models.CharField(primary_key=True, max_length=ID_LENGTH, default=new_id, editable=False)
    email = models.EmailField(
        "e-mail address",
        unique=True,
        error_messages={"unique": "A person with this e-mail address already exists."},
    )
    full_name = models.CharField(max_length=NAME_LENGTH, blank=True)
    organization_role = models.CharField(
        max_length=20, choices=OrganizationRole, default=OrganizationRole.MEMBER
    )
    color_mode = models.CharField(max_length=6, choices=ColorMode, default=ColorMode.SYSTEM)
    security_stamp = models.CharField(max_length=32, default=new_stamp, editable=False)
    is_active = models.BooleanField("active", default=True)
    is_staff = models.BooleanField("operator", default=False, help_text="May open the admin site.")
    date_joined = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        """One account an e-mail address, in whatever case it was typed."""

        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_is_lower_case")
        ]
        indexes: ClassVar = [models.Index(ByteOrder(Lower("full_name")), name="user_by_name")]

    def __str__(self) -> str:
        return self.full_name or self.email

    def clean(self) -> None:
        self.email = self.email.strip().lower()

    @property
    def is_owner(self) -> bool:
        return self.is_active and self.organization_role == OrganizationRole.OWNER

    def get_full_name(self) -> str:
        return str(self)

    def renew_stamp(self) -> None:
        """End every session and token of this person; the caller saves `security_stamp`."""
        self.security_stamp = new_stamp()

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        # Django compares this on each request: a new password or a new stamp signs every browser out.
        salt = "workspaces.models.User.get_session_auth_hash"
        return salted_hmac(
            salt, f"{self.password}{self.security_stamp}", secret=secret, algorithm="sha256"
        ).hexdigest()
