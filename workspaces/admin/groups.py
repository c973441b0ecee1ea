"""The groups of operators, and what each lets them do in this site."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.admin import AdminSite
from django.contrib.auth.models import Group, Permission
from django.http import HttpRequest
from django.utils.text import capfirst

from workspaces.admin.audited import AuditedAdmin

# Of a permission: the app and the code, such as ("workspaces", "view_user").
Name = tuple[str, str]


class PermissionsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg] # generic in the stubs only
    """Permissions in words, by their names in Django."""

    words: Mapping[Name, str]

    def label_from_instance(self, obj: Any) -> str:
        return self.words[obj.content_type.app_label, obj.codename]


class GroupAdmin(AuditedAdmin):
    """Groups carry permissions, so only superusers may touch them."""

    permissions: Mapping[str, str] = {}
    search_fields = ("name",)
    search_help_text = "How a name begins, with its capital letters."
    ordering = ("name",)
    sortable_by = ("name",)
    filter_horizontal = ("permissions",)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the permissions that let somebody do something here; Django has others, without effect."""
        words = permissions_of(self.admin_site)
        kwargs |= {
            "form_class": PermissionsField,
            "queryset": Permission.objects.select_related("content_type").filter(
                content_type__app_label__in={app for app, _ in words},
                codename__in={code for _, code in words},
            ),
        }
        field: Any = super().formfield_for_manytomany(db_field, request, **kwargs)
        field.words = words
        return field

    def has_view_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return is_superuser(request)

    has_add_permission = has_change_permission = has_delete_permission = has_view_permission


def permissions_of(site: AdminSite) -> dict[Name, str]:
    """What can be permitted in the site, such as "Users: see"."""
    words = {}
    for model_admin in site._registry.values():  # noqa: SLF001 - there is no other way
        parts: list[Any] = [model_admin, *model_admin.inlines]
        for part in parts:
            opts = part.model._meta
            name = capfirst(getattr(part, "verbose_name_plural", None) or opts.verbose_name_plural)
            for action, verb in part.permissions.items():
                words[opts.app_label, f"{action}_{opts.model_name}"] = f"{name}: {verb}"
    return words


def is_superuser(request: HttpRequest) -> bool:
    """Whether this operator may do everything, and so make others more powerful."""
    return bool(request.user.is_active and getattr(request.user, "is_superuser", False))
