"""What every admin that changes rows shares: each change writes an audit event."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db import models, transaction
from django.http import HttpRequest

from cloudui.web.text import PlainTextField
from workspaces import audit
from workspaces.admin.bounded import BoundedAdmin

# What is never written into the audit log; a change of a password has an event of its own.
SECRET_FIELDS = frozenset({"password", "password1", "password2", "usable_password"})


class AuditedAdmin(BoundedAdmin):
    """Writes `create...`, `update...` and `delete...` events in the transaction of Django's own views."""

    formfield_overrides = {models.CharField: {"form_class": PlainTextField}}

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row, locked for a change: what others do to it meanwhile is waited for, and a row that went is none."""
        found = super().get_object(request, object_id, from_field)
        if found and self.is_change(request):
            return self.get_queryset(request).select_for_update(of=("self",)).filter(pk=found.pk).first()
        return found

    def is_change(self, request: HttpRequest) -> bool:
        """Whether the request changes something, in the transaction that Django's own views begin for it."""
        return request.method == "POST" and transaction.get_connection().in_atomic_block

    def place(self, obj: Any) -> dict[str, str]:
        """The `workspace` and `deployment` that an event about `obj` belongs to."""
        return {}

    def save_model(self, request: HttpRequest, obj: Any, form: forms.ModelForm[Any], change: bool) -> None:  # noqa: FBT001 - Django's signature
        super().save_model(request, obj, form, change)
        if not change or form.changed_data:
            self.record(request, f"{'update' if change else 'create'}{_noun(obj)}", obj, changes_of(form))

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:  # noqa: FBT001 - the same
        """Save the rows of an inline table and record each that was added, changed or deleted."""
        deleted = [inline.instance for inline in formset.deleted_forms if inline.instance.pk is not None]
        for obj in deleted:
            self.record(request, f"delete{_noun(obj)}", obj, facts_of(obj))
        super().save_formset(request, form, formset, change)
        added = set(formset.new_objects)
        for inline in formset.forms:
            obj = inline.instance
            if inline not in formset.deleted_forms and inline.has_changed():
                verb = "create" if obj in added else "update"
                self.record(request, f"{verb}{_noun(obj)}", obj, changes_of(inline))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.record(request, f"delete{_noun(obj)}", obj, facts_of(obj))
        super().delete_model(request, obj)

    def record(self, request: HttpRequest, operation: str, obj: Any, data: dict[str, Any]) -> None:
        """Write an event about `obj`, inside the transaction of its change."""
        principal = request.principal  # type: ignore[attr-defined] # workspaces.middleware sets it
        audit.record(principal, operation, target=str(obj.pk), input=data, **self.place(obj))


def changes_of(form: forms.ModelForm[Any]) -> dict[str, Any]:
    """What a form changes: each field as it will be and, for a row that existed, as it was."""
    names = [name for name in form.changed_data if name not in SECRET_FIELDS]
    after = {name: _plain(form.cleaned_data.get(name)) for name in names}
    if not form.initial:
        return after
    return {**after, "before": {name: _plain(form.initial.get(name)) for name in names}}


def facts_of(obj: models.Model) -> dict[str, Any]:
    """What the event about a deleted row says of it."""
    return {"name": str(obj)}


def _noun(obj: models.Model) -> str:
    return type(obj).__name__


def _plain(value: Any) -> Any:
    if isinstance(value, models.Model):
        return str(value.pk)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Iterable):
        return [_plain(part) for part in value]
    return str(value)
