"""What every page's frame shows: the Organization, the person's color mode and the Workspace switcher."""

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest

from cloudui.web.prepared import prepared
from cloudui.web.principal import Kind, Principal
from workspaces.models import ColorMode, User, Workspace

# A switcher with more entries than this is a list, and the Overview is that list.
SWITCHER_LENGTH = 100


def shell(request: HttpRequest) -> dict[str, Any]:
    """The context of `base.html`; the switcher is read only by pages that show it."""
    user = getattr(request, "user", None)
    principal = getattr(request, "principal", None)
    return {
        "organization_name": settings.ORGANIZATION_NAME,
        "color_mode": user.color_mode if isinstance(user, User) else ColorMode.SYSTEM,
        "color_modes": ColorMode.choices,
        "switcher": lambda: _switcher(principal),
    }


def _switcher(principal: Principal | None) -> tuple[tuple[str, str], ...]:
    """ID and name of each Workspace that the switcher offers."""
    if not principal:
        return ()
    return tuple(_visible(kind=principal.kind, is_owner=principal.is_owner, caller=principal.id))


@prepared("kind", "is_owner")
def _visible(*, kind: Kind, is_owner: bool, caller: str) -> QuerySet[Workspace, tuple[str, str]]:
    principal = Principal(kind=kind, id=caller, name="", is_owner=is_owner)
    return Workspace.objects.visible_to(principal).alphabetical().values_list("pk", "name")[:SWITCHER_LENGTH]
