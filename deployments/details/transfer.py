"""Moving a Deployment to another Workspace: one row changes, and all that refers to it moves along.

Access tokens go on working: their Deployment is looked up on each call, and the Workspace in them is not read by us.
"""

from django.core.exceptions import ValidationError
from django.db import transaction

from cloudui.web.names import unique_name
from cloudui.web.principal import Principal
from deployments import events
from deployments.access import deployment_to_transfer
from deployments.limits import require_room
from deployments.models import Deployment
from workspaces import audit
from workspaces.access import workspace_to_receive
from workspaces.models import Role, Workspace

OPERATION = "transferDeployment"


def targets(principal: Principal, deployment: Deployment) -> list[Workspace]:
    """The Workspaces to which the caller may move the Deployment, by name."""
    others = Workspace.objects.visible_to(principal).exclude(pk=deployment.workspace_id)
    return [workspace for workspace in others.alphabetical() if workspace.caller_role >= Role.EDITOR]


def transfer_deployment(principal: Principal, deployment: Deployment, target: Workspace) -> Deployment:
    """Move a Deployment with all that belongs to it to another Workspace; both have their own event.

    CI/CD enforcement stays as it is, whatever either Workspace has as its default for new Deployments.

    Raises:
        Http404, PermissionDenied: when the Deployment, a Workspace or the Editor's right in either went meanwhile.
        ValidationError: on `workspace`: with the code `same` when the Deployment is there already, with `taken` when
            another Deployment of that name is, with `full` when it has as many as it may.
    """

    def is_taken() -> bool:
        return Deployment.objects.of(target).named(locked.name).exists()

    taken = ValidationError(
        f"A Deployment named {deployment.name} already exists in {target.name}.", code="taken"
    )
    with unique_name(is_taken, refusal=taken, field="workspace"), transaction.atomic():
        # Always in this order, so that two transfers never wait for each other.
        locked = deployment_to_transfer(principal, deployment.workspace_id, deployment.pk, locked=True)
        receiving = workspace_to_receive(principal, target.pk, locked=True)
        source = locked.workspace
        if receiving.pk == source.pk:
            raise ValidationError(
                {"workspace": ValidationError(f"It is in {source.name} already.", code="same")}
            )
        require_room(receiving, field="workspace")
        locked.workspace = receiving
        locked.save_change(principal, "workspace")
        moved = {
            "name": locked.name,
            "from": {"id": source.pk, "name": source.name},
            "to": {"id": receiving.pk, "name": receiving.name},
        }
        # The event of the Workspace that is left names no Deployment: its activity says once that it moved.
        audit.record(principal, OPERATION, workspace=source.pk, target=locked.pk, input=moved)
        events.record(principal, OPERATION, locked, moved)
    return locked
