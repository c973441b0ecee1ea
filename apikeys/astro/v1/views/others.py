"""What the client asks for and does not get here: logs that nobody keeps yet, and subjects that Cloud UI does not have."""

from collections.abc import Mapping
from typing import Annotated, Final

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from apikeys.astro.v1.rows import Offset, require_organization
from apikeys.astro.v1.schemas import MOST_ROWS, LogShown
from apikeys.astro.v1.views.deployments import DEPLOYMENT
from cloudui.web.api import READ, ApiError, ApiRequest, api_route
from cloudui.web.principal import Kind
from deployments.access import deployment_to_view

NOT_SERVED: Final = "Cloud UI does not serve this command of the astro client."
# By what stands in the URL.
REASONS: Final[Mapping[str, str]] = {
    "hibernation-override": "Cloud UI does not hibernate Deployments.",
    "tokens": (
        "Cloud UI has API keys instead of API tokens. An Admin of the Workspace makes one in the console, under API "
        "Keys of the Deployment; set ASTRONOMER_KEY_ID and ASTRONOMER_KEY_SECRET to it."
    ),
    "invites": "Cloud UI does not send invitations yet. An operator makes the account in the admin site.",
    "teams": "Cloud UI has no teams. Give each person a role with astro workspace user add.",
    "environment-objects": (
        "Cloud UI keeps no connections, and no variables but those of a Deployment: astro deployment variable."
    ),
    "audit-logs": "The audit log is in the admin site, and what happened to a Deployment in its Activity.",
    "roles": "Cloud UI has the roles Member, Editor and Admin of a Workspace, and no others.",
    "bundles": "Cloud UI takes deploys of DAGs as a whole, and no bundles.",
}

Number = Annotated[int, Query(ge=1, le=MOST_ROWS)]

router = Router(tags=["Logs"])


@router.get(f"{DEPLOYMENT}/logs", response=LogShown, summary="Read the logs")
def read_logs(
    request: ApiRequest,
    organization: str,
    deployment: str,
    *,
    limit: Number = 500,
    maxNumResults: Number = 500,  # noqa: N803 - its name there
    offset: Offset = 0,
) -> LogShown:
    """None: no Airflow is connected that would write any."""
    require_organization(organization)
    found = deployment_to_view(request.principal, None, deployment)
    return LogShown(
        limit=limit,
        max_num_results=maxNumResults,
        offset=offset,
        result_count=0,
        search_id=found.pk,
        results=[],
    )


@api_route(kinds=(Kind.API_KEY, Kind.USER), methods=(*READ, "POST", "PUT", "PATCH", "DELETE"))
def not_served(request: HttpRequest, url: str) -> HttpResponse:
    """Everything else: the client prints why it goes no further."""
    parts = url.split("/")
    reason = next((REASONS[part] for part in reversed(parts) if part in REASONS), NOT_SERVED)
    raise ApiError(404, "not_served", reason)
