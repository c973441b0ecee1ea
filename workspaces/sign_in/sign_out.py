"""Signing out, so that the next person at this browser finds nothing (threats T-W12 and T-R4)."""

from allauth.account import views
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse


# Otherwise a signed-out person would have to sign in to reach the page that signs out.
@login_not_required
def sign_out(request: HttpRequest) -> HttpResponse:
    """Sign out by allauth's page, which drops the session and its cookie, and clear the browser."""
    response: HttpResponse = views.logout(request)
    return clear_browser(response) if request.method == "POST" else response


def clear_browser(response: HttpResponse) -> HttpResponse:
    """Tell the browser to delete the pages and the storage that it kept of us."""
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response
