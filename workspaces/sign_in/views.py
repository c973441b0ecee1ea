"""The account page."""

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_POST, require_safe

from cloudui.web.htmx import HtmxHttpRequest
from workspaces.sign_in import service
from workspaces.sign_in.sign_out import clear_browser


@require_safe
def show(request: HtmxHttpRequest) -> HttpResponse:
    """The person's name, e-mail address and role, with links to password and sessions."""
    return TemplateResponse(request, "workspaces/sign_in/account.html")


@require_POST
def sign_out_everywhere(request: HtmxHttpRequest) -> HttpResponse:
    """Sign out everywhere: all browsers, this one too, and all access tokens."""
    service.sign_out_everywhere(request.principal)
    logout(request)
    messages.success(request, "You are signed out everywhere, and your access tokens have ended.")
    return clear_browser(redirect("account_login"))
