"""How a Workspace begins. Every change writes its audit event in the same transaction."""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from cloudui.web.principal import Principal
from workspaces import access, audit
from workspaces.models import Membership, Role, Workspace
from workspaces.models.workspace import NAME_TAKEN


def create_workspace(principal: Principal, *, name: str, description: str) -> Workspace:
    """Make a Workspace with its creator as Admin.

    Args:
        principal: an Organization Owner.
        name: 1 to 100 characters, unique in the Organization whatever the case.
        description: 0 to 500 characters.

    Raises:
        PermissionDenied: for everybody else.
        ValidationError: on the field `name`, when another Workspace has it, even since a moment ago.
    """
    access.require_workspace_creator(principal)
    try:
        with transaction.atomic():
            workspace = Workspace.objects.create(name=name, description=description)
            Membership.objects.create(workspace=workspace, user_id=principal.id, role=Role.ADMIN)
            audit.record(
                principal,
                "createWorkspace",
                workspace=workspace.pk,
                target=workspace.pk,
                input={"name": name, "description": description},
            )
    except IntegrityError as error:
        # Only the database can tell when two people choose a name at once.
        if Workspace.objects.named(name).exists():
            raise ValidationError({"name": NAME_TAKEN}) from error
        raise
    return workspace
