"""What goes with a row that an operator deletes, and what is in the way, at a constant cost."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django.contrib.admin import AdminSite
from django.db import models
from django.http import HttpRequest
from django.utils.text import capfirst

# Rows in the way that are named.
MOST_NAMED: Final = 10


def deletion_of(
    rows: Iterable[Any], site: AdminSite, request: HttpRequest
) -> tuple[list[str], dict[str, int], set[str], list[str]]:
    """What Django's page of a deletion shows.

    Returns:
        the rows themselves, how many of each kind go, the kinds that the operator may not delete, and the rows that
        are in the way, ten of each kind.
    """
    gone: list[str] = []
    counts: dict[str, int] = {}
    refused: set[str] = set()
    in_the_way: list[str] = []
    for row in rows:
        gone.append(_named(row))
        _count(counts, row._meta, 1)
        if not _may_delete(type(row), site, request, row):
            refused.add(str(row._meta.verbose_name))
        for relation in row._meta.related_objects:
            model: Any = relation.related_model
            others = model._base_manager.filter(**{relation.field.name: row})  # noqa: SLF001 - documented
            if relation.on_delete is models.PROTECT:
                in_the_way += [_named(other) for other in others[:MOST_NAMED]]
            elif relation.on_delete is models.CASCADE and (number := others.count()):
                _count(counts, model._meta, number)
                if not _may_delete(model, site, request):
                    refused.add(str(model._meta.verbose_name))
    return gone, counts, refused, in_the_way


def _named(row: models.Model) -> str:
    return f"{capfirst(row._meta.verbose_name)}: {row}"


def _count(counts: dict[str, int], opts: Any, number: int) -> None:
    name = str(opts.verbose_name_plural)
    counts[name] = counts.get(name, 0) + number


def _may_delete(model: Any, site: AdminSite, request: HttpRequest, row: Any = None) -> bool:
    """Whether the operator may; what has no page of its own goes with what it belongs to."""
    return not site.is_registered(model) or site.get_model_admin(model).has_delete_permission(request, row)
