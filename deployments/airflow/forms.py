"""What a URL may ask of the pages of an Airflow, and what can be done to a DAG. Airflow itself decides what exists."""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError

from cloudui.web.principal import Principal
from deployments.airflow.calls import AirflowError
from deployments.airflow.client import DAGS
from deployments.airflow.dags import set_paused, trigger
from deployments.airflow.facts import Dag, Some, Task
from deployments.airflow.logs import LEVELS, Line, LogPage, page_of
from deployments.airflow.statistics import PERIODS
from deployments.models import Deployment

# Of a DAG, a task or a run, as in Airflow's database.
MOST_NAME: Final = 250
MOST_PAGES: Final = 5000
LEVEL_CHOICES: Final = [(level, level.capitalize()) for level in LEVELS]


class QueryForm(forms.Form):
    """What a URL may ask. Nonsense shows the beginning, never an error."""

    def value(self, name: str) -> Any:
        """The value of a field, or None if it is missing or nonsense."""
        self.is_valid()
        value = self.cleaned_data.get(name)
        return None if value is False or value == "" else value

    def query(self, **changes: Any) -> str:
        """The query of this page with some changes, empty where there is nothing to say."""
        params = {name: self.value(name) for name in self.fields} | changes
        text = urlencode({name: value for name, value in params.items() if value not in {None, ""}})
        return f"?{text}" if text else ""


class PeriodForm(QueryForm):
    """The period of Analytics."""

    period = forms.ChoiceField(choices=[(name, label) for name, (label, _) in PERIODS.items()])

    @property
    def chosen(self) -> str:
        return self.value("period") or next(iter(PERIODS))

    @property
    def hours(self) -> int:
        return PERIODS[self.chosen][1]

    @property
    def choices(self) -> list[tuple[str, str, bool]]:
        """Each period: its name, its words, and whether it is chosen."""
        return [(name, label, name == self.chosen) for name, (label, _) in PERIODS.items()]


@dataclass(frozen=True, slots=True)
class DagPage:
    """A page of DAGs and the queries of the pages around it, empty where there is none."""

    dags: list[Dag]
    total: int
    before: str
    after: str


class DagListForm(QueryForm):
    """The list of DAGs."""

    q = forms.CharField(required=False, max_length=100)
    page = forms.IntegerField(required=False, min_value=1, max_value=MOST_PAGES)

    @property
    def search(self) -> str:
        return self.value("q") or ""

    @property
    def offset(self) -> int:
        return DAGS * ((self.value("page") or 1) - 1)

    def page_of(self, found: Some) -> DagPage:
        """The rows that Airflow found for this."""
        number = self.value("page") or 1
        return DagPage(
            dags=found.rows,
            total=found.total,
            before=self.query(page=number - 1) if number > 1 else "",
            after=self.query(page=number + 1) if self.offset + len(found.rows) < found.total else "",
        )


class LogForm(QueryForm):
    """The lines of a log."""

    component = forms.CharField(required=False, max_length=30)
    level = forms.ChoiceField(required=False, choices=LEVEL_CHOICES)
    q = forms.CharField(required=False, max_length=100)
    page = forms.IntegerField(required=False, min_value=1, max_value=MOST_PAGES)
    follow = forms.BooleanField(required=False)

    @property
    def search(self) -> str:
        return self.value("q") or ""

    @property
    def number(self) -> int:
        return self.value("page") or 1

    @property
    def follows(self) -> bool:
        """Whether the newest lines are looked for again and again."""
        return bool(self.value("follow")) and self.number == 1

    can_follow = True
    levels = LEVEL_CHOICES

    @property
    def place(self) -> dict[str, Any]:
        """What the form sends along: which log it is."""
        return {"component": self.value("component") or ""}

    @property
    def older(self) -> str:
        return self.query(page=self.number + 1, follow=None)

    @property
    def newer(self) -> str:
        return self.query(page=self.number - 1, follow=None)

    def component_of(self, names: list[str]) -> str:
        """The one that the URL names, or the first."""
        chosen = self.value("component")
        return chosen if chosen in names else names[0]

    def read(self, lines: list[Line]) -> LogPage:
        """The lines that the URL asks for."""
        return page_of(lines, level=self.value("level") or "", search=self.search, number=self.number)


class TaskForm(LogForm):
    """The log of one task."""

    dag = forms.CharField(max_length=MOST_NAME)
    run = forms.CharField(max_length=MOST_NAME)
    task = forms.CharField(max_length=MOST_NAME)
    attempt = forms.IntegerField(required=False, min_value=1, max_value=1000)
    map_index = forms.IntegerField(required=False, min_value=-1, max_value=1_000_000)

    @property
    def place(self) -> dict[str, Any]:
        return {name: self.value(name) for name in ("dag", "run", "task", "attempt", "map_index")}

    def named(self) -> Task | None:
        """The task that the URL names, if it does."""
        if not self.is_valid():
            return None
        data = self.cleaned_data
        index = data["map_index"]
        return Task(
            dag_id=data["dag"],
            run_id=data["run"],
            task_id=data["task"],
            state="",
            started_at=None,
            try_number=data["attempt"] or 1,
            map_index=-1 if index is None else index,
        )


class DagForm(forms.Form):
    """The DAG that something is done to."""

    dag = forms.CharField(max_length=MOST_NAME, widget=forms.HiddenInput)


class PauseForm(DagForm):
    """Pause a DAG (`pause` is 1), or have it start by itself again."""

    pause = forms.BooleanField(required=False)

    def do(self, principal: Principal, deployment: Deployment) -> str:
        """Do it; what became of it, in a sentence."""
        if not self.is_valid():
            return "Nothing was changed: no DAG is named."
        dag_id, is_paused = self.cleaned_data["dag"], self.cleaned_data["pause"]
        try:
            set_paused(principal, deployment, dag_id, is_paused=is_paused)
        except AirflowError as error:
            return f"Nothing was changed. {error}"
        return f"{dag_id} is paused." if is_paused else f"{dag_id} is active."


class TriggerForm(DagForm):
    """Start a run of a DAG."""

    def do(self, principal: Principal, deployment: Deployment) -> bool:
        """Do it; whether Airflow has. Otherwise the form says why not."""
        try:
            trigger(principal, deployment, self.cleaned_data["dag"])
        except AirflowError as error:
            self.add_error(None, ValidationError(str(error)))
            return False
        return True
