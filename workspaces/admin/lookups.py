"""What the address of a list may filter by."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.db.models.constants import LOOKUP_SEP
from django.utils.timezone import is_naive

# What a filter may ask of a relation: which row is on its other side, and nothing about that row.
_OF_A_RELATION: Final = frozenset({"pk", "exact", "in", "isnull"})

# What a filter may ask of a value. Others search all rows, such as regular expressions, of which one of a few
# characters can take for ever.
_OF_A_VALUE: Final = frozenset({"exact", "in", "isnull", "gt", "gte", "lt", "lte"})

# A day more or less, as another time zone may make it, is a time still.
_YEARS: Final = range(2, 9999)


def is_lookup_allowed(
    opts: Any, lookup: str, value: str, columns: Iterable[Any], filters: Iterable[Any]
) -> bool:
    """Whether a list with these columns and filters may be filtered by `lookup`.

    Django filters by every field of the row itself: whoever asks whether a security stamp or a hash begins with "a",
    then with "b", has read it soon (docs/security.md, T-S6).

    Raises:
        IncorrectLookupParameters: for a value that no row can have. Only the database would notice some of them.
    """
    name, *rest = lookup.split(LOOKUP_SEP)
    if any(getattr(entry, "parameter_name", None) == lookup for entry in filters):
        return True
    if name not in {*columns, *filters}:
        return False
    try:
        field = opts.get_field(name)
    except FieldDoesNotExist:
        # A column that is computed.
        return False
    if field.is_relation:
        return {*rest} <= {*_OF_A_RELATION, field.related_model._meta.pk.name}
    if len(rest) > 1 or not _OF_A_VALUE.issuperset(rest):
        return False
    if rest != ["isnull"]:
        for part in value.split(",") if rest == ["in"] else [value]:
            _require_possible(field, part)
    return True


def _require_possible(field: models.Field[Any, Any], text: str) -> None:
    try:
        value = field.to_python(text)
        if isinstance(field, models.IntegerField):
            field.run_validators(value)
    except ValidationError as error:
        raise IncorrectLookupParameters(error) from error
    if isinstance(value, datetime) and (is_naive(value) or value.year not in _YEARS):
        raise IncorrectLookupParameters(text)
