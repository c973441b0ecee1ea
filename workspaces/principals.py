"""From a request or a person to the Principal that access functions take."""

from typing import Final

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from cloudui.web import client
from cloudui.web.principal import Kind, Origin, Principal
from workspaces.models import OrganizationRole, User

NOT_ACTIVE: Final = "Your account is no longer active."


def origin_of(request: HttpRequest) -> Origin:
    """Where the request came from, as the audit log keeps it."""
    return Origin(
        address=client.client_address(request),
        user_agent=client.user_agent(request),
        request_id=getattr(request, "request_id", ""),
    )


def principal_of(request: HttpRequest) -> Principal | None:
    """The signed-in person as a Principal, or None for nobody."""
    user = request.user
    if not isinstance(user, User) or not user.is_active:
        return None
    return principal_for(user, origin=origin_of(request))


def principal_for(user: User, *, origin: Origin | None = None) -> Principal:
    """The Principal of a person whose identity is proved, with the person's rights of this very moment."""
    return Principal(
        kind=Kind.USER, id=user.pk, name=str(user), is_owner=user.is_owner, origin=origin or Origin()
    )


def with_current_rights(principal: Principal) -> Principal:
    """The same caller with what the database says of the person at this moment.

    Whatever waited for a lock, for argon2 or for an upload asks this before it believes the Principal that it was
    given. Membership of a Workspace is not in a Principal; it is read with every look at a Workspace.
    Raises PermissionDenied for a person who was deactivated or deleted meanwhile.
    """
    if principal.kind is not Kind.USER:
        return principal
    people = User.objects.filter(pk=principal.id, is_active=True)
    role = people.values_list("organization_role", flat=True).first()
    if role is None:
        raise PermissionDenied(NOT_ACTIVE)
    return Principal(
        kind=Kind.USER,
        id=principal.id,
        name=principal.name,
        is_owner=role == OrganizationRole.OWNER,
        is_token=principal.is_token,
        origin=principal.origin,
    )
