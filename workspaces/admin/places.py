"""Workspaces and who belongs to them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from cloudui.web.text import PlainTextAreaField
from workspaces.admin.audited import AuditedAdmin
from workspaces.models import Membership, Role, Workspace
from workspaces.people.last_admin import require_admin_left


class MembersFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg] # generic in the stubs only
    """The members of a Workspace, of whom one must stay Admin."""

    def clean(self) -> None:
        super().clean()
        if any(self.errors):
            return
        staying = [inline.cleaned_data for inline in self.forms if inline not in self.deleted_forms]
        require_admin_left(row["user"] for row in staying if row and row["role"] == Role.ADMIN)


class MembershipInline(admin.TabularInline):  # type: ignore[type-arg] # generic in the stubs only
    """The members, below their Workspace."""

    model = Membership
    formset = MembersFormSet
    autocomplete_fields = ("user",)
    extra = 0
    verbose_name = "member"
    verbose_name_plural = "members"


class WorkspaceForm(forms.ModelForm):  # type: ignore[type-arg] # generic in the stubs only
    """The same rules for text as in the console."""

    class Meta:
        model = Workspace
        fields = ("name", "description", "ci_cd_enforced_by_default")
        field_classes = {"description": PlainTextAreaField}
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}


class WorkspaceAdmin(AuditedAdmin):
    """A Workspace with Deployments cannot be deleted: the database protects it.

    It is locked for a change, so of two who remove its last two Admins one sees the other's change.
    """

    form = WorkspaceForm
    fields = ("id", "name", "description", "ci_cd_enforced_by_default", "created_at", "updated_at")
    readonly_fields = ("id", "created_at", "updated_at")
    inlines = (MembershipInline,)
    list_display = ("name", "id", "created_at")
    search_fields = ("name", "=id")
    ordering = ("name",)

    def place(self, obj: Any) -> dict[str, str]:
        return {"workspace": obj.workspace_id if isinstance(obj, Membership) else obj.pk}

    def save_model(self, request: HttpRequest, obj: Any, form: forms.ModelForm[Any], change: bool) -> None:  # noqa: FBT001 - Django's signature
        """A form of the console that was opened before is stale from now on."""
        if change and form.changed_data:
            obj.version += 1
        super().save_model(request, obj, form, change)

    def get_readonly_fields(self, request: HttpRequest, obj: Workspace | None = None) -> Any:
        """A new Workspace has no facts yet."""
        return self.readonly_fields if obj else ()

    def get_fields(self, request: HttpRequest, obj: Workspace | None = None) -> Any:
        return self.fields if obj else WorkspaceForm.Meta.fields
