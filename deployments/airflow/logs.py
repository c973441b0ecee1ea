"""What the processes of an Airflow that runs here printed, and what a task said: lines with their time and level."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.utils.dateparse import parse_datetime

from deployments.airflow.runner.logs import KEEPER, tail
from deployments.airflow.runner.programs import components
from deployments.models import Airflow, Deployment, Ground

# Of one process; the rest is in the files.
MOST_LINES: Final = 10_000
PAGE: Final = 200
# What a line may take of a page.
MOST_CHARACTERS: Final = 4000

LEVELS: Final = ("debug", "info", "warning", "error", "critical")
TASKS: Final = "tasks"
LABELS: Final = {
    "api-server": "API server",
    "webserver": "Webserver",
    "scheduler": "Scheduler",
    "dag-processor": "DAG processor",
    "triggerer": "Triggerer",
    KEEPER: "Starting and stopping",
    TASKS: "Tasks",
}

# 2026-12-01T19:04:08.178Z [info     ] of Airflow 3, [2026-12-01T19:04:08.178+0000] {file.py:1} INFO - of Airflow 2,
# [2026-12-01 19:04:08 +0000] [1] [INFO] of gunicorn, 2026-12-01T19:04:08Z keeper: of ours.
_FORMS: Final = [
    re.compile(r"(?P<at>\d{4}-\d\d-\d\dT[\d:.]+Z?) \[(?P<level>\w+) *\] (?P<text>.*)"),
    re.compile(r"\[(?P<at>\d{4}-\d\d-\d\dT[\d:.]+[+-]\d{4})\] \{[^}]*\} (?P<level>\w+) - (?P<text>.*)"),
    re.compile(r"\[(?P<at>\d{4}-\d\d-\d\d [\d:.]+) [+-]\d{4}\] \[\d+\] \[(?P<level>\w+)\] (?P<text>.*)"),
    re.compile(r"(?P<at>\d{4}-\d\d-\d\dT[\d:.]+Z) (?P<text>keeper: .*)"),
]
# Colours of a terminal.
_ESCAPES: Final = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@dataclass(frozen=True, slots=True)
class Line:
    """A line. One that says no level has that of the line before, as the lines of a traceback do."""

    text: str
    level: str = ""
    at: datetime | None = None
    source: str = ""

    @property
    def rank(self) -> int:
        return LEVELS.index(self.level) if self.level in LEVELS else LEVELS.index("info")


@dataclass(frozen=True, slots=True)
class LogPage:
    """Some lines, the newest last, of `total` that match; `number` 1 is the page of the newest."""

    lines: Sequence[Line]
    total: int
    number: int

    @property
    def has_older(self) -> bool:
        return self.total > self.number * PAGE


def components_of(deployment: Deployment) -> list[str]:
    """The components whose logs can be read, the one that is shown first; none without an Airflow."""
    airflow = Airflow.of(deployment)
    if airflow is None:
        return []
    if airflow.ground != Ground.LOCAL:
        return [TASKS]
    names = [component.name for component in components(deployment.runtime.airflow_version)]
    return ["scheduler", *(name for name in names if name != "scheduler"), KEEPER, TASKS]


def read(deployment: Deployment, component: str, *, most: int = MOST_LINES) -> list[Line]:
    """The last lines of one component of an Airflow that runs here, the newest last."""
    return parsed(tail(deployment.release_name, component, lines=most), source=component)


def parsed(lines: Iterable[str], *, source: str = "") -> list[Line]:
    """The lines with their times and levels."""
    found: list[Line] = []
    level, at = "", None
    for raw in lines:
        line = _parse(_ESCAPES.sub("", raw)[:MOST_CHARACTERS], source)
        if line.at is None and not line.level:
            line = Line(line.text, level, at, source)
        level, at = line.level, line.at
        found.append(line)
    return found


def recent(deployment: Deployment, names: Collection[str], *, since: datetime, most: int) -> list[Line]:
    """The last lines since then of some components together, the newest last; none of an Airflow that runs elsewhere."""
    known = [name for name in components_of(deployment) if name in names and name != TASKS]
    lines = [line for name in known for line in read(deployment, name) if line.at and line.at >= since]
    return sorted(lines, key=lambda line: line.at or since)[-most:]


def of_task(content: Any) -> list[Line]:
    """What Airflow answered about the log of a task: a text, or the events of Airflow 3."""
    if isinstance(content, str):
        return parsed(content.splitlines())
    return [_of_event(event) for event in content if isinstance(event, dict)]


def page_of(lines: Sequence[Line], *, level: str = "", search: str = "", number: int = 1) -> LogPage:
    """A page of those at least as severe as `level` that contain `search`, whatever the case."""
    least = LEVELS.index(level) if level in LEVELS else 0
    text = search.lower()
    matching = [line for line in lines if line.rank >= least and text in line.text.lower()]
    end = max(len(matching) - (number - 1) * PAGE, 0)
    return LogPage(matching[max(end - PAGE, 0) : end], len(matching), number)


def _parse(raw: str, source: str) -> Line:
    for form in _FORMS:
        if found := form.match(raw):
            level = (found.groupdict().get("level") or "").lower()
            return Line(found["text"], level if level in LEVELS else "", _moment(found["at"]), source)
    return Line(raw, source=source)


def _of_event(event: dict[str, Any]) -> Line:
    text = str(event.get("event", ""))
    for error in event.get("error_detail") or []:
        if isinstance(error, dict):
            text += f"\n{error.get('exc_type', '')}: {error.get('exc_value', '')}"
    level = str(event.get("level", "")).lower()
    return Line(
        text[:MOST_CHARACTERS], level if level in LEVELS else "", _moment(str(event.get("timestamp", "")))
    )


def _moment(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
