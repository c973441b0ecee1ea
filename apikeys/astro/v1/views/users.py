"""People: who is in the Organization and in a Workspace, and the roles that they have in Workspaces."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from ninja import Router

from apikeys.astro.changes import ChangeRefused
from apikeys.astro.refusals import require_person
from apikeys.astro.v1.rows import MOST_ON_A_PAGE, Limit, Offset, part_of, require_organization
from apikeys.astro.v1.schemas import RolesSent, UserPage, UserShown, WorkspaceRoleShown
from apikeys.astro.v1.views.organizations import ORGANIZATION
from cloudui.web.api import ApiRequest
from cloudui.web.principal import Principal
from deployments.access import deployment_to_view
from workspaces.access import require_directory_reader, workspace_to_manage, workspace_to_view
from workspaces.models import Membership, Role, User, Workspace
from workspaces.people.listing import list_people
from workspaces.people.service import remove_member, set_role

USERS: Final = f"{ORGANIZATION}/users"
USER: Final = f"{USERS}/{{slug:user}}"

ROLES: Final[Mapping[str, Role]] = {
    "WORKSPACE_MEMBER": Role.MEMBER,
    "WORKSPACE_OPERATOR": Role.EDITOR,
    "WORKSPACE_OWNER": Role.ADMIN,
}
_NAMES: Final = {role: name for name, role in ROLES.items()}
NO_ROLE: Final = f"Choose one of these roles: {', '.join(ROLES)}. They are Member, Editor and Admin here."
ORGANIZATION_ROLES_STAY: Final = (
    "Cloud UI does not change roles in the Organization for the astro client yet. An operator changes them in the "
    "admin site."
)

router = Router(tags=["People"])


@router.get(USERS, response=UserPage, summary="List people")
def list_users(
    request: ApiRequest,
    organization: str,
    *,
    limit: Limit = MOST_ON_A_PAGE,
    offset: Offset = 0,
    workspaceId: str = "",  # noqa: N803 - its name there
    deploymentId: str = "",  # noqa: N803 - the same
) -> UserPage:
    """The members of a Workspace, for each of them; or everybody, for who decides about members somewhere."""
    require_organization(organization)
    principal = request.principal
    require_person(principal, to="list people")
    rows = list_people()
    if deploymentId:
        workspaceId = deployment_to_view(principal, None, deploymentId).workspace_id  # noqa: N806
    if workspaceId:
        rows = rows.filter(memberships__workspace=workspace_to_view(principal, workspaceId))
    else:
        require_directory_reader(principal)
    part = part_of(rows, limit, offset)
    return UserPage(users=_shown(principal, part.rows), **part.page)


@router.get(USER, response=UserShown, summary="Read a person")
def read_user(request: ApiRequest, organization: str, user: str) -> UserShown:
    """A person with the roles in the caller's Workspaces."""
    require_organization(organization)
    require_person(request.principal, to="read about people")
    return _shown(request.principal, [_found(request.principal, user)])[0]


@router.post(f"{USER}/roles", response=UserShown, summary="Change the roles of a person")
def change_roles(request: ApiRequest, organization: str, user: str, body: RolesSent) -> UserShown:
    """In the Workspaces of which the caller is Admin. A list that is left out stays; roles elsewhere stay anyway."""
    require_organization(organization)
    principal = request.principal
    require_person(principal, to="change who is in a Workspace")
    found = _found(principal, user)
    if body.organization_role not in {None, _organization_role(found)}:
        raise ChangeRefused(ORGANIZATION_ROLES_STAY)
    if body.workspace_roles is not None:
        chosen = {each.workspace_id: _role(each.role) for each in body.workspace_roles}
        _set_roles(principal, found, chosen)
    return _shown(principal, [_found(principal, user)])[0]


def _found(principal: Principal, user: str) -> User:
    """Somebody who shares a Workspace with the caller, or anybody for who may list everybody; otherwise Http404."""
    rows = list_people()
    try:
        require_directory_reader(principal)
    except PermissionDenied:
        rows = rows.filter(memberships__workspace__in=Workspace.objects.visible_to(principal)).distinct()
    found = rows.filter(pk=user).first()
    if found is None:
        raise Http404
    return found


def _set_roles(principal: Principal, user: User, chosen: Mapping[str, Role]) -> None:
    """Make these all roles of a person in the Workspaces that the caller sees. All of them change, or none."""
    with transaction.atomic():
        before = {
            each.workspace_id: Role(each.role)
            for each in Membership.objects.filter(
                user=user, workspace__in=Workspace.objects.visible_to(principal)
            )
        }
        # In one order, so that two callers who change the same person do not wait for each other.
        for workspace in sorted(before.keys() | chosen.keys()):
            role = chosen.get(workspace)
            if role is None:
                remove_member(principal, workspace_to_manage(principal, workspace), user.pk)
            elif before.get(workspace) != role:
                set_role(principal, workspace_to_manage(principal, workspace), user.pk, role=role)


def _role(name: str) -> Role:
    try:
        return ROLES[name]
    except KeyError:
        raise ChangeRefused(NO_ROLE) from None


def _shown(principal: Principal, people: Iterable[User]) -> list[UserShown]:
    rows = Membership.objects.filter(
        user__in=people, workspace__in=Workspace.objects.visible_to(principal)
    ).order_by("pk")
    roles: dict[str, list[Any]] = {}
    for each in rows:
        shown = WorkspaceRoleShown(workspace_id=each.workspace_id, role=_NAMES[Role(each.role)])
        roles.setdefault(each.user_id, []).append(shown)
    return [
        UserShown(
            id=user.pk,
            username=user.email,
            full_name=user.full_name or user.email,
            status="ACTIVE" if user.is_active else "INACTIVE",
            organization_role=_organization_role(user),
            workspace_roles=roles.get(user.pk, []),
            created_at=user.date_joined,
            updated_at=user.date_joined,
        )
        for user in people
    ]


def _organization_role(user: User) -> str:
    return f"ORGANIZATION_{user.organization_role.upper()}"
