"""What a page shows of an Airflow that may be asleep, unreachable or not there: an answer, or why there is none."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from cloudui.web.principal import Principal
from deployments.airflow.calls import AirflowError
from deployments.airflow.client import Client, client_for
from deployments.models import Airflow, Deployment, Status

Value = TypeVar("Value")


class Without(StrEnum):
    """Why a page has nothing of Airflow to show."""

    AIRFLOW = "airflow"
    PROCESSES = "processes"
    START = "start"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Answered(Generic[Value]):
    """What Airflow answered; or nothing, `without` what, and a sentence."""

    value: Value | None = None
    without: Without | None = None
    sentence: str = ""


def ask(principal: Principal, deployment: Deployment, question: Callable[[Client], Value]) -> Answered[Value]:
    """Ask the Airflow of a Deployment that came from `deployments.access`, for a page: two seconds at most."""
    if missing := without(deployment):
        return Answered(without=missing)
    try:
        return Answered(question(client_for(principal, deployment)))
    except AirflowError as error:
        return Answered(without=Without.ANSWER, sentence=str(error))


def without(deployment: Deployment) -> Without | None:
    """What is known to be missing before anybody is asked."""
    airflow = Airflow.of(deployment)
    if airflow is None:
        return Without.AIRFLOW
    if not airflow.is_awake:
        return Without.PROCESSES
    if not airflow.base_url or (airflow.is_run_by_us and deployment.status == Status.CREATING):
        return Without.START
    return None
