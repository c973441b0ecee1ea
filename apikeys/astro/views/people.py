"""People: who is in the Organization, and the members of a Workspace (`astro workspace user`, `organization user`)."""

from collections.abc import Mapping
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpResponse

from apikeys.astro.refusals import require_person
from apikeys.astro.v1alpha1 import BOTH, core_route, read_body, require_organization
from cloudui.web.api import ApiError, ApiRequest, answer, rfc3339
from workspaces.access import require_directory_reader, workspace_to_manage, workspace_to_view
from workspaces.models import Membership, Role, User, Workspace
from workspaces.people.listing import list_people, members_of
from workspaces.people.service import remove_member, set_role

MOST: Final = 1000
ROLES: Final[Mapping[str, Role]] = {
    "WORKSPACE_MEMBER": Role.MEMBER,
    "WORKSPACE_OPERATOR": Role.EDITOR,
    "WORKSPACE_OWNER": Role.ADMIN,
}
ROLE_NAMES: Final = {role: name for name, role in ROLES.items()}
NO_ROLE: Final = f"Choose one of these roles: {', '.join(ROLES)}."
NOBODY: Final = (
    "There is nobody of this e-mail address. An operator makes accounts in the admin site; "
    "astro workspace user list and astro organization user list say who is there."
)
NOT_A_MEMBER: Final = "This person is no member of the Workspace. astro workspace user list says who is."
NO_INVITES: Final = "Cloud UI does not send invitations yet. An operator makes accounts in the admin site."
NO_ORGANIZATION_ROLES: Final = "Cloud UI does not change roles in the Organization for the astro CLI yet. An operator changes them in the admin site."


@core_route(kinds=BOTH)
def organization_users(request: ApiRequest, organization: str) -> HttpResponse:
    """Everybody in the Organization."""
    require_organization(organization)
    require_person(request.principal, to="list the people of the Organization")
    require_directory_reader(request.principal)
    return _page(request, list_people(), _person)


@core_route(kinds=BOTH)
def workspace_users(request: ApiRequest, organization: str, workspace: str) -> HttpResponse:
    """The members of a Workspace, for each of them."""
    require_organization(organization)
    require_person(request.principal, to="list the users of a Workspace")
    return _page(request, members_of(workspace_to_view(request.principal, workspace)), _member)


@core_route(kinds=BOTH, methods=["POST"])
def role(request: ApiRequest, organization: str, workspace: str, user: str) -> HttpResponse:
    """Give a person a role in a Workspace, which makes a member of who is none."""
    target = _managed(request, organization, workspace)
    chosen = ROLES.get(read_body(request, {"role": str}).get("role", ""))
    if chosen is None:
        raise ValidationError(NO_ROLE)
    try:
        membership = set_role(request.principal, target, user, role=chosen)
    except Http404:
        raise ApiError(404, "not_found", NOBODY) from None
    return answer({"role": ROLE_NAMES[Role(membership.role)]})


@core_route(kinds=BOTH, methods=["DELETE"])
def member(request: ApiRequest, organization: str, workspace: str, user: str) -> HttpResponse:
    """End a person's membership of a Workspace."""
    target = _managed(request, organization, workspace)
    try:
        remove_member(request.principal, target, user)
    except Http404:
        raise ApiError(404, "not_found", NOT_A_MEMBER) from None
    return answer({})


@core_route(kinds=BOTH, methods=["POST", "DELETE"])
def nobody(request: ApiRequest, organization: str, workspace: str) -> HttpResponse:
    """Who is not in the list: the client leaves the identifier empty and asks all the same."""
    _managed(request, organization, workspace)
    raise ApiError(404, "not_found", NOBODY if request.method == "POST" else NOT_A_MEMBER)


@core_route(kinds=BOTH, methods=["POST"])
def invites(request: ApiRequest, organization: str) -> HttpResponse:
    """No invitations yet."""
    require_organization(organization)
    require_person(request.principal, to="invite people")
    raise ApiError(404, "not_found", NO_INVITES)


@core_route(kinds=BOTH, methods=["POST"])
def organization_role(request: ApiRequest, organization: str, user: str) -> HttpResponse:
    """No other role in the Organization yet."""
    require_organization(organization)
    require_person(request.principal, to="change the role of a person")
    raise ApiError(404, "not_found", NO_ORGANIZATION_ROLES)


def _managed(request: ApiRequest, organization: str, workspace: str) -> Workspace:
    require_organization(organization)
    require_person(request.principal, to="change who is in a Workspace")
    return workspace_to_manage(request.principal, workspace)


def _page(request: ApiRequest, rows: QuerySet[Any], shown: Any) -> HttpResponse:
    """Some rows, from `offset` on. The client asks once more after the last."""
    offset, limit = _number(request, "offset", 0), _number(request, "limit", 100)
    limit = min(limit, MOST)
    page = rows[offset : offset + limit]
    total = rows.count()
    return answer(
        {"users": [shown(row) for row in page], "totalCount": total, "offset": offset, "limit": limit}
    )


def _number(request: ApiRequest, name: str, otherwise: int) -> int:
    text = request.GET.get(name, str(otherwise))
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise ApiError(400, "invalid_request", f"Send {name} as a whole number.")
    return int(text)


def _member(row: Membership) -> dict[str, Any]:
    return {**_person(row.user), "workspaceRole": ROLE_NAMES[Role(row.role)]}


def _person(user: User) -> dict[str, Any]:
    joined = rfc3339(user.date_joined)
    return {
        "id": user.pk,
        "username": user.email,
        "fullName": user.full_name or user.email,
        "avatarUrl": "",
        "status": "ACTIVE" if user.is_active else "INACTIVE",
        "orgRole": f"ORGANIZATION_{user.organization_role.upper()}",
        "createdAt": joined,
        "updatedAt": joined,
    }
