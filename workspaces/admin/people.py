"""People: making accounts, roles, deactivation, passwords.

An operator who is no superuser may help with accounts that open nothing yet: neither make anybody more powerful
nor touch somebody who is, since a new password for that person would be that person's power. One Workspace is
power enough.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import BaseUserCreationForm, SetPasswordMixin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator

from cloudui.web.text import PlainTextField
from workspaces.admin.audited import AuditedAdmin
from workspaces.admin.groups import is_superuser
from workspaces.models import OrganizationRole, User
from workspaces.people.last_admin import lock_owners, require_replaceable

# A change of any of these ends the person's sessions and tokens.
POWERS = ("organization_role", "is_active", "is_staff", "is_superuser", "groups", "user_permissions")


class LowerCaseEmail:
    """For forms with an e-mail address, which is kept and audited in lower case."""

    cleaned_data: dict[str, Any]

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        return email.lower()


class PersonForm(LowerCaseEmail, forms.ModelForm):  # type: ignore[type-arg] # generic in the stubs only
    """An account, without its password."""

    class Meta:
        model = User
        fields = ("email", "full_name", *POWERS)
        field_classes = {"full_name": PlainTextField}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What was given to this person directly, which has no other place.
        if given := self.fields.get("user_permissions"):
            given.queryset = self.instance.user_permissions.select_related("content_type")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or self.cleaned_data
        before = User.objects.get(pk=self.instance.pk)
        try:
            require_replaceable(
                before,
                is_active=cleaned.get("is_active", before.is_active),
                organization_role=cleaned.get("organization_role", before.organization_role),
            )
        except ValidationError as error:
            self.add_error(None, error)
        return cleaned


class NewPersonForm(LowerCaseEmail, BaseUserCreationForm):  # type: ignore[type-arg] # generic in the stubs only
    """An account with its first password."""

    class Meta:
        model = User
        fields = ("email", "full_name", "organization_role")
        field_classes = {"full_name": PlainTextField}


class PasswordForm(SetPasswordMixin, forms.Form):  # type: ignore[type-arg] # generic in the stubs only
    """A new password, set by an operator; it ends what the old one opened.

    Django's form also takes the password away from people who sign in otherwise.
    """

    password1, password2 = SetPasswordMixin.create_password_fields()

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean(self) -> dict[str, Any]:
        self.validate_passwords()
        self.validate_password_for_user(self.user)
        # What Django's page asks its own form.
        return {**self.cleaned_data, "set_usable_password": True}

    @property
    def changed_data(self) -> list[str]:
        return ["password"]

    def save(self) -> User:
        self.user.renew_stamp()
        user: User = self.set_password_and_save(self.user)
        return user


class PersonAdmin(UserAdmin, AuditedAdmin):  # type: ignore[type-arg] # generic in the stubs only
    """People are deactivated, not deleted: what they did stays with their name."""

    form = PersonForm
    add_form = NewPersonForm
    change_password_form = PasswordForm
    change_user_password_template = "admin/workspaces/user/change_password.html"
    add_form_template = None
    permissions: Mapping[str, str] = {
        "view": "see",
        "add": "add",
        "change": "change, and set passwords",
    }
    fieldsets = (
        (None, {"fields": ("email", "full_name", "id")}),
        ("In the Organization", {"fields": ("organization_role", "is_active")}),
        ("As an operator", {"fields": ("is_staff", "is_superuser", "groups")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", "full_name", "organization_role")}),
        ("Password", {"fields": ("password1", "password2")}),
    )
    readonly_fields = ("id", "last_login", "date_joined")
    list_display = ("email", "full_name", "organization_role", "is_active", "is_staff", "last_login")
    list_filter = ("organization_role", "is_active", "is_staff", "is_superuser")
    search_fields = ("email", "^full_name", "=id")
    search_help_text = "How an e-mail address or a name begins, or the whole of an ID."
    ordering = ("email",)
    sortable_by = ("email",)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> User | None:
        """The person, locked for a change: saving writes the whole row, and must not undo what others write meanwhile."""
        if self.is_change(request):
            lock_owners()
        person: User | None = super().get_object(request, object_id, from_field)
        return person

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Groups carry permissions. What somebody was given directly can be seen, and taken away."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or not obj.user_permissions.exists():
            return fieldsets
        return (*fieldsets, ("Permissions given directly", {"fields": ("user_permissions",)}))

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Only superusers give powers."""
        if is_superuser(request):
            return self.readonly_fields
        powers = [name for name in POWERS if name != "is_active"]
        return (*self.readonly_fields, *powers) if obj else powers

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Only superusers change somebody who may do anything anywhere, or that person's password."""
        may = super().has_change_permission(request, obj)
        return may and (obj is None or is_superuser(request) or not _is_powerful(obj))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm[User], change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Save and record; a change of powers ends the person's sessions and tokens."""
        changes_powers = change and any(name in POWERS for name in form.changed_data)
        if changes_powers:
            obj.renew_stamp()
        super().save_model(request, obj, form, change)
        if changes_powers and obj == request.user:
            update_session_auth_hash(request, obj)

    @method_decorator(transaction.atomic)
    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002 - Django's signature
        """Django's page, in one transaction with its event (`log_change`)."""
        return super().user_change_password(request, id, form_url)

    def log_change(self, request: HttpRequest, obj: User, message: Any) -> Any:
        """Record a new password: Django's page calls nothing else after saving one."""
        if request.resolver_match and request.resolver_match.url_name == "auth_user_password_change":
            self.record(request, "changePassword", obj, {})
        return super().log_change(request, obj, message)


def _is_powerful(user: User) -> bool:
    return (
        user.is_staff
        or user.is_superuser
        or user.organization_role != OrganizationRole.MEMBER
        or user.memberships.exists()
        or user.groups.exists()
        or user.user_permissions.exists()
    )
