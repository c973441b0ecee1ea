"""Making accounts and members outside the admin site. Each writes its audit event; the caller decides who may."""

from typing import Any

from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from cloudui.web.principal import Principal
from workspaces import audit
from workspaces.models import Membership, OrganizationRole, Role, User, Workspace


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
    """Make an account.

    Args:
        principal: who makes it.
        email: the e-mail address, checked by the caller; it becomes the sign-in name in lower case.
        password: the first password, checked by the caller.
        full_name: what others read, at most 150 characters.
        organization_role: a value of `OrganizationRole`.
        is_operator: whether the person is a superuser of the admin site.
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
        audit.record(
            principal,
            "createMembership",
            workspace=workspace.pk,
            target=str(membership.pk),
            input={"user": user.pk, "role": role},
        )
    return membership
