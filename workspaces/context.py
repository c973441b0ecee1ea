"""What every page's frame shows: the Organization, the person's color mode and the Workspace switcher."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

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
        "switcher": SimpleLazyObject(
            lambda: (
                list(Workspace.objects.visible_to(principal).alphabetical()[:SWITCHER_LENGTH])
                if principal
                else []
            )
        ),
    }
