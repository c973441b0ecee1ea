"""What every model's admin starts from: a list that costs the same with a million rows, and tells only what it shows."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar, Final

from django.contrib import admin
from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.core.paginator import Paginator
from django.db import models
from django.db.models import Q
from django.http import HttpRequest

from workspaces.admin.deletions import deletion_of
from workspaces.admin.lookups import is_lookup_allowed

# Beyond this, people search instead of paging.
MOST_ROWS: Final = 10_000

# Characters of a search.
MOST_SEARCHED: Final = 200


class BoundedPaginator(Paginator):  # type: ignore[type-arg] # generic in the stubs only
    """Counts to 10,000 and no further."""

    @cached_property
    def count(self) -> int:
        rows: models.QuerySet[Any] = self.object_list  # type: ignore[assignment] # the admin pages query sets
        return rows.order_by()[:MOST_ROWS].count()


class BoundedChangeList(ChangeList):
    """Sorts by `sortable_by` and by nothing else: Django only hides the links to the other orders."""

    def get_ordering_field(self, field_name: Any) -> Any:
        return super().get_ordering_field(field_name) if field_name in (self.sortable_by or ()) else None

    def get_ordering(self, request: HttpRequest, queryset: Any) -> list[Any]:
        """Equals go the same way as the rest, or no index would be in this order."""
        ordering: list[Any] = super().get_ordering(request, queryset)
        first = ordering[0]
        if ORDER_VAR not in self.params or not isinstance(first, str):
            return ordering
        name = first.removeprefix("-")
        if name == "pk" or getattr(self.lookup_opts.get_field(name), "unique", False):
            return [first]
        return [first, first.replace(name, "pk")]


class BoundedAdmin(admin.ModelAdmin):  # type: ignore[type-arg] # generic in the stubs only
    """Lists without counting, and without answers about fields that they do not show.

    `search_fields` are read otherwise than by Django, each on an index: `"=name"` is the whole value, `"name"` how it
    begins, also when it is kept in lower case, and `"^name"` how it begins in any case, for which the column needs an
    index of `ByteOrder(Lower(...))`. `ordering` and `sortable_by` name what an index is in the order of.
    """

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = BoundedPaginator
    sortable_by: ClassVar[tuple[str, ...]] = ()
    # What the permissions of the model let somebody do here, by their names in Django.
    permissions: Mapping[str, str] = {
        "view": "see",
        "add": "add",
        "change": "change",
        "delete": "delete",
    }

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return BoundedChangeList

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """The rows that `search_fields` find, field by field: no index answers an "or" of columns of several tables."""
        text = search_term[:MOST_SEARCHED].strip().strip("\"'")
        return (queryset.filter(pk__in=self._found(request, text)) if text else queryset), False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Filter by columns and filters of the list only."""
        return is_lookup_allowed(
            self.opts, lookup, value, self.get_list_display(request), self.get_list_filter(request)
        )

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """In numbers: Django names each row that goes or that is in the way."""
        return deletion_of(objs, self.admin_site, request)

    # Private

    def _found(self, request: HttpRequest, text: str) -> models.QuerySet[Any]:
        rows: models.QuerySet[Any] = self.model._default_manager.order_by()  # noqa: SLF001 - documented
        first, *more = (
            rows.filter(condition).values("pk")
            for field in self.get_search_fields(request)
            for condition in _conditions(field, text)
        )
        return first.union(*more) if more else first


def _conditions(field: str, text: str) -> list[Q]:
    if field.startswith("="):
        return [Q(**{field[1:]: text})]
    if field.startswith("^"):
        return [Q(**{f"{field[1:]}__begins_with_any_case": text})]
    return [Q(**{f"{field}__begins_with": spelling}) for spelling in {text, text.lower()}]
