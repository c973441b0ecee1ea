"""How many Deployments a Workspace may have (`DEPLOYMENTS_PER_WORKSPACE`), however they come into it."""

from django.conf import settings
from django.core.exceptions import ValidationError

from cloudui.web.advice import Advice
from deployments.models import Deployment
from workspaces.models import Workspace


def require_room(workspace: Workspace, *, field: str) -> None:
    """Refuse one more Deployment in a Workspace that is full: ValidationError on `field`."""
    limit = settings.DEPLOYMENTS_PER_WORKSPACE
    if Deployment.objects.of(workspace).count() >= limit:
        full = Advice(
            f"{workspace.name} has {limit:,} Deployments, which is the limit.",
            "Delete one or move one elsewhere first.",
        )
        raise ValidationError({field: ValidationError(full, code="full")})
