"""What Airflow says, the same for both of its interfaces: `/api/v1` of Airflow 2 and `/api/v2` of Airflow 3.

Each `..._of` reads one object of an answer, which may lack what an older version does not say.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.utils import timezone
from django.utils.dateparse import parse_datetime

Answer = Mapping[str, Any]

# As Airflow's own pages say them.
SUCCESS: Final = "success"
FAILED: Final = "failed"
# Airflow 2 does not tell.
LIVE_SCHEDULERS: Final = {"job_type": "SchedulerJob", "is_alive": "true", "limit": 100}
# A task that waits for what failed fails with it.
UPSTREAM_FAILED: Final = "upstream_failed"


@dataclass(frozen=True, slots=True)
class Part:
    """A process of Airflow, as its health says."""

    name: str
    is_healthy: bool
    heard_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """The parts that this Airflow has; `reason` names those that are not healthy, and is empty if all are."""

    parts: list[Part]

    @property
    def reason(self) -> str:
        return " ".join(_unheard(part) for part in self.parts if not part.is_healthy)


@dataclass(frozen=True, slots=True)
class Run:
    """A run of a DAG."""

    dag_id: str
    run_id: str
    state: str
    started_at: datetime | None
    ended_at: datetime | None = None

    @property
    def has_failed(self) -> bool:
        return self.state == FAILED


@dataclass(frozen=True, slots=True)
class Task:
    """A task of a run, as it was tried last; `map_index` is -1 for one that is not mapped."""

    dag_id: str
    run_id: str
    task_id: str
    state: str
    started_at: datetime | None
    try_number: int = 1
    map_index: int = -1

    @property
    def has_failed(self) -> bool:
        return self.state in {FAILED, UPSTREAM_FAILED}

    @property
    def words(self) -> str:
        return self.state.replace("_", " ") or "no state"

    @property
    def query(self) -> str:
        """The query of the page of its log."""
        return urlencode(
            {
                "dag": self.dag_id,
                "run": self.run_id,
                "task": self.task_id,
                "attempt": self.try_number,
                "map_index": self.map_index,
            }
        )


@dataclass(frozen=True, slots=True)
class Dag:
    """A DAG with its last runs, the newest last; None where nobody has looked for them."""

    dag_id: str
    description: str
    is_paused: bool
    schedule: str
    next_run: datetime | None
    has_import_errors: bool = False
    runs: list[Run] | None = None

    @property
    def summary(self) -> str:
        """What the last runs came to, in words."""
        runs = self.runs or []
        failed = sum(run.has_failed for run in runs)
        return f"{failed or 'None'} of {len(runs)} failed"


@dataclass(frozen=True, slots=True)
class ImportProblem:
    """A file that Airflow cannot read, and the end of its traceback."""

    path: str
    text: str
    at: datetime | None

    @property
    def last_line(self) -> str:
        """What it comes to, such as `ModuleNotFoundError: No module named 'pandas'`."""
        lines = self.text.strip().splitlines()
        return lines[-1].strip() if lines else ""


@dataclass(frozen=True, slots=True)
class Some:
    """Some of what there is, and how much there is of it."""

    rows: list[Any]
    total: int

    @property
    def is_cut(self) -> bool:
        return self.total > len(self.rows)


def health_of(answer: Answer) -> Health:
    """Of `/health` or `/monitor/health`: a part that an Airflow does not have has no status."""
    names = {
        "metadatabase": "",
        "scheduler": "scheduler",
        "dag_processor": "dag_processor",
        "triggerer": "triggerer",
    }
    parts = []
    for name, prefix in names.items():
        said = answer.get(name) or {}
        if said.get("status"):
            heard = _moment(said.get(f"latest_{prefix}_heartbeat"))
            parts.append(Part(name.replace("_", " "), said["status"] == "healthy", heard))
    return Health(parts)


def run_of(answer: Answer) -> Run:
    """A run of a DAG."""
    return Run(
        dag_id=_text(answer, "dag_id"),
        run_id=_text(answer, "dag_run_id"),
        state=_text(answer, "state"),
        started_at=_moment(answer.get("start_date")),
        ended_at=_moment(answer.get("end_date")),
    )


def task_of(answer: Answer) -> Task:
    """A task instance."""
    index = answer.get("map_index")
    return Task(
        dag_id=_text(answer, "dag_id"),
        run_id=_text(answer, "dag_run_id"),
        task_id=_text(answer, "task_id"),
        state=_text(answer, "state"),
        started_at=_moment(answer.get("start_date")),
        try_number=int(answer.get("try_number") or 1),
        map_index=-1 if index is None else int(index),
    )


def dag_of(answer: Answer) -> Dag:
    """A DAG, without its runs."""
    return Dag(
        dag_id=_text(answer, "dag_id"),
        description=_text(answer, "description"),
        is_paused=bool(answer.get("is_paused")),
        schedule=_text(answer, "timetable_description")
        or _text(answer, "timetable_summary")
        or _interval(answer.get("schedule_interval")),
        next_run=_moment(answer.get("next_dagrun_run_after") or answer.get("next_dagrun_create_after")),
        has_import_errors=bool(answer.get("has_import_errors")),
    )


def import_problem_of(answer: Answer) -> ImportProblem:
    """A file that could not be imported."""
    return ImportProblem(
        path=_text(answer, "filename"),
        text=_text(answer, "stack_trace"),
        at=_moment(answer.get("timestamp")),
    )


def started_of(answer: Answer) -> datetime | None:
    """When the oldest scheduler that lives started, of `/jobs` with LIVE_SCHEDULERS."""
    moments = [moment for job in answer.get("jobs") or [] if (moment := _moment(job.get("start_date")))]
    return min(moments, default=None)


def some_of(answer: Answer, name: str, read: Any) -> Some:
    """A page of a list of Airflow's, each of its objects by `read`."""
    rows = [read(each) for each in answer.get(name) or []]
    return Some(rows, int(answer.get("total_entries") or len(rows)))


def _interval(value: object) -> str:
    """Of Airflow 2: a cron expression, or a time between runs."""
    if not isinstance(value, dict):
        return ""
    if value.get("__type") == "TimeDelta":
        return f"Every {timedelta(days=value.get('days', 0), seconds=value.get('seconds', 0))}"
    return _text(value, "value")


def _text(answer: Answer, name: str) -> str:
    value = answer.get(name)
    return value if isinstance(value, str) else ""


def _moment(value: object) -> datetime | None:
    try:
        moment = parse_datetime(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return timezone.make_aware(moment) if moment is not None and timezone.is_naive(moment) else moment


def _unheard(part: Part) -> str:
    since = f" since {part.heard_at:%d %B, %H:%M} UTC" if part.heard_at else ""
    return f"Airflow has not heard from its {part.name}{since}."
