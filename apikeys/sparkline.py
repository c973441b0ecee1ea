"""About how often a key was used, day by day: the small drawing in a row of the list."""

import functools
import json
from datetime import date, timedelta
from typing import Final, NamedTuple

from apikeys.usage import RECENT_DAYS

# In the units of the drawing, which is as wide as all its days.
STEP: Final = 4
HEIGHT: Final = 16


class Sparkline(NamedTuple):
    """A stroke upwards for each day with use, the latest on the right, as the path of an SVG; and how much in all."""

    path: str
    total: int


@functools.lru_cache(4096)
def sparkline(counts: str, today: date) -> Sparkline:
    """Draw the last days of a key.

    Args:
        counts: as `apikeys.usage.counts_by_day` has them; empty for no use.
        today: the last day of the drawing.
    """
    uses: dict[str, int] = json.loads(counts) if counts else {}
    most = max(uses.values(), default=0)
    first = today - timedelta(days=RECENT_DAYS - 1)
    days = ((number, uses.get(str(first + timedelta(days=number)))) for number in range(RECENT_DAYS))
    # The least use is still to be seen.
    strokes = [
        f"M{number * STEP + STEP // 2} {HEIGHT}v-{max(2, round(count / most * HEIGHT))}"
        for number, count in days
        if count
    ]
    return Sparkline("".join(strokes), sum(uses.values()))
