"""What of Deployments needs attention: an Airflow that is not healthy, and a deploy that failed and was the last."""

from datetime import timedelta
from typing import Final

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone

from cloudui.web.attention import Need
from cloudui.web.principal import Principal
from deployments.models import Airflow, Deploy, Deployment, DeployStatus, Status
from workspaces.models import Role

# An older failure has been seen, or nobody minds.
LATELY: Final = timedelta(days=7)


def needs(principal: Principal, most: int) -> list[list[Need]]:
    """Unhealthy Deployments for every member, failed deploys for who may deploy; two queries."""
    return [_unhealthy(principal, most), _failed(principal, most)]


def place_of(deployment: Deployment) -> str:
    """Where something of a Deployment is, in words."""
    return f"{deployment.name}, {deployment.workspace.name}"


def _unhealthy(principal: Principal, most: int) -> list[Need]:
    found = Deployment.objects.visible_to(principal).filter(status=Status.UNHEALTHY).order_by("name", "pk")
    return [
        Need(
            state=deployment.get_status_display(),
            tone="bad",
            name=deployment.name,
            url=_url("open", deployment),
            place=deployment.workspace.name,
            reason=_reason(deployment),
        )
        for deployment in found[:most]
    ]


def _failed(principal: Principal, most: int) -> list[Need]:
    mine = Deployment.objects.visible_to(principal).filter(caller_role__gte=Role.EDITOR)  # type: ignore[misc] # annotated
    later = Deploy.objects.filter(deployment=OuterRef("deployment"), created_at__gt=OuterRef("created_at"))
    found = (
        Deploy.objects.filter(status=DeployStatus.FAILED, created_at__gt=timezone.now() - LATELY)
        .filter(~Exists(later), deployment__in=mine.values("pk"))
        .select_related("deployment__workspace")
        .order_by("-created_at")
    )
    return [
        Need(
            state="Deploy failed",
            tone="bad",
            name=deploy.deployment.name,
            url=_url("deploys", deploy.deployment),
            place=deploy.deployment.workspace.name,
            at=deploy.created_at,
            reason=deploy.reason,
        )
        for deploy in found[:most]
    ]


def _reason(deployment: Deployment) -> str:
    airflow = Airflow.of(deployment)
    return airflow.reason.partition("\n")[0] if airflow else ""


def _url(page: str, deployment: Deployment) -> str:
    return reverse(
        f"deployments:{page}", kwargs={"workspace": deployment.workspace_id, "deployment": deployment.pk}
    )
