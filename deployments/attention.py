"""What of Deployments needs attention: an Airflow that is not healthy, and a deploy that failed and was the last."""

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from cloudui.web.addresses import address
from cloudui.web.attention import Need
from cloudui.web.prepared import prepared
from cloudui.web.principal import Kind, Principal
from deployments.models import Airflow, Deploy, Deployment, DeployStatus, Status
from deployments.models.deployment import DeploymentQuerySet
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
    return [
        Need(
            state=deployment.get_status_display(),
            tone="bad",
            name=deployment.name,
            url=_url("open", deployment),
            place=deployment.workspace.name,
            reason=_reason(deployment),
        )
        for deployment in _not_healthy(is_owner=principal.is_owner, most=most, person=principal.id)
    ]


@prepared("is_owner", "most")
def _not_healthy(*, is_owner: bool, most: int, person: str) -> DeploymentQuerySet:
    return _visible(person, is_owner=is_owner).filter(status=Status.UNHEALTHY).order_by("name", "pk")[:most]


def _failed(principal: Principal, most: int) -> list[Need]:
    since = timezone.now() - LATELY
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
        for deploy in _last_failures(is_owner=principal.is_owner, most=most, person=principal.id, since=since)
    ]


@prepared("is_owner", "most")
def _last_failures(*, is_owner: bool, most: int, person: str, since: datetime) -> QuerySet[Deploy]:
    mine = _visible(person, is_owner=is_owner).filter(caller_role__gte=Role.EDITOR)  # type: ignore[misc] # annotated
    later = Deploy.objects.filter(deployment=OuterRef("deployment"), created_at__gt=OuterRef("created_at"))
    return (
        Deploy.objects.filter(status=DeployStatus.FAILED, created_at__gt=since)
        .filter(~Exists(later), deployment__in=mine.values("pk"))
        .select_related("deployment__workspace")
        .order_by("-created_at")[:most]
    )


def _visible(person: str, *, is_owner: bool) -> DeploymentQuerySet:
    return Deployment.objects.visible_to(Principal(kind=Kind.USER, id=person, name="", is_owner=is_owner))


def _reason(deployment: Deployment) -> str:
    airflow = Airflow.of(deployment)
    return airflow.reason.partition("\n")[0] if airflow else ""


def _url(page: str, deployment: Deployment) -> str:
    return address(f"deployments:{page}", deployment.workspace_id, deployment.pk)
