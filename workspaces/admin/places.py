"""Workspaces, each with a way to its members."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models.functions import Lower
from django.http import HttpRequest

from cloudui.web.orders import ByteOrder
from cloudui.web.text import PlainTextAreaField
from workspaces.admin.audited import AuditedAdmin
from workspaces.models import Membership, Role, User, Workspace
from workspaces.people.last_admin import require_admin_left


class WorkspaceForm(forms.ModelForm):  # type: ignore[type-arg] # generic in the stubs only
    """The same rules for text as in the console."""

    class Meta:
        model = Workspace
        fields = ("name", "description", "ci_cd_enforced_by_default")
        field_classes = {"description": PlainTextAreaField}
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}


class NewWorkspaceForm(WorkspaceForm):
    """A Workspace and its first Admin."""

    first_admin = forms.ModelChoiceField(
        User.objects.all(),
        required=False,
        label="First Admin",
        widget=AutocompleteSelect(Membership._meta.get_field("user"), admin.site),
        help_text="Needed while the Organization has no active Owner.",
    )

    def clean_first_admin(self) -> User | None:
        user: User | None = self.cleaned_data["first_admin"]
        require_admin_left([user] if user else [])
        return user


class WorkspaceAdmin(AuditedAdmin):
    """A Workspace with Deployments cannot be deleted: the database protects it."""

    form = WorkspaceForm
    fields = ("id", "name", "description", "ci_cd_enforced_by_default", "created_at", "updated_at")
    readonly_fields = ("id", "created_at", "updated_at")
    list_display = ("name", "id", "created_at")
    search_fields = ("^name", "=id")
    search_help_text = "How a name begins, or the whole of an ID."
    ordering = (ByteOrder(Lower("name")), "pk")

    def place(self, obj: Any) -> dict[str, str]:
        return {"workspace": obj.workspace_id if isinstance(obj, Membership) else obj.pk}

    def save_model(self, request: HttpRequest, obj: Any, form: forms.ModelForm[Any], change: bool) -> None:  # noqa: FBT001 - Django's signature
        """A form of the console that was opened before is stale from now on."""
        if change and form.changed_data:
            obj.version += 1
        super().save_model(request, obj, form, change)
        if first_admin := form.cleaned_data.get("first_admin"):
            member = Membership.objects.create(workspace=obj, user=first_admin, role=Role.ADMIN)
            self.record(request, "createMembership", member, {"user": first_admin.pk, "role": Role.ADMIN})

    def get_form(self, request: HttpRequest, obj: Workspace | None = None, **kwargs: Any) -> Any:  # type: ignore[override] # `change` is passed on
        return super().get_form(request, obj, **({} if obj else {"form": NewWorkspaceForm}) | kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Workspace | None = None) -> Any:
        """A new Workspace has no facts yet."""
        return self.readonly_fields if obj else ()

    def get_fields(self, request: HttpRequest, obj: Workspace | None = None) -> Any:
        return self.fields if obj else (*WorkspaceForm.Meta.fields, "first_admin")
