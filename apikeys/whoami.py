"""`GET /v1/whoami`: who the caller is and what the token opens. Useful as the first step of a pipeline."""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse

from apikeys.bearer import Access
from apikeys.standing import PersonStanding, Standing
from cloudui.web.api import answer, api_route, rfc3339
from cloudui.web.principal import Kind
from workspaces.models import Membership, Role

# What every API key may do, in its own Deployment only (product.md 2.6).
KEY_RIGHTS: Final = ("deployment:read", "deployment:update", "deployment:deploy", "airflow:op")


@api_route(kinds={Kind.API_KEY, Kind.USER})
def whoami(request: HttpRequest) -> HttpResponse:
    """Kind, ID and name of the caller, what it may do, and when the token expires."""
    access: Access = request.access  # type: ignore[attr-defined] # set by apikeys.bearer
    stands = access.stands
    who = _key(stands) if isinstance(stands, Standing) else _person(stands)
    return answer({**who, "expiresAt": rfc3339(access.claims.ends)})


def _key(stands: Standing) -> dict[str, Any]:
    """An API key, from what the bearer has read already."""
    return {
        "kind": Kind.API_KEY.value,
        "id": stands.key_id,
        "name": stands.key_name,
        "deployment": {"id": stands.deployment, "name": stands.deployment_name},
        "workspace": {"id": stands.workspace, "name": stands.workspace_name},
        "rights": KEY_RIGHTS,
    }


def _person(stands: PersonStanding) -> dict[str, Any]:
    """A person, with the role in the Organization and in each Workspace as they are now."""
    memberships = Membership.objects.filter(user=stands.user_id).order_by("workspace")
    roles = [
        f"workspace:{workspace}:{Role(role).name.lower()}"
        for workspace, role in memberships.values_list("workspace", "role")
    ]
    return {
        "kind": Kind.USER.value,
        "id": stands.user_id,
        "name": stands.full_name or stands.email,
        "email": stands.email,
        "rights": [f"organization:{stands.organization_role}", *roles],
    }
