"""How allauth signs people in here: no public sign-up, our own URLs, every change audited."""

from typing import Any, cast
from urllib.parse import urlsplit, urlunsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal import ratelimit
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.debug import sensitive_variables

from cloudui.web import client, redirects
from workspaces import audit
from workspaces.models import User
from workspaces.principals import origin_of, principal_for
from workspaces.sign_in import devices, events
from workspaces.sign_in.events import Refusal

# The failures of a known device, as many as allauth allows an account with which nobody has signed in here.
DEVICE_LIMIT = {"login_failed": "5/5m/key"}


# The mails that answer a request for a new password.
RESET_MAILS = {"account/email/password_reset_key", "account/email/unknown_account"}
# The mails that tell of one.
RESET, CHANGED = "account/email/password_reset", "account/email/password_changed"


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
        """Change or reset a password: every other session, link and token of the person ends, audited.

        Raises:
            ImmediateHttpResponse: to the same page, which then says why, if the session or the link that this
                began with ended while the password was hashed.
        """
        is_reset = not self.request.user.is_authenticated
        # Hashing waits for a slot, and must not make every other writer wait with it.
        user.set_password(password)
        with transaction.atomic():
            unchanged = User.objects.filter(
                pk=user.pk, is_active=True, security_stamp=user.security_stamp
            ).select_for_update()
            if unchanged.first() is None:
                raise ImmediateHttpResponse(redirect(self.request.path))
            user.renew_stamp()
            user.save(update_fields=["password", "security_stamp"])
            audit.record(
                principal_for(user, origin=origin_of(self.request)),
                "resetPassword" if is_reset else "changePassword",
                target=user.pk,
            )
            super().send_notification_mail(RESET if is_reset else CHANGED, user)
        # Whoever could read the mail proved more than the failures before could disprove.
        self._delete_login_attempts_cached_email(self.request, email=user.email)

    @sensitive_variables("credentials")
    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count an attempt: for the account and the IP address, or for a device that the account knows."""
        device = devices.known_device(request, _email_in(credentials))
        try:
            if device is None:
                super().pre_authenticate(request, **credentials)
                return
            self._login_failed_rl_usage = ratelimit.consume(
                request, app="allauth.account", action="login_failed", config=DEVICE_LIMIT, key=device
            )
            if not self._login_failed_rl_usage:
                raise self.validation_error("too_many_login_attempts")
        except ValidationError:
            events.record_refusal(request, Refusal.TOO_MANY_ATTEMPTS, email=_email_in(credentials))
            raise

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Write a wrong password down."""
        events.record_refusal(request, Refusal.WRONG_PASSWORD, email=_email_in(credentials))

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        """Write down that somebody who was deactivated knew the password."""
        events.record_refusal(request, Refusal.DEACTIVATED, email=user.email)
        response: HttpResponse = super().respond_user_inactive(request, user)
        return response

    def login(self, request: HttpRequest, user: User) -> None:
        """Sign in, in one transaction with its event."""
        with transaction.atomic():
            super().login(request, user)
            events.record_sign_in(request, user)

    def post_login(self, request: HttpRequest, user: User, **hook: Any) -> HttpResponse:
        """Know this browser from now on, however the person proved to be that person."""
        response: HttpResponse = super().post_login(request, user, **hook)
        devices.remember(response, user)
        return response

    def logout(self, request: HttpRequest) -> None:
        """Sign out, in one transaction with its event."""
        with transaction.atomic():
            events.record_sign_out(request)
            super().logout(request)

    @sensitive_variables("credentials")
    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """The person with this e-mail address and password. A failure of ours is no failed attempt."""
        try:
            return cast("User | None", super().authenticate(request, **credentials))
        except Exception:
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
        """Send a mail whose links lead to `PUBLIC_URL`, whatever the Host header said (T-W11).

        Who asked for a new password is written down, with an account and without one.
        """
        links = {name: _public(value) for name, value in context.items() if name.endswith("_url")}
        with transaction.atomic():
            if template_prefix in RESET_MAILS:
                events.record_reset_request(self.request, email.lower())
            super().send_mail(template_prefix, email, {**context, **links, "current_site": _Site})

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Send a mail that tells of a change, but not of a new password: `set_password` did, in its transaction."""
        if template_prefix not in {RESET, CHANGED}:
            super().send_notification_mail(template_prefix, user, context, email)

    # Private

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # allauth's own key has the Host header in it: another port would be a fresh start for somebody
        # who guesses passwords.
        return _email_in(credentials)


def _email_in(credentials: dict[str, Any]) -> str:
    return str(credentials.get("email", "")).strip().lower()


class _Site:
    """What mails call this installation."""

    name = settings.ORGANIZATION_NAME
    domain = settings.PUBLIC_URL


def _public(url: str) -> str:
    ours, theirs = urlsplit(settings.PUBLIC_URL), urlsplit(url)
    return urlunsplit(theirs._replace(scheme=ours.scheme, netloc=ours.netloc))
