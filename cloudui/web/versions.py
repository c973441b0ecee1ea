"""Edits that were made against an older state. Every face notices them by one number and says so in one way.

A row that is edited has an integer version, which rises with each change. A form or a program sends back the version
that it read; the service compares it under the row's lock.
"""

from typing import Any, Final

# The greatest number that a version's column holds (PositiveIntegerField).
HIGHEST_VERSION: Final = 2**31 - 1


class StaleEdit(Exception):
    """Somebody changed what is being edited since it was read. The text says so.

    `current` is the row as the caller may see it, `version` what the next attempt may send.
    """

    def __init__(self, current: Any, *, version: int, what: str, remedy: str = "") -> None:
        super().__init__(f"{what} meanwhile. {remedy}".rstrip())
        self.current = current
        self.version = version


def require_version(current: Any, *, read: int | None, version: int, what: str, remedy: str = "") -> None:
    """Raise StaleEdit if a locked row has another version than was `read`; None edits whatever is there.

    `what` begins the sentence, such as `This API key was changed`; `remedy` is another, which says what to do.
    """
    if read not in {None, version}:
        raise StaleEdit(current, version=version, what=what, remedy=remedy)
