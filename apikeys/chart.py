"""Thirty days of use as a chart: bars for an inline SVG, and the same in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

BAR_WIDTH = 6
STEP = 8
HEIGHT = 28


@dataclass(frozen=True, slots=True)
class Bar:
    """One day, in the SVG's units from its top left corner."""

    x: int
    y: int
    height: int


@dataclass(frozen=True, slots=True)
class Chart:
    """A bar for each day with use, sizes in the SVG's units, and the same in words for who cannot see it."""

    bars: Sequence[Bar]
    width: int
    height: int
    bar_width: int
    total: int
    days: int
    words: str


def chart(uses: Sequence[tuple[date, int]]) -> Chart:
    """Draw about how often something was used on consecutive days, oldest first."""
    most = max((count for _, count in uses), default=0)
    bars = []
    for position, (_, count) in enumerate(uses):
        if count:
            # The least use is still to be seen.
            height = max(2, round(count / most * HEIGHT))
            bars.append(Bar(x=position * STEP, y=HEIGHT - height, height=height))
    return Chart(
        bars=bars,
        width=max(len(uses) * STEP - (STEP - BAR_WIDTH), 1),
        height=HEIGHT,
        bar_width=BAR_WIDTH,
        total=sum(count for _, count in uses),
        days=len(uses),
        words=_words(uses, most),
    )


def _words(uses: Sequence[tuple[date, int]], most: int) -> str:
    if not most:
        return f"Not used in the last {len(uses)} days."
    busiest = next(day for day, count in uses if count == most)
    active = sum(1 for _, count in uses if count)
    return (
        f"Used on {active} of the last {len(uses)} days, most on {busiest:%d %B %Y} "
        f"with about {most:,} use{'' if most == 1 else 's'}."
    )
