"""What every model's admin starts from: a list counts no large table, and tells only of what it shows."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Final

from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist
from django.core.paginator import Paginator
from django.db import models
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest

# Beyond this, people search instead of paging.
MOST_ROWS: Final = 10_000

# Characters of a search.
MOST_SEARCHED: Final = 200

# What a filter may ask of a relation: which row is on its other side, and nothing about that row.
_OF_A_RELATION: Final = frozenset({"pk", "exact", "in", "isnull"})

# One of a few characters can take for ever, and a wrong one is an error of the database.
_REGULAR_EXPRESSIONS: Final = frozenset({"regex", "iregex"})


class BoundedPaginator(Paginator):  # type: ignore[type-arg] # generic in the stubs only
    """Counts to 10,000 and no further, so that a list costs the same with a million rows."""

    @cached_property
    def count(self) -> int:
        rows: models.QuerySet[Any] = self.object_list  # type: ignore[assignment] # the admin pages query sets
        return rows.order_by()[:MOST_ROWS].count()


class BoundedAdmin(admin.ModelAdmin):  # type: ignore[type-arg] # generic in the stubs only
    """Lists without counting, and without answers about fields that they do not show."""

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = BoundedPaginator

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """Cut the search: each of its words becomes a condition, and SQLite takes only so many."""
        return super().get_search_results(request, queryset, search_term[:MOST_SEARCHED])

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Filter by columns and filters of the list only.

        Django filters by every field of the row itself: whoever asks whether a security stamp or a hash begins
        with "a", then with "b", has read it soon (docs/security.md, T-S6).
        """
        filters, columns = self.get_list_filter(request), self.get_list_display(request)
        name, *rest = lookup.split(LOOKUP_SEP)
        if any(getattr(entry, "parameter_name", None) == lookup for entry in filters):
            return True
        if name not in {*columns, *filters} or not _REGULAR_EXPRESSIONS.isdisjoint(rest):
            return False
        try:
            field = self.opts.get_field(name)
        except FieldDoesNotExist:
            # A column that is computed.
            return False
        if field.is_relation:
            target: Any = field.related_model
            return {*rest} <= {*_OF_A_RELATION, target._meta.pk.name}
        return super().lookup_allowed(lookup, value, request)
