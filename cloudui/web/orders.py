"""Orders in which a list is read by an index, the same on every database: they are written alike in both places."""

from typing import Any

from django.db.models import CharField, DateTimeField, Func, Lookup, Q, Value
from django.db.models.functions import Lower

# The last code point there is: what begins with a text comes before the text with this behind it.
_LAST = "\U0010ffff"


class ByteOrder(Func):
    """A text that is compared by its code points, whatever the language of the database.

    SQLite does so anyway. Elsewhere an index in the order of a language cannot find what begins with a text.
    """

    arity = 1
    template = '%(expressions)s COLLATE "C"'
    output_field = CharField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """The text itself."""
        return self.as_sql(compiler, connection, template="%(expressions)s", **context)


class OrLongAgo(Func):
    """A time, or one before all others where there is none, since nothing comes before or after NULL.

    The time is written out in the SQL: an index of SQLite is not found by a parameter.
    """

    arity = 1
    template = "COALESCE(%(expressions)s, '1970-01-01 00:00:00+00'::timestamptz)"
    output_field = DateTimeField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """The same, as SQLite keeps times."""
        return self.as_sql(
            compiler, connection, template="COALESCE(%(expressions)s, '1970-01-01 00:00:00')", **context
        )


def begins_with(name: str, text: str, *, ignoring_case: bool = False) -> Q:
    """What has an annotation in `ByteOrder` that begins with `text`, as a range, which an index finds.

    Args:
        name: the annotation.
        text: how it begins.
        ignoring_case: whether the annotation is in lower case.
    """
    first, last = Value(text), Value(text + _LAST)
    if ignoring_case:
        # By the database, as in the annotation: SQLite knows the case of ASCII only.
        return Q(**{f"{name}__gte": Lower(first), f"{name}__lt": Lower(last)})
    return Q(**{f"{name}__gte": first, f"{name}__lt": last})


@CharField.register_lookup
class BeginsWith(Lookup):
    """`key_id__begins_with`: by the index of the column itself.

    Django's `startswith` finds none on SQLite, whose LIKE ignores case. On PostgreSQL LIKE is what Django makes an index
    for beside each that is unique; that one may be in the order of a language.
    """

    lookup_name = "begins_with"
    prepare_rhs = False
    text, text_of_postgresql, word = "{}", "{}", "%s"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        column, params = self.process_lhs(compiler, connection)
        text = self.text.format(column)
        return (
            f"({text} >= {self.word} AND {text} < ({self.word} || %s))",
            [*params, self.rhs, *params, self.rhs, _LAST],
        )

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        column, params = self.process_lhs(compiler, connection)
        pattern = f"{connection.ops.prep_for_like_query(self.rhs)}%"
        return f"{self.text_of_postgresql.format(column)} LIKE {self.word}", [*params, pattern]


@CharField.register_lookup
class BeginsWithAnyCase(BeginsWith):
    """`name__begins_with_any_case`: by an index in `ByteOrder(Lower("name"))`."""

    lookup_name = "begins_with_any_case"
    text, text_of_postgresql, word = "LOWER({})", 'LOWER({}) COLLATE "C"', "LOWER(%s)"
