"""How many changes one caller may make in a minute (`CHANGES_PER_MINUTE`), whatever the face.

Each change writes rows that are kept for long, such as its audit event: without a limit one API key or Editor could
fill the database. A program is counted by its API key and not by its tokens, of which it can have as many as it likes;
a person by the account, on pages and by token together. What only reads is not counted.
"""

from typing import Final

from django.conf import settings
from django.http import HttpRequest

from cloudui.web import bodies, ratelimit
from cloudui.web.principal import Principal

READING: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class TooManyChanges(Exception):
    """The caller has made as many changes in this minute as there may be. An HTTP answer is 429.

    Attributes:
        retry_after: the seconds until the next minute begins.
    """

    def __init__(self) -> None:
        super().__init__()
        self.retry_after = ratelimit.seconds_left()

    def __str__(self) -> str:
        """What to tell people."""
        return (
            f"This is more than {settings.CHANGES_PER_MINUTE:,} changes in a minute, which is the limit for one "
            f"caller. Wait {self.retry_after} seconds, then send it again."
        )


def count_change(request: HttpRequest, caller: Principal) -> None:
    """Count a request that changes something, before it does.

    Raises:
        TooManyChanges: beyond the limit.
    """
    if not bodies.is_first_run(request, "change"):
        return
    if ratelimit.count("changes", f"{caller.kind} {caller.id}") > settings.CHANGES_PER_MINUTE:
        raise TooManyChanges
