"""Signing out, so that the next person at this browser finds nothing (product threats T-W12 and T-R4)."""

from typing import Any

from allauth.account.views import LogoutView
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.utils.decorators import method_decorator


# Without this a signed-out person would have to sign in to reach the page that signs out.
@method_decorator(login_not_required, name="dispatch")
class SignOutView(LogoutView):  # type: ignore[misc] # allauth has no types
    """allauth's page, which also tells the browser to forget what it kept of us."""

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        """End the session. Its cookie is dropped by Django, cached pages and storage by this header."""
        response: HttpResponse = super().post(*args, **kwargs)
        response["Clear-Site-Data"] = '"cache", "storage"'
        return response
