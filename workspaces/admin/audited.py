"""What every model's admin shares: each change writes an audit event, and no list counts a large table."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.core.paginator import Paginator
from django.db import models
from django.http import HttpRequest

from cloudui.web.text import PlainTextField
from workspaces import audit

# Beyond this, people search instead of paging.
MOST_ROWS = 10_000

# What is never written into the audit log; a change of a password has an event of its own.
SECRET_FIELDS = frozenset({"password", "password1", "password2", "usable_password"})


class BoundedPaginator(Paginator):  # type: ignore[type-arg] # generic in the stubs only
    """Counts to 10,000 and no further, so that a list costs the same with a million rows."""

    @cached_property
    def count(self) -> int:
        rows: models.QuerySet[Any] = self.object_list  # type: ignore[assignment] # the admin pages query sets
        return rows.order_by()[:MOST_ROWS].count()


# Characters of a search.
MOST_SEARCHED: Final = 200


class AuditedAdmin(admin.ModelAdmin):  # type: ignore[type-arg] # generic in the stubs only
    """Writes `create...`, `update...` and `delete...` events in the transaction of Django's own views."""

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = BoundedPaginator
    formfield_overrides = {models.CharField: {"form_class": PlainTextField}}

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """Cut the search: each of its words becomes a condition, and SQLite takes only so many."""
        return super().get_search_results(request, queryset, search_term[:MOST_SEARCHED])

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
