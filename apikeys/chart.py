"""How often a key was used, day by day, as a chart: bars for an inline SVG, a scale, and the same in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

# In the units of the drawing, which the page stretches to its width.
STEP: Final = 8
BAR_WIDTH: Final = 6
HEIGHT: Final = 100


@dataclass(frozen=True, slots=True)
class Bar:
    """A day with use, in the units of the drawing from its top left corner."""

    x: int
    y: int
    height: int
    day: date
    count: int


@dataclass(frozen=True, slots=True)
class Chart:
    """A bar for each day with use, the figures of the scale from its top, some days below, and all of it in words."""

    bars: Sequence[Bar]
    width: int
    scale: Sequence[int]
    days: Sequence[date]
    total: int
    words: str


def chart(uses: Sequence[tuple[date, int]]) -> Chart:
    """Draw about how often something was used on consecutive days, oldest first."""
    most = max((count for _, count in uses), default=0)
    top = _round_up(most)
    return Chart(
        bars=list(_bars(uses, top)),
        width=len(uses) * STEP,
        scale=(top, top // 2, 0),
        days=[uses[position][0] for position in (0, len(uses) // 2, -1)],
        total=sum(count for _, count in uses),
        words=_words(uses, most),
    )


def _round_up(most: int) -> int:
    """The end of a scale, whose half is a round number too: 2, 4, 6, 8, 10, 20 and so on."""
    power = 1
    while True:
        for step in (2, 4, 6, 8, 10):
            if most <= step * power:
                return step * power
        power *= 10


def _bars(uses: Sequence[tuple[date, int]], top: int) -> Iterator[Bar]:
    for position, (day, count) in enumerate(uses):
        if count:
            # The least use is still to be seen.
            height = max(2, round(count / top * HEIGHT))
            yield Bar(x=position * STEP + 1, y=HEIGHT - height, height=height, day=day, count=count)


def _words(uses: Sequence[tuple[date, int]], most: int) -> str:
    if not most:
        return f"Not used in the last {len(uses)} days."
    busiest = next(day for day, count in uses if count == most)
    active = sum(1 for _, count in uses if count)
    return (
        f"Used on {active} of the last {len(uses)} days, most on {busiest:%d %B %Y} "
        f"with about {most:,} use{'' if most == 1 else 's'}."
    )
