"""What the client asks for and does not get here: subjects that Cloud UI does not have."""

from collections.abc import Mapping
from typing import Final

from django.http import HttpRequest, HttpResponse

from cloudui.web.api import READ, ApiError, api_route
from cloudui.web.principal import Kind

NOT_SERVED: Final = "Cloud UI does not serve this command of the astro client."
# By what stands in the URL.
REASONS: Final[Mapping[str, str]] = {
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


@api_route(kinds=(Kind.API_KEY, Kind.USER), methods=(*READ, "POST", "PUT", "PATCH", "DELETE"))
def not_served(request: HttpRequest, url: str) -> HttpResponse:
    """Everything else: the client prints why it goes no further."""
    parts = url.split("/")
    reason = next((REASONS[part] for part in reversed(parts) if part in REASONS), NOT_SERVED)
    raise ApiError(404, "not_served", reason)
