"""Making, changing and deleting a Workspace. Each writes its audit event in the transaction of the change."""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from cloudui.web.principal import Principal
from workspaces import access, audit
from workspaces.access import workspace_to_manage
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


class WorkspaceChanged(Exception):
    """Somebody changed the Workspace after the form was opened."""

    def __init__(self, current: Workspace) -> None:
        super().__init__("This Workspace was changed meanwhile.")
        self.current = current


class WorkspaceNotEmpty(Exception):
    """There are Deployments in the Workspace."""

    def __init__(self) -> None:
        super().__init__(
            "A Workspace cannot be deleted while it has Deployments. Delete or transfer them first."
        )


def version_of(workspace: Workspace) -> str:
    """What an edit gives back, to be refused if the Workspace is another by then."""
    return workspace.updated_at.isoformat()


def update_workspace(
    principal: Principal,
    workspace: Workspace,
    *,
    version: str,
    name: str,
    description: str,
    ci_cd_enforced_by_default: bool,
) -> Workspace:
    """Change a Workspace. Nothing is written where nothing differs.

    Args:
        principal: an Admin of it.
        workspace: the Workspace as the caller's rights showed it.
        version: `version_of` the Workspace that the caller saw.
        name: 1 to 100 characters, unique in the Organization whatever the case.
        description: 0 to 500 characters.
        ci_cd_enforced_by_default: whether new Deployments begin with CI/CD enforcement on; those that are there
            keep theirs.

    Raises:
        Http404, PermissionDenied: when the Workspace or the right to it went meanwhile.
        WorkspaceChanged: when it has another version by now.
        ValidationError: on the field `name`, when another Workspace has it, even since a moment ago.
    """
    wanted = {
        "name": name,
        "description": description,
        "ci_cd_enforced_by_default": ci_cd_enforced_by_default,
    }
    try:
        with transaction.atomic():
            locked = workspace_to_manage(principal, workspace.pk, locked=True)
            if version_of(locked) != version:
                raise WorkspaceChanged(locked)
            before = {field: getattr(locked, field) for field in wanted}
            if before != wanted:
                for field, value in wanted.items():
                    setattr(locked, field, value)
                locked.save(update_fields=[*wanted, "updated_at"])
                _record(principal, "updateWorkspace", locked, {**_named(wanted), "before": _named(before)})
    except IntegrityError as error:
        # Only the database can tell when two people choose a name at once.
        if Workspace.objects.named(name).exclude(pk=workspace.pk).exists():
            raise ValidationError({"name": NAME_TAKEN}) from error
        raise
    return locked


def delete_workspace(principal: Principal, workspace: Workspace) -> None:
    """Delete a Workspace and who belongs to it.

    Raises:
        Http404, PermissionDenied: when the Workspace or the right to it went meanwhile.
        WorkspaceNotEmpty: when it has Deployments.
    """
    with transaction.atomic():
        # Under this lock nobody can add a Deployment that the look would not see.
        locked = workspace_to_manage(principal, workspace.pk, locked=True)
        if has_deployments(locked):
            raise WorkspaceNotEmpty
        _record(principal, "deleteWorkspace", locked, {"id": locked.pk, "name": locked.name})
        locked.delete()


def has_deployments(workspace: Workspace) -> bool:
    """Whether anything is in the Workspace, so that it cannot be deleted."""
    return workspace.deployments.exists()


def _named(values: dict[str, object]) -> dict[str, object]:
    """Fields as the audit log names them."""
    return {
        "name": values["name"],
        "description": values["description"],
        "ciCdEnforcedByDefault": values["ci_cd_enforced_by_default"],
    }


def _record(principal: Principal, operation: str, workspace: Workspace, given: dict[str, object]) -> None:
    audit.record(principal, operation, workspace=workspace.pk, target=workspace.pk, input=given)
