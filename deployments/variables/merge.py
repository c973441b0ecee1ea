"""The rows of the edit form of environment variables, and what becomes of them when somebody else was quicker.

A row carries what it stood for when the editing began (`was`), so that two people who changed different variables
are brought together by themselves, and only what both changed needs a decision.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from django.views.decorators.debug import sensitive_variables

from deployments.variables.service import Shown, Wanted

MINE: Final = "mine"
THEIRS: Final = "theirs"


@dataclass(slots=True)
class Row:
    """A row as it was shown or sent.

    Attributes:
        key: the name in it.
        value: what stands in its box; always empty for a secret.
        is_secret: whether *Secret?* is ticked.
        is_deleted: whether *Delete* is ticked.
        was: what `trace` gave for the variable when the editing began; empty for a row that was added.
        draft: a secret that was typed, sealed (deployments.variables.drafts).
        choice: `mine` if this row is wanted although somebody else changed the variable; empty if not chosen.
        news: what somebody else did to this variable meanwhile: `added`, `changed`, or `conflict` if this row
            changed it too.
        now: the variable as it is stored now, for a conflict; None if it was deleted.
        error: what is wrong with the row.
        error_is_about_key: whether that is its key, and not its value.
    """

    key: str = ""
    value: str = field(default="", repr=False)
    is_secret: bool = False
    is_deleted: bool = False
    was: str = ""
    draft: str = ""
    choice: str = ""
    news: Literal["", "added", "changed", "conflict"] = ""
    now: Shown | None = field(default=None, repr=False)
    error: str = ""
    error_is_about_key: bool = False

    @classmethod
    def of(cls, shown: Shown, *, news: Literal["", "added", "changed"] = "") -> "Row":
        """The row that shows a variable as it is stored."""
        return cls(key=shown.key, value=shown.value, is_secret=shown.is_secret, was=trace(shown), news=news)

    @property
    def is_new(self) -> bool:
        """Whether the variable did not exist when the editing began: only then its key can be edited."""
        return not self.was

    @property
    def is_blank(self) -> bool:
        """Whether nothing was typed into a row that is there for one more variable."""
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
        """Whether this row wants something else than what was there when the editing began."""
        if self.is_new or self.is_deleted or self.draft or self.news == "conflict":
            return True
        if self.was_hidden:
            return bool(self.value.strip()) or self.is_secret != self.was.startswith("secret:")
        return self.is_secret or _trace_of_value(self.value) != self.was

    def as_wanted(self, typed_secret: str) -> Wanted:
        """What this row asks of the service.

        Args:
            typed_secret: what `draft` holds, unsealed.
        """
        if not self.is_changed or (self.is_secret and not typed_secret and not self.is_new):
            return Wanted(self.key, None, self.is_secret)
        return Wanted(self.key, typed_secret if self.is_secret else self.value, self.is_secret)


@sensitive_variables()
def trace(shown: Shown) -> str:
    """A short text that differs when a variable has changed, and tells nothing about what is not shown."""
    if shown.is_secret or not shown.is_readable:
        kind = "secret" if shown.is_secret else "hidden"
        return f"{kind}:{shown.updated_at.timestamp():.6f}"
    return _trace_of_value(shown.value)


@sensitive_variables()
def merge(rows: Sequence[Row], current: Sequence[Shown]) -> tuple[list[Row], list[str]]:
    """Bring the rows of somebody together with what somebody else saved meanwhile.

    What only one of them changed is taken as he wants it. What both changed, each in another way, becomes a
    conflict: the row stays as it is, knows what is stored now, and waits for a choice.

    Args:
        rows: what was sent.
        current: the variables as they are stored now.

    Returns:
        The rows to show, those of stored variables by key and then the new ones, and the keys of variables that
        are gone because somebody else deleted them.
    """
    stored = {shown.key: shown for shown in current}
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
    merged += [Row.of(shown, news="added") for shown in stored.values()]
    return sorted(merged, key=lambda row: (row.is_new, row.key if not row.is_new else "")), gone


def _is_the_same(row: Row, now: Shown | None) -> bool:
    """Whether both want the same; never said of secrets, whose values are not compared."""
    if now is None:
        return row.is_deleted
    is_hidden = now.is_secret or row.is_secret or not now.is_readable
    return not (is_hidden or row.is_deleted) and row.value.rstrip() == now.value


def _trace_of_value(value: str) -> str:
    # A browser ends lines its own way, and what it did not show as a difference is none.
    plain = value.replace("\r\n", "\n").replace("\r", "\n")
    return f"plain:{hashlib.sha256(plain.encode(errors='surrogatepass')).hexdigest()[:32]}"
