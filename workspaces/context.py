"""What every page's frame shows: the Organization, the person's color mode and the Workspace switcher."""

from typing import Any, Final, NamedTuple

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest

from cloudui.web.prepared import prepared
from cloudui.web.principal import Kind, Principal
from workspaces.models import ColorMode, User, Workspace

# A switcher with more entries than this is a list: it searches, and the Overview is that list.
SWITCHER_LENGTH: Final = 10


class Switcher(NamedTuple):
    """ID and name of each Workspace that the switcher offers, and whether there are more."""

    entries: tuple[tuple[str, str], ...] = ()
    has_more: bool = False


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


def _switcher(principal: Principal | None) -> Switcher:
    if not principal:
        return Switcher()
    found = _visible(kind=principal.kind, is_owner=principal.is_owner, caller=principal.id)
    return Switcher(tuple(found[:SWITCHER_LENGTH]), len(found) > SWITCHER_LENGTH)


@prepared("kind", "is_owner")
def _visible(*, kind: Kind, is_owner: bool, caller: str) -> QuerySet[Workspace, tuple[str, str]]:
    principal = Principal(kind=kind, id=caller, name="", is_owner=is_owner)
    return (
        Workspace.objects.visible_to(principal)
        .alphabetical()
        .values_list("pk", "name")[: SWITCHER_LENGTH + 1]
    )
