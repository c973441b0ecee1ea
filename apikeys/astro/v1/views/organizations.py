"""The Organization, its Clusters, and what may be chosen for a Deployment."""

from itertools import groupby
from typing import Final

from django.http import Http404
from ninja import Router

from apikeys.astro.graphql.options import of_queues
from apikeys.astro.refusals import require_person
from apikeys.astro.v1 import shown
from apikeys.astro.v1.rows import (
    MOST_ON_A_PAGE,
    Limit,
    Offset,
    clusters_of,
    part_of,
    require_organization,
)
from apikeys.astro.v1.schemas import (
    ClusterOptions,
    ClusterPage,
    ClusterShown,
    DeploymentOptions,
    Limits,
    OrganizationPage,
    OrganizationShown,
    QueueLimits,
    Region,
    Release,
    SchedulerLimits,
    SelfShown,
)
from apikeys.credential_state import PersonState
from apikeys.tokens.bearer import Access
from cloudui.web.api import ApiRequest
from deployments.access import deployment_to_view
from deployments.models import Cluster, RuntimeRelease
from deployments.models.deployment import SCHEDULER_AU, SCHEDULER_REPLICAS

ORGANIZATION: Final = "/organizations/{slug:organization}"

router = Router(tags=["Organization"])


@router.get("/organizations", response=OrganizationPage, summary="List the Organizations")
def list_organizations(
    request: ApiRequest, limit: Limit = MOST_ON_A_PAGE, offset: Offset = 0
) -> OrganizationPage:
    """The one there is."""
    rows = [shown.organization()][offset : offset + limit]
    return OrganizationPage(organizations=rows, total_count=1, limit=limit, offset=offset)


@router.get(ORGANIZATION, response=OrganizationShown, summary="Read the Organization")
def read_organization(request: ApiRequest, organization: str) -> OrganizationShown:
    """Its name, and the product that decides what the client asks for."""
    require_organization(organization)
    return shown.organization()


@router.get("/users/self", response=SelfShown, summary="Read oneself")
def read_self(request: ApiRequest) -> SelfShown:
    """The person of a token."""
    require_person(request.principal, to="be asked which person it is")
    access: Access = request.access  # type: ignore[attr-defined] # set by apikeys.tokens.bearer
    person = access.state
    assert isinstance(person, PersonState)  # noqa: S101 - an API key was refused
    return SelfShown(id=person.user_id, username=person.email, full_name=person.full_name or person.email)


@router.get(f"{ORGANIZATION}/clusters", response=ClusterPage, summary="List the Clusters")
def list_clusters(
    request: ApiRequest, organization: str, limit: Limit = MOST_ON_A_PAGE, offset: Offset = 0
) -> ClusterPage:
    """By name, with their node pools."""
    require_organization(organization)
    part = part_of(clusters_of(request.principal), limit, offset)
    return ClusterPage(clusters=[shown.cluster(row) for row in part.rows], **part.page)


@router.get(f"{ORGANIZATION}/clusters/{{slug:cluster}}", response=ClusterShown, summary="Read a Cluster")
def read_cluster(request: ApiRequest, organization: str, cluster: str) -> ClusterShown:
    """One with its node pools."""
    require_organization(organization)
    row = clusters_of(request.principal).filter(pk=cluster).first()
    if row is None:
        raise Http404
    return shown.cluster(row)


@router.get(f"{ORGANIZATION}/cluster-options", response=list[ClusterOptions], summary="List the regions")
def list_cluster_options(request: ApiRequest, organization: str) -> list[ClusterOptions]:
    """Where there are Clusters, by provider; never an empty list, of which the client takes the first."""
    require_organization(organization)
    rows = sorted(clusters_of(request.principal), key=lambda row: (row.provider, row.region))
    return [
        ClusterOptions(provider=provider.upper(), regions=[Region(name=row.region) for row in group])
        for provider, group in groupby(rows, key=lambda row: row.provider)
    ] or [ClusterOptions(provider="", regions=[])]


@router.get(
    f"{ORGANIZATION}/deployment-options", response=DeploymentOptions, summary="Read what may be chosen"
)
def read_deployment_options(
    request: ApiRequest,
    organization: str,
    deploymentId: str = "",  # noqa: N803 - its name there
) -> DeploymentOptions:
    """For a Deployment, or for any. The client sends nothing that lies outside."""
    require_organization(organization)
    clusters: list[Cluster] = list(clusters_of(request.principal))
    releases = list(RuntimeRelease.objects.offered())
    if deploymentId:
        found = deployment_to_view(request.principal, None, deploymentId)
        clusters = [cluster for cluster in clusters if cluster.pk == found.cluster_id]
        if found.runtime not in releases:
            releases.append(found.runtime)
    return DeploymentOptions(
        executors=["CELERY", "KUBERNETES"],
        runtime_releases=[
            Release(version=each.version, airflow_version=each.airflow_version, channel=each.channel)
            for each in releases
        ],
        worker_queues=_queue_limits(clusters),
        legacy_astro=SchedulerLimits(
            scheduler_astro_unit_range=_limits(*SCHEDULER_AU),
            scheduler_replica_range=_limits(*SCHEDULER_REPLICAS),
        ),
    )


def _limits(floor: int, ceiling: int) -> Limits:
    return Limits(floor=floor, ceiling=ceiling, default=floor)


def _queue_limits(clusters: list[Cluster]) -> QueueLimits:
    limits = {name: Limits(**each) for name, each in of_queues(clusters).items()}
    return QueueLimits(
        min_workers=limits["min_worker_count"],
        max_workers=limits["max_worker_count"],
        worker_concurrency=limits["worker_concurrency"],
    )
