"""Accounts and members outside the admin site. Each change writes its audit event in its transaction.

`create_person` and `add_member` are for installing and for tests: their caller decides who may. The others decide.
"""

from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404
from django.views.decorators.debug import sensitive_variables

from cloudui.web.principal import Principal
from workspaces import audit
from workspaces.access import workspace_to_manage
from workspaces.models import Membership, OrganizationRole, Role, User, Workspace
from workspaces.people.last_admin import require_admin_left

DEACTIVATED: Final = "This account is deactivated. An operator can activate it in the admin site."


@sensitive_variables("password")
def create_person(
    principal: Principal,
    *,
    email: str,
    password: str,
    full_name: str = "",
    organization_role: str = OrganizationRole.MEMBER,
    is_operator: bool = False,
) -> User:
    """Make an account. The caller has checked `email`, which becomes the sign-in name in lower case, and `password`.

    `full_name` has at most 150 characters.
    """
    powers: dict[str, Any] = {"organization_role": organization_role}
    if is_operator:
        powers |= {"is_staff": True, "is_superuser": True}
    with transaction.atomic():
        user = User.objects.create_user(email, password, full_name=full_name, **powers)
        audit.record(
            principal,
            "createUser",
            target=user.pk,
            input={"email": user.email, "full_name": full_name, **powers},
        )
    return user


def add_member(principal: Principal, workspace: Workspace, user: User, *, role: Role) -> Membership:
    """Give a person, who must not be a member yet, a role in a Workspace."""
    with transaction.atomic():
        membership = Membership.objects.create(workspace=workspace, user=user, role=role)
        _record(principal, "createMembership", membership, {"user": user.pk, "role": role})
    return membership


def set_role(principal: Principal, workspace: Workspace, user_id: str, *, role: Role) -> Membership:
    """Give a person a role in a Workspace, whether a member already or not. Nothing is written where nothing differs.

    Raises:
        Http404, PermissionDenied: when the Workspace or the right to it went meanwhile; Http404 also when there is
            nobody of that identifier.
        ValidationError: for the last Admin, and for a new member whose account is deactivated.
    """
    with transaction.atomic():
        locked = workspace_to_manage(principal, workspace.pk, locked=True)
        membership = _membership(locked, user_id)
        if membership is None:
            user = User.objects.filter(pk=user_id).first()
            if user is None:
                raise Http404
            if not user.is_active:
                raise ValidationError(DEACTIVATED)
            return add_member(principal, locked, user, role=role)
        before = membership.role
        if before != role:
            if before == Role.ADMIN:
                _require_other_admin(locked, membership)
            membership.role = role
            membership.save(update_fields=["role"])
            _record(principal, "updateMembership", membership, {"role": role, "before": {"role": before}})
    return membership


def remove_member(principal: Principal, workspace: Workspace, user_id: str) -> None:
    """End a person's membership of a Workspace; what the person made stays.

    Raises ValidationError for the last Admin, Http404 for who is no member, and Http404 or PermissionDenied when the
    Workspace or the right to it went meanwhile.
    """
    with transaction.atomic():
        locked = workspace_to_manage(principal, workspace.pk, locked=True)
        membership = _membership(locked, user_id)
        if membership is None:
            raise Http404
        if membership.role == Role.ADMIN:
            _require_other_admin(locked, membership)
        _record(principal, "deleteMembership", membership, {"name": str(membership), "user": user_id})
        membership.delete()


def _membership(workspace: Workspace, user_id: str) -> Membership | None:
    return workspace.memberships.select_related("user").filter(user_id=user_id).first()


def _require_other_admin(workspace: Workspace, leaving: Membership) -> None:
    others = workspace.memberships.select_related("user").filter(role=Role.ADMIN).exclude(pk=leaving.pk)
    require_admin_left(member.user for member in others)


def _record(principal: Principal, operation: str, membership: Membership, data: dict[str, Any]) -> None:
    audit.record(
        principal,
        operation,
        workspace=membership.workspace_id,
        target=str(membership.pk),
        input=data,
    )
