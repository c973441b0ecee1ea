"""The Airflow behind a Deployment: its logs, and `astro deployment hibernate` and `wake-up`."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Final

from django.core.exceptions import ValidationError
from django.utils import timezone
from ninja import Query, Router

from apikeys.astro.v1.rows import Ids, Offset, require_organization
from apikeys.astro.v1.schemas import MOST_ROWS, HibernationSent, LogShown
from apikeys.astro.v1.views.deployments import DEPLOYMENT
from cloudui.web.api import ApiError, ApiRequest
from cloudui.web.principal import Principal
from deployments.access import deployment_to_edit, deployment_to_view
from deployments.airflow import service
from deployments.airflow.logs import Line, recent
from deployments.models import Airflow

MOST_SECONDS: Final = 7 * 24 * 60 * 60
NO_LOGS: Final = "Somebody else runs the Airflow of this Deployment. Read its logs there, or those of its tasks in the console."
UNTIL: Final = "A Deployment hibernates until somebody wakes it up. Leave out --until and --for."
# What the client calls the processes. The scheduler runs the tasks here.
SOURCES: Final[Mapping[str, tuple[str, ...]]] = {
    "webserver": ("webserver", "api-server"),
    "apiserver": ("webserver", "api-server"),
    "scheduler": ("scheduler",),
    "worker": ("scheduler",),
    "triggerer": ("triggerer",),
    "dag-processor": ("dag-processor",),
}
# Its flags for a level come as a text to look for.
LEVELS: Final[Mapping[str, tuple[str, ...]]] = {
    "WARN": ("warning",),
    "ERROR": ("error", "critical"),
    "INFO": ("info",),
}

Number = Annotated[int, Query(ge=1, le=MOST_ROWS)]
Seconds = Annotated[int, Query(ge=1, le=MOST_SECONDS)]
Text = Annotated[str, Query(max_length=200)]

router = Router(tags=["Airflow"])


@router.get(f"{DEPLOYMENT}/logs", response=LogShown, summary="Read the logs")
def read_logs(
    request: ApiRequest,
    organization: str,
    deployment: str,
    *,
    limit: Number = 500,
    maxNumResults: Number = 500,  # noqa: N803 - its name there
    offset: Offset = 0,
    range: Seconds = 24 * 60 * 60,  # noqa: A002 - the same
    sources: Ids = [],  # noqa: B006 - nobody changes it
    searchText: Text = "",  # noqa: N803 - the same
) -> LogShown:
    """What the processes of an Airflow that runs here printed, the newest last; a Deployment without one has none."""
    require_organization(organization)
    found = deployment_to_view(request.principal, None, deployment)
    airflow = Airflow.of(found)
    if airflow is not None and not airflow.is_run_by_us:
        raise ApiError(404, "not_served", NO_LOGS)
    names = {name for source in sources or SOURCES for name in SOURCES.get(source, ())}
    lines = recent(found, names, since=timezone.now() - timedelta(seconds=range), most=MOST_ROWS)
    matching = [line for line in lines if _matches(line, searchText)][-maxNumResults:]
    results = [_shown(line) for line in matching[offset : offset + limit]]
    return LogShown(
        limit=limit,
        max_num_results=maxNumResults,
        offset=offset,
        result_count=len(results),
        search_id=found.pk,
        results=results,
    )


@router.post(f"{DEPLOYMENT}/hibernation-override", response=dict[str, bool], summary="Hibernate or wake up")
def override_hibernation(
    request: ApiRequest, organization: str, deployment: str, body: HibernationSent
) -> dict[str, bool]:
    """Until somebody says otherwise: there are no schedules."""
    require_organization(organization)
    if body.override_until is not None:
        raise ApiError(400, "invalid_request", UNTIL)
    return _sleeps(request.principal, deployment, is_hibernating=body.is_hibernating)


@router.delete(f"{DEPLOYMENT}/hibernation-override", response=dict[str, bool], summary="Wake up")
def remove_override(request: ApiRequest, organization: str, deployment: str) -> dict[str, bool]:
    """Without a schedule a Deployment is awake."""
    require_organization(organization)
    return _sleeps(request.principal, deployment, is_hibernating=False)


def _sleeps(principal: Principal, deployment: str, *, is_hibernating: bool) -> dict[str, bool]:
    found = deployment_to_edit(principal, None, deployment)
    act = service.hibernate if is_hibernating else service.wake_up
    try:
        act(principal, found)
    except ValidationError as error:
        raise ApiError(400, "invalid_request", " ".join(error.messages)) from None
    return {"isHibernating": is_hibernating}


def _matches(line: Line, text: str) -> bool:
    levels = LEVELS.get(text)
    return line.level in levels if levels else text.lower() in line.text.lower()


def _shown(line: Line) -> dict[str, Any]:
    return {
        "timestamp": line.at.timestamp() if line.at else 0,
        "raw": f"{line.level.upper()} {line.text}".strip(),
        "source": line.source,
    }
