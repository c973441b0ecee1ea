"""Moving a Deployment to another Workspace: one row changes, and all that refers to it moves along.

Access tokens go on working: their Deployment is looked up on each call, and the Workspace in them is not read by us.
"""

import re
from dataclasses import dataclass
from typing import Final

from django.core.exceptions import ValidationError
from django.db import transaction

from cloudui.web.ids import IdConverter
from cloudui.web.names import unique_name
from cloudui.web.principal import Principal
from deployments import events
from deployments.access import deployment_to_transfer
from deployments.limits import require_room
from deployments.models import Deployment
from workspaces import audit
from workspaces.access import workspace_to_receive
from workspaces.models import Role, Workspace

OPERATION: Final = "transferDeployment"
# Of more, one searches.
MOST_OFFERED: Final = 25


@dataclass(frozen=True, slots=True)
class Targets:
    """Workspaces to choose from, by name, and whether there are more."""

    workspaces: list[Workspace]
    has_more: bool


def targets(principal: Principal, deployment: Deployment, *, search: str = "", chosen: str = "") -> Targets:
    """The Workspaces to which the caller may move the Deployment.

    Args:
        principal: who moves it.
        deployment: what is moved.
        search: how their names begin, in whatever case.
        chosen: the ID of one that is offered in any case.
    """
    visible = Workspace.objects.visible_to(principal).exclude(pk=deployment.workspace_id)
    others = visible.filter(caller_role__gte=Role.EDITOR)  # type: ignore[misc] # it is annotated
    matching = others.filter(name__begins_with_any_case=search) if search else others
    found = list(matching.alphabetical()[: MOST_OFFERED + 1])
    offered = found[:MOST_OFFERED]
    if re.fullmatch(IdConverter.regex, chosen) and chosen not in {workspace.pk for workspace in offered}:
        offered += others.filter(pk=chosen)
    return Targets(offered, has_more=len(found) > MOST_OFFERED)


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
