"""Search by how a text begins, which an index answers on both databases.

Django's own `startswith` and `istartswith` find no index on SQLite, whose LIKE ignores case, and `istartswith` finds
none of ours on PostgreSQL. Here are `name__starts_with`, with an index on the column, and
`name__folded__starts_with`, in whatever case, with one on `Folded("name")`.
"""

from collections.abc import Sequence
from typing import Any, Final

from django.db.models import CharField, Lookup, TextField, Transform

# Greater than every character that a text may go on with.
LAST: Final = "\U0010ffff"


@CharField.register_lookup
class Folded(Transform):
    """A text in lower case, ordered by its characters' numbers: other orders have no place for a beginning."""

    lookup_name = "folded"
    function = "LOWER"
    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Sequence[Any]]:
        return self.as_sql(
            compiler, connection, template='%(function)s(%(expressions)s) COLLATE "C"', **context
        )


@TextField.register_lookup
@CharField.register_lookup
class StartsWith(Lookup):
    """Whether a text begins with a word."""

    lookup_name = "starts_with"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        text, params = self.process_lhs(compiler, connection)
        word = self._word
        return (
            f"({text} >= {word} AND {text} < ({word} || %s))",
            [*params, self.rhs, *params, self.rhs, LAST],
        )

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        # The index of a column's own order may be of no use here; Django makes one for LIKE beside each that is unique.
        text, params = self.process_lhs(compiler, connection)
        return f"{text} LIKE {self._word}", [*params, f"{connection.ops.prep_for_like_query(self.rhs)}%"]

    @property
    def _word(self) -> str:
        return "LOWER(%s)" if isinstance(self.lhs, Folded) else "%s"
