"""`GET /v1/whoami`: who the caller is and what the token opens. Useful as the first step of a pipeline."""

from typing import Annotated, Any, Final

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import BaseModel, Field, WithJsonSchema

from apikeys.credential_state import PersonState, SecretState
from apikeys.tokens.bearer import Access
from cloudui.web.api import answer, rfc3339
from cloudui.web.principal import Kind
from cloudui.web.rest.api import answers_itself
from cloudui.web.rest.schemas import Moment, Named
from workspaces.models import Membership, Role

# What every API key may do, in its own Deployment only.
KEY_RIGHTS: Final = ("deployment:read", "deployment:update", "deployment:deploy", "airflow:op")


router = Router(tags=["Caller"])


class Caller(BaseModel):
    """Who calls."""

    kind: Annotated[str, WithJsonSchema({"type": "string", "enum": ["user", "api_key"]})]
    id: str
    name: str
    rights: list[str] = Field(description="What the token opens.")
    expires_at: Moment = Field(serialization_alias="expiresAt")
    deployment: Named | None = Field(default=None, description="That of an API key.")
    workspace: Named | None = Field(default=None, description="That of an API key.")
    email: str | None = Field(default=None, description="That of a person.")


@router.get("/whoami", response=Caller, summary="Who am I", by_alias=True)
@answers_itself
def whoami(request: HttpRequest) -> HttpResponse:
    """The caller, what the token opens, and when it expires."""
    access: Access = request.access  # type: ignore[attr-defined] # set by apikeys.tokens.bearer
    state = access.state
    who = _key(state) if isinstance(state, SecretState) else _person(state)
    return answer({**who, "expiresAt": rfc3339(access.claims.ends)})


def _key(state: SecretState) -> dict[str, Any]:
    return {
        "kind": Kind.API_KEY.value,
        "id": state.key_id,
        "name": state.key_name,
        "deployment": {"id": state.deployment, "name": state.deployment_name},
        "workspace": {"id": state.workspace, "name": state.workspace_name},
        "rights": KEY_RIGHTS,
    }


def _person(state: PersonState) -> dict[str, Any]:
    memberships = Membership.objects.filter(user=state.user_id).order_by("workspace")
    roles = [
        f"workspace:{workspace}:{Role(role).name.lower()}"
        for workspace, role in memberships.values_list("workspace", "role")
    ]
    return {
        "kind": Kind.USER.value,
        "id": state.user_id,
        "name": state.full_name or state.email,
        "email": state.email,
        "rights": [f"organization:{state.organization_role}", *roles],
    }
