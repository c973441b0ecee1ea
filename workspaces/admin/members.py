"""The members of all Workspaces: a list of their own, since a Workspace may have thousands."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qs

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from workspaces.admin.audited import AuditedAdmin
from workspaces.models import Membership, Role, Workspace
from workspaces.people.last_admin import require_admin_left

# How the list of one Workspace's members is asked for.
OF_WORKSPACE: Final = "workspace__id__exact"


class MembershipForm(forms.ModelForm):  # type: ignore[type-arg] # generic in the stubs only
    """A person's role in a Workspace, of whom one stays Admin."""

    class Meta:
        model = Membership
        fields = ("workspace", "user", "role")

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or self.cleaned_data
        if self.instance.pk is None and (workspace := cleaned.get("workspace")):
            # Whoever adds the same person at the same time is waited for, so that the form says so.
            lock(workspace.pk)
        return cleaned

    def clean_role(self) -> int:
        role: int = self.cleaned_data["role"]
        if self.instance.pk is not None and role != Role.ADMIN:
            require_other_admin(self.instance)
        return role


class MembershipAdmin(AuditedAdmin):
    """Who belongs to which Workspace, the newest first. Another person or Workspace is another membership."""

    form = MembershipForm
    fields = ("workspace", "user", "role")
    autocomplete_fields = ("workspace", "user")
    list_display = ("user", "email", "workspace", "role")
    list_filter = ("role",)
    list_select_related = ("user", "workspace")
    search_fields = ("user__email", "^user__full_name", "=user__id", "^workspace__name", "=workspace__id")
    search_help_text = (
        "How a person's e-mail address or name or the name of a Workspace begins, or the whole of an ID."
    )
    ordering = ("-pk",)

    def email(self, membership: Membership) -> str:
        """Two people may have one name."""
        return membership.user.email

    def place(self, obj: Any) -> dict[str, str]:
        return {"workspace": obj.workspace_id}

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The membership; for a change its Workspace is locked first, as everywhere.

        Of two who remove its last two Admins, one sees the other's change.
        """
        if self.is_change(request):
            found = super(AuditedAdmin, self).get_object(request, object_id, from_field)
            lock(*([found.workspace_id] if found else []))
        return super().get_object(request, object_id, from_field)

    def get_readonly_fields(self, request: HttpRequest, obj: Membership | None = None) -> Any:
        return ("workspace", "user") if obj else ()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The Workspace whose members were listed before."""
        listed = parse_qs(request.GET.get("_changelist_filters", "")).get(OF_WORKSPACE)
        return {
            **({"workspace": listed[0]} if listed else {}),
            **super().get_changeform_initial_data(request),
        }

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Django's page, and the reason why the last Admin stays."""
        try:
            return super().delete_view(request, object_id, extra_context)
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
            return redirect("admin:workspaces_membership_change", object_id)

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        require_other_admin(obj)
        super().delete_model(request, obj)


def lock(*workspaces: str) -> None:
    """Hold Workspaces until the transaction ends."""
    list(Workspace.objects.select_for_update().filter(pk__in=workspaces).values_list("pk"))


def require_other_admin(leaving: Membership) -> None:
    """Raise ValidationError for the last Admin of a Workspace."""
    if leaving.role == Role.ADMIN:
        others = Membership.objects.filter(
            workspace=leaving.workspace_id, role=Role.ADMIN, user__is_active=True
        ).exclude(pk=leaving.pk)
        require_admin_left(member.user for member in others.select_related("user")[:1])
