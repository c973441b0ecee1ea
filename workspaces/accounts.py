"""How allauth signs people in here: no public sign-up, our client address, changes audited."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.db import transaction
from django.http import HttpRequest

from cloudui.web import client
from cloudui.web.principal import Origin
from workspaces import audit
from workspaces.middleware import origin_of, principal_for
from workspaces.models import User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc] # allauth has no types
    """allauth's questions, answered for this product."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - allauth's signature
        """Nobody signs himself up: operators and Owners make accounts."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address that limits count by; all callers over a UNIX socket share one."""
        return client.client_address(request) or "0.0.0.0"  # noqa: S104 - a name for "unknown", not a bind

    def set_password(self, user: User, password: str) -> None:
        """Change or reset a password: every other session and token of the person ends, audited."""
        origin = origin_of(self.request) if self.request else Origin()
        with transaction.atomic():
            user.set_password(password)
            user.renew_stamp()
            user.save(update_fields=["password", "security_stamp"])
            audit.record(
                principal_for(user, origin=origin),
                "changePassword",
                target=user.pk,
            )

    def populate_username(self, request: HttpRequest, user: User) -> None:
        """There is no user name: the address is the sign-in name."""

    def format_email_subject(self, subject: str) -> str:
        """Subjects start with the Organization's name, on one line."""
        formatted: Any = super().format_email_subject(subject)
        return " ".join(str(formatted).split())
