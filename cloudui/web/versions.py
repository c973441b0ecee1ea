"""Edits that were made against an older state. Every face notices them by one number and says so in one way.

A row that is edited has an integer version, which rises with each change. A form or a program sends back the version
that it read; the service compares it under the row's lock.
"""

from typing import Any, Final

# The greatest number that a version's column holds (PositiveIntegerField).
HIGHEST_VERSION: Final = 2**31 - 1


class StaleEdit(Exception):
    """Somebody changed what is being edited since it was read. The text says so.

    Attributes:
        current: the row as it is now, as the caller may see it.
        version: its version now, which the next attempt may send.
    """

    def __init__(self, current: Any, *, version: int, what: str, remedy: str = "") -> None:
        super().__init__(f"{what} meanwhile. {remedy}".rstrip())
        self.current = current
        self.version = version


def require_version(current: Any, *, read: int | None, version: int, what: str, remedy: str = "") -> None:
    """Refuse an edit that was made against another version.

    Args:
        current: the row, locked.
        read: the version that the caller read; None edits whatever is there.
        version: the version of the row.
        what: the beginning of the sentence, such as `This API key was changed`.
        remedy: another sentence, which says what to do.

    Raises:
        StaleEdit: if they differ.
    """
    if read not in {None, version}:
        raise StaleEdit(current, version=version, what=what, remedy=remedy)
