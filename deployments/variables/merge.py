"""The rows of the edit form of environment variables, and how they are merged with what somebody else saved.

Each carries a trace of its variable from when the editing began, so only what both people changed needs a decision.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from django.views.decorators.debug import sensitive_variables

from deployments.variables.service import VariableInput, VariableView
from deployments.variables.values import clean_value

MINE: Final = "mine"
THEIRS: Final = "theirs"


@dataclass(slots=True)
class Row:
    """A row of the form; `value` is what stands in its box, always empty for a secret.

    Attributes:
        was: what `trace` gave for the variable when the editing began; empty for a row that was added.
        draft: a secret that was typed, sealed (deployments.variables.drafts).
        choice: `mine` to keep this row although somebody else changed the variable; empty if not chosen.
        news: what somebody else did to this variable meanwhile; `conflict` if this row changed it too.
        now: the variable as it is stored now, for a conflict; None if it was deleted.
    """

    key: str = ""
    value: str = field(default="", repr=False)
    is_secret: bool = False
    is_deleted: bool = False
    was: str = ""
    draft: str = ""
    choice: str = ""
    news: Literal["", "added", "changed", "conflict"] = ""
    now: VariableView | None = field(default=None, repr=False)
    error: str = ""
    error_is_about_key: bool = False

    @classmethod
    def of(cls, variable: VariableView, *, news: Literal["", "added", "changed"] = "") -> "Row":
        return cls(
            key=variable.key,
            value=variable.value,
            is_secret=variable.is_secret,
            was=trace(variable),
            news=news,
        )

    @property
    def is_new(self) -> bool:
        """Whether the variable did not exist when the editing began: only then its key can be edited."""
        return not self.was

    @property
    def is_blank(self) -> bool:
        return self.is_new and not (self.key or self.value or self.draft)

    @property
    def in_box(self) -> str:
        """The value as a textarea takes it: HTML drops the first line break in one, even one of the value's."""
        return "\n" + self.value

    @property
    def was_hidden(self) -> bool:
        """Whether the box came empty because the value is not shown; left empty, it keeps that value."""
        return self.was.startswith(("secret:", "hidden:"))

    @property
    def is_changed(self) -> bool:
        if self.is_new or self.is_deleted or self.draft or self.news == "conflict":
            return True
        if self.was_hidden:
            return bool(self.value.strip()) or self.is_secret != self.was.startswith("secret:")
        return self.is_secret or _trace_of_value(self.value) != self.was

    def to_input(self, typed_secret: str) -> VariableInput:
        if not self.is_changed or (self.is_secret and not typed_secret and not self.is_new):
            return VariableInput(self.key, None, self.is_secret)
        return VariableInput(self.key, typed_secret if self.is_secret else self.value, self.is_secret)


@sensitive_variables()
def trace(variable: VariableView) -> str:
    """A short text that differs when a variable has changed, and tells nothing about what is not shown."""
    if variable.is_secret or not variable.is_readable:
        kind = "secret" if variable.is_secret else "hidden"
        return f"{kind}:{variable.updated_at.timestamp():.6f}"
    return _trace_of_value(variable.value)


@sensitive_variables()
def merge(rows: Sequence[Row], current: Sequence[VariableView]) -> tuple[list[Row], list[str]]:
    """Merge the rows that were sent with what somebody else saved meanwhile, and say which keys were deleted.

    Where both changed a variable differently, the row stays, knows what is stored now, and waits for a choice. Rows
    of stored variables come first, by key.
    """
    stored = {one.key: one for one in current}
    merged, gone = [], []
    for row in rows:
        now = stored.pop(row.key, None)
        if row.was == (trace(now) if now else ""):
            merged.append(row)
        elif not row.is_changed or _is_the_same(row, now):
            if now is None:
                gone.append(row.key)
            else:
                merged.append(Row.of(now, news="changed"))
        else:
            row.now, row.was, row.news, row.choice = now, trace(now) if now else "", "conflict", ""
            merged.append(row)
    merged += [Row.of(one, news="added") for one in stored.values()]
    return sorted(merged, key=lambda row: (row.is_new, row.key if not row.is_new else "")), gone


def _is_the_same(row: Row, now: VariableView | None) -> bool:
    """Whether both made the same change; never said of secrets, whose values are not compared."""
    if now is None:
        return row.is_deleted
    is_hidden = now.is_secret or row.is_secret or not now.is_readable
    return not (is_hidden or row.is_deleted) and clean_value(row.value) == now.value


def _trace_of_value(value: str) -> str:
    # Browsers end lines in their own way, so a difference in line ends is none.
    plain = value.replace("\r\n", "\n").replace("\r", "\n")
    return f"plain:{hashlib.sha256(plain.encode(errors='surrogatepass')).hexdigest()[:32]}"
