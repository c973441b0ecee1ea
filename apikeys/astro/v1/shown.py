"""From rows to what the client reads."""

from decimal import Decimal
from typing import Final

from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from apikeys.astro.v1.deployment_schemas import DeploymentShown, QueueShown, VariableShown
from apikeys.astro.v1.schemas import ClusterShown, NodePoolShown, OrganizationShown, Subject, WorkspaceShown
from cloudui.web.principal import Kind
from deployments.airflow import service
from deployments.models import Cluster, Deployment, Executor, NodePool, WorkerQueue
from deployments.variables.service import list_variables
from workspaces.models import Workspace

# Stands where a Cluster has no node pools: the client looks at the first one without asking whether there is one.
NO_POOL: Final = "none"


def organization() -> OrganizationShown:
    """The one there is."""
    return OrganizationShown(id=settings.ORGANIZATION_ID, name=settings.ORGANIZATION_NAME)


def workspace(row: Workspace) -> WorkspaceShown:
    """A Workspace."""
    return WorkspaceShown(
        id=row.pk,
        name=row.name,
        description=row.description,
        organization_id=settings.ORGANIZATION_ID,
        organization_name=settings.ORGANIZATION_NAME,
        cicd_enforced_default=row.ci_cd_enforced_by_default,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


@sensitive_variables()
def deployment(row: Deployment, *, with_variables: bool) -> DeploymentShown:
    """A Deployment, for which `fetch_parts` read what belongs to it.

    It names no address of an Airflow: some commands would send the caller's access token there, which opens this
    console.
    """
    runtime = row.runtime
    return DeploymentShown(
        id=row.pk,
        name=row.name,
        description=row.description,
        namespace=row.release_name,
        status=row.status,
        workspace_id=row.workspace.pk,
        workspace_name=row.workspace.name,
        organization_id=settings.ORGANIZATION_ID,
        cluster_id=row.cluster.pk,
        cluster_name=row.cluster.name,
        cloud_provider=row.cluster.provider.upper(),
        region=row.cluster.region,
        runtime_version=runtime.version,
        astro_runtime_version=runtime.version,
        airflow_version=runtime.airflow_version,
        executor=executor(row),
        scheduler_au=row.scheduler_au,
        scheduler_replicas=row.scheduler_replicas,
        is_dag_deploy_enabled=row.dag_deploys_enabled,
        is_cicd_enforced=row.ci_cd_enforced,
        is_high_availability=row.is_highly_available,
        # What the client asks before it hibernates one.
        is_development_mode=service.can_hibernate(row),
        task_pod_node_pool_id=task_pool(row.cluster) if row.executor == Executor.KUBERNETES else None,
        image_tag=runtime.version,
        contact_emails=row.alert_emails,
        environment_variables=variables(row) if with_variables else None,
        worker_queues=[queue(each) for each in row.worker_queues.all()],
        created_at=row.created_at,
        updated_at=row.updated_at,
        updated_by=_updated_by(row),
    )


def task_pool(of: Cluster) -> str:
    """Where tasks run that are in no queue: the identifier of the first node pool, as `cluster` shows it."""
    return cluster(of).node_pools[0].id


def executor(row: Deployment) -> str:
    """`CELERY` or `KUBERNETES`."""
    return row.executor.removesuffix("Executor").upper()


@sensitive_variables()
def variables(row: Deployment) -> list[VariableShown]:
    """Its environment variables by key."""
    return [
        VariableShown(key=each.key, value=each.value, is_secret=each.is_secret, updated_at=each.updated_at)
        for each in list_variables(row)
    ]


def queue(row: WorkerQueue) -> QueueShown:
    """A worker queue; what one worker has is that of its node pool."""
    return QueueShown(
        id=row.pk,
        name=row.name,
        is_default=row.is_default,
        min_worker_count=row.min_workers,
        max_worker_count=row.max_workers,
        worker_concurrency=row.concurrency,
        node_pool_id=row.node_pool.pk,
        pod_cpu=_plain(row.node_pool.cpu),
        pod_memory=f"{_plain(row.node_pool.memory_gib)}Gi",
    )


def cluster(row: Cluster) -> ClusterShown:
    """A Cluster with its node pools: those that are offered first, of them the default."""
    pools = sorted(row.node_pools.all(), key=lambda pool: (not pool.max_workers, not pool.is_default))
    return ClusterShown(
        id=row.pk,
        name=row.name,
        cloud_provider=row.provider.upper(),
        region=row.region,
        organization_id=settings.ORGANIZATION_ID,
        node_pools=[_node_pool(row, each) for each in pools]
        or [_node_pool(row, NodePool(id=NO_POOL, worker_type=NO_POOL, max_workers=0))],
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _node_pool(of: Cluster, row: NodePool) -> NodePoolShown:
    return NodePoolShown(
        id=row.pk,
        name=row.worker_type,
        node_instance_type=row.worker_type,
        cloud_provider=of.provider.upper(),
        cluster_id=of.pk,
        is_default=row.is_default,
        max_node_count=row.max_workers,
    )


def _updated_by(row: Deployment) -> Subject | None:
    if not row.updated_by_kind:
        return None
    kind = {Kind.USER: "USER", Kind.API_KEY: "SERVICEKEY"}.get(Kind(row.updated_by_kind))
    return Subject(id=row.updated_by_id, subject_type=kind, full_name=row.updated_by_name)


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
