"""Sign-in by session ends in a Principal."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.functional import SimpleLazyObject

from cloudui.web import client
from cloudui.web.principal import Kind, Origin, Principal
from workspaces.models import User


class PrincipalMiddleware:
    """Sets `request.principal` for a signed-in person, reading the person only if somebody asks."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on with its principal."""
        request.principal = SimpleLazyObject(lambda: principal_of(request))  # type: ignore[attr-defined]
        return self.get_response(request)


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
    """The Principal of a person whose identity is proved, with the rights of this very moment."""
    return Principal(
        kind=Kind.USER, id=user.pk, name=str(user), is_owner=user.is_owner, origin=origin or Origin()
    )
