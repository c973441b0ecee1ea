"""From a request or a person to the Principal that access functions take."""

from django.http import HttpRequest

from cloudui.web import client
from cloudui.web.principal import Kind, Origin, Principal
from workspaces.models import User


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
