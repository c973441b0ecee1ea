"""How allauth signs people in here: no public sign-up, our own URLs, every change audited."""

from typing import Any, cast
from urllib.parse import urlsplit, urlunsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.views.decorators.debug import sensitive_variables

from cloudui.web import client, redirects
from cloudui.web.slots import SlotsBusy
from workspaces import audit
from workspaces.models import User
from workspaces.principals import origin_of, principal_for


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc] # allauth has no types
    """allauth's questions, answered for this product."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up: operators and Owners make accounts."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """The IP address that limits count by; all callers over a UNIX socket share one."""
        return client.client_address(request) or "0.0.0.0"  # noqa: S104 - a name for "unknown", not a bind

    def is_safe_url(self, url: str) -> bool:
        """Whether a person may be sent there after signing in or out: a path of this site only (T-W9)."""
        return redirects.is_path(url)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("workspaces:index")

    @sensitive_variables("password")
    def set_password(self, user: User, password: str) -> None:
        """Change or reset a password: every other session and token of the person ends, audited."""
        is_reset = not self.request.user.is_authenticated
        # Hashing waits for a slot, and must not make every other writer wait with it.
        user.set_password(password)
        with transaction.atomic():
            user.renew_stamp()
            user.save(update_fields=["password", "security_stamp"])
            audit.record(
                principal_for(user, origin=origin_of(self.request)),
                "resetPassword" if is_reset else "changePassword",
                target=user.pk,
            )
        # Whoever could read the mail proved more than the failures before could disprove.
        self._delete_login_attempts_cached_email(self.request, email=user.email)

    @sensitive_variables("credentials")
    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """The person with this e-mail address and password. SlotsBusy is no failed attempt."""
        try:
            return cast("User | None", super().authenticate(request, **credentials))
        except SlotsBusy:
            self._rollback_login_failed_rl_usage()
            raise

    @sensitive_variables("password")
    def reauthenticate(self, user: User, password: str) -> bool:
        """Whether this is the person's password, counted like a sign-in."""
        return bool(self.authenticate(self.request, email=user.email, password=password) == user)

    def populate_username(self, request: HttpRequest, user: User) -> None:
        """There is no user name: people sign in with their e-mail address."""

    def format_email_subject(self, subject: str) -> str:
        formatted: Any = super().format_email_subject(subject)
        return " ".join(str(formatted).split())

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail whose links lead to `PUBLIC_URL`, whatever the Host header said (T-W11)."""
        links = {name: _public(value) for name, value in context.items() if name.endswith("_url")}
        super().send_mail(template_prefix, email, {**context, **links, "current_site": _Site})

    # Private

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # allauth's own key has the Host header in it: another port would be a fresh start for somebody
        # who guesses passwords.
        return str(credentials.get("email", "")).strip().lower()


class _Site:
    """What mails call this installation."""

    name = settings.ORGANIZATION_NAME
    domain = settings.PUBLIC_URL


def _public(url: str) -> str:
    ours, theirs = urlsplit(settings.PUBLIC_URL), urlsplit(url)
    return urlunsplit(theirs._replace(scheme=ours.scheme, netloc=ours.netloc))
