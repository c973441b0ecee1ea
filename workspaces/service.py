"""Making, changing and deleting a Workspace. Each writes its audit event in the transaction of the change."""

from django.db import transaction
from pydantic.alias_generators import to_camel

from cloudui.web.names import unique_name
from cloudui.web.principal import Principal
from cloudui.web.versions import require_version
from workspaces import audit
from workspaces.access import require_workspace_creator, workspace_to_manage
from workspaces.models import Membership, Role, Workspace
from workspaces.models.workspace import NAME_TAKEN
from workspaces.principals import with_current_rights


class WorkspaceNotEmpty(Exception):
    """There are Deployments in the Workspace."""

    def __init__(self) -> None:
        super().__init__(
            "A Workspace cannot be deleted while it has Deployments. Delete or transfer them first."
        )


def create_workspace(
    principal: Principal, *, name: str, description: str, ci_cd_enforced_by_default: bool = False
) -> Workspace:
    """Make a Workspace with its creator, an Organization Owner, as Admin.

    Raises:
        PermissionDenied: for everybody but Organization Owners.
        ValidationError: on the field `name`, when another Workspace has it in any letter case, even since just now.
    """
    with unique_name(Workspace.objects.named(name).exists, refusal=NAME_TAKEN), transaction.atomic():
        require_workspace_creator(with_current_rights(principal))
        values: dict[str, object] = {"name": name, "description": description}
        if ci_cd_enforced_by_default:
            values["ci_cd_enforced_by_default"] = True
        workspace = Workspace.objects.create(**values)
        Membership.objects.create(workspace=workspace, user_id=principal.id, role=Role.ADMIN)
        _record(principal, "createWorkspace", workspace, _named(values))
    return workspace


def update_workspace(
    principal: Principal,
    workspace: Workspace,
    *,
    version: int | None,
    name: str,
    description: str,
    ci_cd_enforced_by_default: bool,
) -> Workspace:
    """Change a Workspace as an Admin of it. Nothing is written where nothing differs.

    `version` is the one that the caller read; None replaces whatever is there.

    Raises:
        Http404, PermissionDenied: when the Workspace or the right to it went meanwhile.
        StaleEdit: when it has another version by now.
        ValidationError: on the field `name`, when another Workspace has it in any letter case, even since just now.
    """
    values = {
        "name": name,
        "description": description,
        "ci_cd_enforced_by_default": ci_cd_enforced_by_default,
    }
    others = Workspace.objects.named(name).exclude(pk=workspace.pk)
    with unique_name(others.exists, refusal=NAME_TAKEN), transaction.atomic():
        locked = workspace_to_manage(principal, workspace.pk, locked=True)
        require_version(locked, read=version, version=locked.version, what="This Workspace was changed")
        before = {field: getattr(locked, field) for field in values}
        if before != values:
            for field, value in values.items():
                setattr(locked, field, value)
            locked.version += 1
            locked.save(update_fields=[*values, "version", "updated_at"])
            _record(principal, "updateWorkspace", locked, {**_named(values), "before": _named(before)})
    return locked


def delete_workspace(principal: Principal, workspace: Workspace) -> None:
    """Delete a Workspace and its memberships.

    Raises WorkspaceNotEmpty when it has Deployments, Http404 or PermissionDenied when it or the right to it went.
    """
    with transaction.atomic():
        # While this lock is held, nobody adds a Deployment that the next line does not see.
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
    return {to_camel(field): value for field, value in values.items()}


def _record(principal: Principal, operation: str, workspace: Workspace, data: dict[str, object]) -> None:
    audit.record(principal, operation, workspace=workspace.pk, target=workspace.pk, input=data)
