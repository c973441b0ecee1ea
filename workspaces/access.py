"""The whole access policy of Workspaces: one function for each thing and direction.

A stranger gets 404, which does not tell what exists; a member without the role gets 403 and the reason. Each
function takes a Principal, and nothing else decides rights. With `locked` the row is held until the transaction
ends, and rights are read once it is held, those of the person's account included.
"""

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404

from cloudui.web.prepared import prepared
from cloudui.web.principal import Kind, Principal
from workspaces.models import Membership, Role, Workspace
from workspaces.principals import with_current_rights


def require_role(actual: int, *, needed: Role, to: str) -> None:
    """Raise PermissionDenied with a reason if `actual`, as `visible_to()` annotates it, is too small.

    `to` is what was attempted and ends the sentence "Only a Workspace ... can".
    """
    if actual < needed:
        who = "Admin" if needed == Role.ADMIN else "Editor or Admin"
        raise PermissionDenied(f"Only a Workspace {who} can {to}. Your role here is {Role(actual).label}.")


def workspace_to_view(principal: Principal, workspace_id: str, *, locked: bool = False) -> Workspace:
    """The Workspace with `caller_role`, for its members; Http404 for anybody else."""
    if locked:
        Workspace.objects.select_for_update().filter(pk=workspace_id).first()
        principal = with_current_rights(principal)
    found = _visible(
        kind=principal.kind, is_owner=principal.is_owner, caller=principal.id, workspace=workspace_id
    )
    if not found:
        raise Http404
    return found[0]


@prepared("kind", "is_owner")
def _visible(*, kind: Kind, is_owner: bool, caller: str, workspace: str) -> QuerySet[Workspace]:
    """The Workspace if the caller belongs to it."""
    principal = Principal(kind=kind, id=caller, name="", is_owner=is_owner)
    return Workspace.objects.visible_to(principal).filter(pk=workspace)


def workspace_to_add_deployment(principal: Principal, workspace_id: str) -> Workspace:
    """The Workspace, for an Editor who creates a Deployment in it; otherwise Http404 or PermissionDenied."""
    workspace = workspace_to_view(principal, workspace_id)
    require_role(workspace.caller_role, needed=Role.EDITOR, to="create a Deployment")
    return workspace


def workspace_to_receive(principal: Principal, workspace_id: str, *, locked: bool = False) -> Workspace:
    """The Workspace, for an Editor who moves a Deployment to it; otherwise Http404 or PermissionDenied."""
    workspace = workspace_to_view(principal, workspace_id, locked=locked)
    require_role(workspace.caller_role, needed=Role.EDITOR, to="move a Deployment to it")
    return workspace


def workspace_to_manage(principal: Principal, workspace_id: str, *, locked: bool = False) -> Workspace:
    """The Workspace, for an Admin who changes or deletes it; otherwise Http404 or PermissionDenied."""
    workspace = workspace_to_view(principal, workspace_id, locked=locked)
    require_role(workspace.caller_role, needed=Role.ADMIN, to="change or delete a Workspace")
    return workspace


def may_create_workspaces(principal: Principal) -> bool:
    """Whether the caller is an Organization Owner."""
    return principal.kind is Kind.USER and principal.is_owner


def require_workspace_creator(principal: Principal) -> None:
    """Raise PermissionDenied, with the reason, for everybody but Organization Owners."""
    if not may_create_workspaces(principal):
        raise PermissionDenied("Only an Organization Owner can create a Workspace.")


def require_audit_reader(principal: Principal) -> None:
    """Raise PermissionDenied, with the reason, for everybody but Organization Owners."""
    if principal.kind is not Kind.USER or not principal.is_owner:
        raise PermissionDenied("Only an Organization Owner can read the audit log.")


def require_directory_reader(principal: Principal) -> None:
    """Refuse to list everybody in the Organization to who does not decide about members: PermissionDenied.

    An Organization Owner may, and who is Admin of a Workspace, to find whom to add.
    """
    if may_create_workspaces(principal):
        return
    admin_of = Membership.objects.filter(user_id=principal.id, role=Role.ADMIN)
    if principal.kind is not Kind.USER or not admin_of.exists():
        raise PermissionDenied(
            "Only an Organization Owner or a Workspace Admin can list the people of the Organization."
        )
