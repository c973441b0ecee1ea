"""How many changes one caller may make (`CHANGES_PER_MINUTE`, `CHANGES_PER_DAY`), whatever the face.

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
    """The caller has made as many changes in this minute or day as there may be. An HTTP answer is 429.

    Attributes:
        retry_after: the seconds until the next one begins.
    """

    def __init__(self, most: int, window: str, wait: str, seconds: int) -> None:
        self.retry_after = ratelimit.seconds_left(seconds)
        super().__init__(
            f"This is more than {most:,} changes in a {window}, which is the limit for one caller. "
            f"Wait {wait.format(self.retry_after)}, then send it again."
        )


def count_change(request: HttpRequest, caller: Principal) -> None:
    """Count a request that changes something, before it does.

    Raises:
        TooManyChanges: beyond a limit.
    """
    if not bodies.is_first_run(request, "change"):
        return
    who = f"{caller.kind} {caller.id}"
    for most, window, wait, seconds in (
        (settings.CHANGES_PER_MINUTE, "minute", "{} seconds", ratelimit.WINDOW_SECONDS),
        (settings.CHANGES_PER_DAY, "day", "until midnight (UTC)", ratelimit.DAY_SECONDS),
    ):
        if ratelimit.count(f"changes-{window}", who, seconds=seconds) > most:
            raise TooManyChanges(most, window, wait, seconds)
