"""What the REST interface takes and gives of Deployments."""

from typing import Annotated, ClassVar

from pydantic import BaseModel, Field, WithJsonSchema

from cloudui.web.rest.schemas import Actor, Body, Id, Moment, Named, Version, actor, matching
from deployments.field_types import EXECUTOR_PATTERN, Description, Name, SchedulerAu, SchedulerReplicas
from deployments.models import Deployment
from deployments.models.deployment import Executor, Status

ExecutorName = Annotated[str, WithJsonSchema({"type": "string", "enum": Executor.values})]
StatusName = Annotated[str, WithJsonSchema({"type": "string", "enum": Status.values})]


class ClusterShown(Named):
    """Where a Deployment runs."""

    provider: str
    region: str


class DeploymentShown(BaseModel):
    """A Deployment."""

    id: Id
    name: str
    description: str
    release_name: str = Field(description="The namespace in which Airflow runs.")
    workspace: Named
    cluster: ClusterShown
    runtime_version: str
    airflow_version: str
    executor: ExecutorName
    scheduler_au: int
    scheduler_replicas: int
    is_highly_available: bool
    ci_cd_enforced: bool = Field(description="Whether only API keys may deploy code.")
    dag_deploys_enabled: bool
    alert_emails: list[str]
    status: StatusName
    airflow_url: str
    api_key_count: int
    variable_count: int
    worker_queue_count: int
    current_deploy: str | None = Field(description="The deploy whose files Airflow reads.")
    version: int = Field(description="Rises with each change of the configuration.")
    variables_version: int = Field(description="Rises with each change of the environment variables.")
    created_at: Moment
    updated_at: Moment
    updated_by: Actor | None

    @classmethod
    def of(cls, row: Deployment) -> "DeploymentShown":
        """A row with its Workspace, Cluster and runtime."""
        return cls(
            id=row.pk,
            name=row.name,
            description=row.description,
            release_name=row.release_name,
            workspace=Named(id=row.workspace.pk, name=row.workspace.name),
            cluster=ClusterShown(
                id=row.cluster.pk,
                name=row.cluster.name,
                provider=row.cluster.provider,
                region=row.cluster.region,
            ),
            runtime_version=row.runtime.version,
            airflow_version=row.runtime.airflow_version,
            executor=row.executor,
            scheduler_au=row.scheduler_au,
            scheduler_replicas=row.scheduler_replicas,
            is_highly_available=row.is_highly_available,
            ci_cd_enforced=row.ci_cd_enforced,
            dag_deploys_enabled=row.dag_deploys_enabled,
            alert_emails=row.alert_emails,
            status=row.status,
            airflow_url=row.airflow_url,
            api_key_count=row.api_key_count,
            variable_count=row.variable_count,
            worker_queue_count=row.worker_queue_count,
            current_deploy=row.current_deploy_id,
            version=row.configuration_version,
            variables_version=row.variables_version,
            created_at=row.created_at,
            updated_at=row.updated_at,
            updated_by=actor(row.updated_by_kind, row.updated_by_id, row.updated_by_name),
        )


class DeploymentPage(BaseModel):
    """One page of Deployments."""

    items: list[DeploymentShown]
    next_cursor: str | None


class DeploymentChanges(Body):
    """What changes of a Deployment; what is missing stays as it is."""

    EXAMPLE: ClassVar = {"description": "Nightly reports", "scheduler_au": 10}
    VIEW: ClassVar = DeploymentShown

    name: Annotated[Name, Field(min_length=1)] = ""
    description: Description = ""
    executor: Annotated[
        str,
        matching(EXECUTOR_PATTERN, f"Use {' or '.join(Executor.values)}."),
        Field(
            description="KubernetesExecutor deletes all worker queues; CeleryExecutor makes one named default.",
        ),
    ] = ""
    scheduler_au: SchedulerAu = 0
    scheduler_replicas: SchedulerReplicas = 0
    is_highly_available: bool = False
    ci_cd_enforced: Annotated[bool, Field(description="An API key cannot turn it off.")] = False
    dag_deploys_enabled: bool = False
    version: Version | None = None
