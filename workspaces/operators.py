"""The admin site: for operators only, behind the same sign-in as the console."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import unquote

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.decorators import method_decorator

View = Callable[..., HttpResponseBase]


class PeopleJsonView(AutocompleteJsonView):
    """What a search box offers: people with their e-mail address, since two may have one name."""

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        entry: dict[str, str] = super().serialize_result(obj, to_field_name)
        email = getattr(obj, "email", "")
        return {**entry, "text": f"{obj} ({email})"} if email and email != str(obj) else entry


@method_decorator(secure_admin_login, name="login")
class OperatorsSite(admin.AdminSite):
    """Django's admin site without its own doors: signing in and out and passwords belong to the console."""

    site_title = "Cloud UI operators"
    site_header = "Cloud UI operators"
    index_title = "Operations"
    index_template = "admin/operations.html"

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        # Deleting many rows at once would go past the rules and the audit events of each.
        self.disable_action("delete_selected")

    def admin_view(self, view: View, cacheable: bool = False) -> View:  # type: ignore[override] # noqa: FBT001, FBT002 - Django's signature
        """Tell somebody who is signed in and no operator so, instead of asking for a sign-in."""
        guarded = super().admin_view(view, cacheable)

        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if "\0" in unquote(request.get_full_path()) or _sends_null(request):
                # PostgreSQL stores none, and Django's admin does not expect one.
                raise BadRequest("A null character")
            if request.user.is_authenticated and not self.has_permission(request):
                raise PermissionDenied("Only operators can open the admin site.")
            return guarded(request, *args, **kwargs)

        return inner

    def autocomplete_view(self, request: HttpRequest) -> HttpResponseBase:  # type: ignore[override] # not every answer has a template
        return PeopleJsonView.as_view(admin_site=self)(request)

    def logout(self, request: HttpRequest, extra_context: object = None) -> HttpResponseBase:  # type: ignore[override] # the same
        """The console's page, which also clears the browser."""
        return redirect("account_logout")

    def password_change(self, request: HttpRequest, extra_context: object = None) -> HttpResponseBase:  # type: ignore[override] # the same
        """The console's page, which audits the change and ends the other sessions."""
        return redirect("account_change_password")

    def password_change_done(self, request: HttpRequest, extra_context: object = None) -> HttpResponseBase:  # type: ignore[override] # the same
        return redirect("admin:index")


def _sends_null(request: HttpRequest) -> bool:
    """Whether a field holds a null character, but for secrets: their form says so itself (threat T-S5)."""
    return any("\0" in "".join(map(str, values)) for name, values in request.POST.lists() if name != "secret")
