"""The operators' pages of API keys: facts to read, a leaked secret to look up, keys to disable and revoke.

Nothing here adds or edits a key, and no hash, fingerprint or nonce is on any page (docs/security.md, T-S6).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.views.decorators.debug import sensitive_post_parameters

from apikeys import leaks
from apikeys.admin_forms import LookUpForm, ReasonForm
from apikeys.keys import disable_as_operator, enable_as_operator, revoke_as_operator
from apikeys.models import ApiKey, ApiKeySecret
from cloudui.web.htmx import form_status, posted
from cloudui.web.principal import Principal
from workspaces.admin.bounded import BoundedAdmin

# More than this at once is an accident.
MOST_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Verb:
    """Something an operator does to keys: `act` does it to one key and says whether anything changed."""

    name: str
    button: str
    done: str
    effect: str
    act: Callable[..., bool]


DISABLE = Verb(
    "disable",
    "Disable",
    "disabled",
    "Whatever uses these keys is refused from the next request on, until they are enabled again.",
    disable_as_operator,
)
ENABLE = Verb(
    "enable",
    "Enable",
    "enabled",
    "These keys are accepted again. Access tokens from before stay refused.",
    enable_as_operator,
)
REVOKE = Verb(
    "revoke",
    "Revoke",
    "revoked",
    "These keys are deleted for good, and whatever uses them is refused from the next request on.",
    revoke_as_operator,
)


class SecretInline(admin.TabularInline):  # type: ignore[type-arg] # generic in the stubs only
    """What is known of a key's secrets, besides the secrets."""

    model = ApiKeySecret
    fields = readonly_fields = (
        "number",
        "created_at",
        "first_used_at",
        "last_used_at",
        "last_used_from",
        "last_used_client",
        "ends_at",
        "ended_at",
    )
    ordering = ("-number",)
    extra = 0
    can_delete = False
    verbose_name_plural = "secrets of API keys"
    permissions: Mapping[str, str] = {"view": "see"}

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A secret is made by the console, which shows it once."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Facts are not edited."""
        return False


@admin.register(ApiKey)
class ApiKeyAdmin(BoundedAdmin):
    """Keys to find and to stop."""

    fields = readonly_fields = (
        "name",
        "key_id",
        "description",
        "workspace",
        "deployment",
        "is_enabled",
        "disabled_at",
        "created_by_name",
        "created_at",
        "updated_at",
        "last_use",
    )
    inlines = (SecretInline,)
    actions = ("disable", "enable", "revoke")
    list_display = (
        "key_id",
        "name",
        "deployment",
        "workspace",
        "created_at",
        "last_use",
        "is_enabled",
        "created_by_name",
    )
    list_filter = ("is_enabled",)
    list_select_related = ("deployment__workspace",)
    search_fields = (
        "key_id",
        "^name",
        "^deployment__name",
        "deployment__release_name",
        "=deployment__id",
        "^created_by__full_name",
        "created_by__email",
    )
    search_help_text = (
        "How a key ID begins, or the name of a key, Deployment or creator, a namespace or an e-mail address; or the "
        "whole of a Deployment's ID."
    )
    ordering = ("-created_at", "-key_id")
    sortable_by = ("created_at",)
    permissions: Mapping[str, str] = {
        "view": "see",
        "change": "disable and enable",
        "delete": "revoke",
    }

    @admin.display(description="Last used", empty_value="Never")
    def last_use(self, key: ApiKey) -> str | None:
        """When and from where, as of the last minute."""
        return (
            f"{date_format(localtime(key.last_used_at), 'DATETIME_FORMAT')} {key.use}"
            if key.last_used_at
            else None
        )

    @admin.display(description="Workspace")
    def workspace(self, key: ApiKey) -> str:
        """Where the Deployment belongs."""
        return str(key.deployment.workspace)

    def get_urls(self) -> list[Any]:
        """The look-up comes before the pages of keys, which would take it for one."""
        look_up = self.admin_site.admin_view(self.look_up_view)
        return [path("look-up/", look_up, name="apikeys_apikey_look_up"), *super().get_urls()]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """The console does it."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Facts are not edited."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """`revoke` does it, with its reason."""
        return False

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Who may disable and enable keys."""
        return request.user.has_perm("apikeys.change_apikey")

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Who may delete keys."""
        return request.user.has_perm("apikeys.delete_apikey")

    @admin.action(permissions=["operate"], description="Disable")
    def disable(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> HttpResponse | None:
        """Refuse the chosen keys."""
        return self._act(request, keys, DISABLE)

    @admin.action(permissions=["operate"], description="Enable")
    def enable(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> HttpResponse | None:
        """Accept the chosen keys again."""
        return self._act(request, keys, ENABLE)

    @admin.action(permissions=["revoke"], description="Revoke")
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> HttpResponse | None:
        """Delete the chosen keys."""
        return self._act(request, keys, REVOKE)

    @method_decorator(sensitive_post_parameters("secret"))
    def look_up_view(self, request: HttpRequest) -> HttpResponse:
        """Say which key a leaked secret belongs to. The answer does not repeat the secret."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form, finding = LookUpForm(posted(request)), None
        if form.is_valid():
            finding = leaks.look_up(_principal(request), form.cleaned_data["secret"])
        context = {
            **self.admin_site.each_context(request),
            "title": "Look up a leaked secret",
            "opts": self.opts,
            "form": form,
            "finding": finding,
        }
        return TemplateResponse(
            request, "admin/apikeys/apikey/look_up.html", context, status=form_status(form)
        )

    # Private

    def _act(self, request: HttpRequest, keys: QuerySet[ApiKey], verb: Verb) -> HttpResponse | None:
        chosen = list(keys.select_related("deployment__workspace")[: MOST_AT_ONCE + 1])
        if len(chosen) > MOST_AT_ONCE:
            self.message_user(request, f"Choose at most {MOST_AT_ONCE} keys at once.", messages.ERROR)
            return None
        form = ReasonForm(request.POST if "confirm" in request.POST else None)
        if form.is_valid():
            principal, reason = _principal(request), form.cleaned_data["reason"]
            count = sum(verb.act(principal, key.pk, reason=reason) for key in chosen)
            self.message_user(request, f"{count} API key{'' if count == 1 else 's'} {verb.done}.")
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": f"{verb.button} API keys",
            "opts": self.opts,
            "form": form,
            "verb": verb,
            "keys": chosen,
        }
        return TemplateResponse(
            request, "admin/apikeys/apikey/confirm.html", context, status=form_status(form)
        )


def _principal(request: HttpRequest) -> Principal:
    principal: Principal = request.principal  # type: ignore[attr-defined] # workspaces.middleware sets it
    return principal
