"""The account page, and what follows signing in, a new password and signing out everywhere."""

from http import HTTPStatus
from pathlib import Path

from allauth.account import views as account_views
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_POST, require_safe

from cloudui.web.htmx import HtmxHttpRequest
from workspaces.models import User
from workspaces.sign_in import devices, events, service
from workspaces.sign_in.events import Refusal
from workspaces.sign_in.sign_out import clear_browser


@require_safe
def show(request: HtmxHttpRequest) -> HttpResponse:
    """The person's name, e-mail address and role, with links to password and sessions."""
    return TemplateResponse(request, "workspaces/sign_in/account.html")


@login_not_required
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in by allauth's page, which ends a flood from one IP address itself; that is written down here."""
    # allauth counts the attempt first, and while the database is gone that would be our failure.
    connection.ensure_connection()
    response: HttpResponse = account_views.login(request)
    if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        events.record_refusal(request, Refusal.TOO_MANY_ATTEMPTS)
    return response


@login_not_required
@require_safe
def reset_done(request: HttpRequest) -> HttpResponse:
    """Say that a link is on its way, and where it lies if this is an installation at localhost that sends no mail."""
    context = {"file": _newest_mail() if settings.PUBLIC.is_local else ""}
    return TemplateResponse(request, "account/password_reset_done.html", context)


def change_password(request: HttpRequest) -> HttpResponse:
    """Change the password by allauth's page; this browser stays signed in, and a known device."""
    response: HttpResponse = account_views.password_change(request)
    if (
        request.method == "POST"
        and response.status_code == HTTPStatus.FOUND
        and isinstance(request.user, User)
    ):
        devices.remember(response, request.user)
    return response


@require_POST
def sign_out_everywhere(request: HtmxHttpRequest) -> HttpResponse:
    """Sign out everywhere: all browsers, this one too, and all access tokens."""
    service.sign_out_everywhere(request.principal)
    logout(request)
    messages.success(request, "You are signed out everywhere, and your access tokens have ended.")
    return clear_browser(redirect("account_login"))


# Private


def _newest_mail() -> str:
    """The file that the last mail became; empty where mails are sent, or none became one."""
    if not settings.OUTBOX_BACKEND.endswith(".filebased.EmailBackend"):
        return ""
    # Their names begin with the time.
    newest = max(Path(settings.EMAIL_FILE_PATH).glob("*.log"), default=None)
    return str(newest or "")
