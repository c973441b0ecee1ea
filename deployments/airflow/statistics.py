"""How many runs and tasks there were hour by hour and DAG by DAG: bars for inline SVGs, and the same in words."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils import timezone

from deployments.airflow.facts import SUCCESS, Run, Some, Task

HEIGHT: Final = 64
BAR: Final = 6
STEP: Final = 8
HOUR: Final = timedelta(hours=1)
# DAGs in the table, those that failed most first.
MOST_DAGS: Final = 50

# By the name in the URL; the first is the default.
PERIODS: Final = {"24h": ("Last 24 hours", 24), "7d": ("Last 7 days", 7 * 24)}


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a bar, from the top left corner of the SVG; `kind` is good, bad or open."""

    kind: str
    x: int
    y: int
    height: int


@dataclass(frozen=True, slots=True)
class Chart:
    """A bar for each hour. `total` counts all, `failed` those that were read, of which `words` tell."""

    title: str
    total: int
    failed: int
    pieces: list[Piece]
    width: int
    words: str
    height: int = HEIGHT
    bar: int = BAR


@dataclass(frozen=True, slots=True)
class DagLine:
    """What became of one DAG's runs and tasks."""

    dag_id: str
    runs: int
    failed_runs: int
    tasks: int
    failed_tasks: int


@dataclass(frozen=True, slots=True)
class Analytics:
    """The Analytics tab; `cut` says of what only the newest were read, empty if of nothing."""

    dag_count: int
    runs: Chart
    tasks: Chart
    dags: list[DagLine]
    more_dags: int
    cut: str

    @property
    def heading(self) -> str:
        return f"{self.dag_count:,} DAG{'' if self.dag_count == 1 else 's'}"


def beginning(hours: int, now: datetime | None = None) -> datetime:
    """The whole hour at which a period begins that ends with the hour of now."""
    this_hour = (now or timezone.now()).replace(minute=0, second=0, microsecond=0)
    return this_hour - (hours - 1) * HOUR


def analytics(runs: Some, tasks: Some, dag_count: int, *, since: datetime, hours: int) -> Analytics:
    """Count what started since then."""
    lines = _by_dag(runs.rows, tasks.rows)
    return Analytics(
        dag_count=dag_count,
        runs=_chart("DAG runs", runs, since, hours),
        tasks=_chart("Task runs", tasks, since, hours),
        dags=lines[:MOST_DAGS],
        more_dags=max(len(lines) - MOST_DAGS, 0),
        cut=" and ".join(
            f"the newest {len(some.rows):,} of {some.total:,} {noun}"
            for some, noun in ((runs, "DAG runs"), (tasks, "task runs"))
            if some.is_cut
        ),
    )


def _chart(title: str, some: Some, since: datetime, hours: int) -> Chart:
    counts = [Counter[str]() for _ in range(hours)]
    for row in some.rows:
        hour = int((row.started_at - since) / HOUR) if row.started_at else -1
        if 0 <= hour < hours:
            counts[hour][_kind(row)] += 1
    most = max((count.total() for count in counts), default=0)
    pieces = []
    for position, count in enumerate(counts):
        y = HEIGHT
        for kind in ("good", "open", "bad"):
            if count[kind]:
                # The least is still to be seen.
                height = max(2, round(count[kind] / most * HEIGHT))
                y -= height
                pieces.append(Piece(kind, position * STEP, max(y, 0), height))
    failed = sum(count["bad"] for count in counts)
    return Chart(
        title=title,
        total=some.total,
        failed=failed,
        pieces=pieces,
        width=hours * STEP - (STEP - BAR),
        words=_words(title, counts, since, failed),
    )


def _words(title: str, counts: Sequence[Counter[str]], since: datetime, failed: int) -> str:
    totals = [count.total() for count in counts]
    if not any(totals):
        return f"{title}: none."
    most = max(totals)
    busiest = since + totals.index(most) * HOUR
    worst = max(range(len(counts)), key=lambda hour: counts[hour]["bad"])
    sentences = [
        f"{title}: {sum(totals):,} in {sum(map(bool, totals))} of {len(counts)} hours, {failed:,} failed.",
        f"Most in the hour from {busiest:%d %B, %H:%M} UTC: {most:,}.",
    ]
    if failed:
        moment = since + worst * HOUR
        sentences.append(
            f"Most failures in the hour from {moment:%d %B, %H:%M} UTC: {counts[worst]['bad']:,}."
        )
    return " ".join(sentences)


def _by_dag(runs: Sequence[Run], tasks: Sequence[Task]) -> list[DagLine]:
    numbers: dict[str, Counter[str]] = {}
    for noun, rows in (("runs", runs), ("tasks", tasks)):
        for row in rows:
            counter = numbers.setdefault(row.dag_id, Counter())
            counter[noun] += 1
            counter[f"failed_{noun}"] += row.has_failed
    lines = [
        DagLine(dag_id, count["runs"], count["failed_runs"], count["tasks"], count["failed_tasks"])
        for dag_id, count in numbers.items()
    ]
    return sorted(lines, key=lambda line: (-line.failed_runs, -line.failed_tasks, -line.runs, line.dag_id))


def _kind(row: Any) -> str:
    if row.has_failed:
        return "bad"
    return "good" if row.state == SUCCESS else "open"
