"""What the REST interface takes and gives: snake case, times in UTC as RFC 3339 writes them.

A body is taken literally: no field that is not there, no text where a number should be.
"""

from datetime import datetime
from typing import Annotated, Any, ClassVar

from pydantic import (
    BaseModel,
    Field,
    GetJsonSchemaHandler,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from cloudui.web.api import rfc3339
from deployments.alerts import ALERT_EMAILS, EMAIL_LENGTH
from deployments.field_types import (
    STRICT,
    Description,
    ExecutorChoice,
    Name,
    SchedulerAu,
    SchedulerReplicas,
)
from deployments.models import Deployment
from deployments.models.deployment import Executor, Status

ID_PATTERN = "^c[0-9a-z]{24}$"


Id = Annotated[str, Field(pattern=ID_PATTERN)]
Moment = Annotated[
    datetime,
    PlainSerializer(rfc3339, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
ExecutorName = Annotated[str, WithJsonSchema({"type": "string", "enum": Executor.values})]
StatusName = Annotated[str, WithJsonSchema({"type": "string", "enum": Status.values})]
Version = Annotated[
    int,
    Field(
        ge=1,
        le=2**31 - 1,
        description="The version that you read. If it is another by now: 409, and nothing is changed.",
    ),
]


class Body(BaseModel):
    """What a request brings. A missing field leaves things as they are, so that no default is documented."""

    model_config = STRICT

    EXAMPLE: ClassVar[dict[str, Any]] = {}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        schema = handler(core_schema)
        described = handler.resolve_ref_schema(schema)
        for details in described.get("properties", {}).values():
            details.pop("default", None)
        if cls.EXAMPLE:
            described["examples"] = [cls.EXAMPLE]
        return schema


class Fault(BaseModel):
    """What is wrong with one field."""

    field: str
    message: str


class Problem(BaseModel):
    """Every answer other than success."""

    error: str = Field(description="A code for programs.")
    error_description: str = Field(description="A sentence for people.")


class Invalid(Problem):
    """The answer to a request that can be understood and not be followed."""

    fields: list[Fault]


class Named(BaseModel):
    """Something that has a name."""

    id: str
    name: str


class Actor(Named):
    """Who did something: a person, an API key, or the installation itself."""

    kind: Annotated[str, WithJsonSchema({"type": "string", "enum": ["user", "api_key", "system"]})]


class Caller(BaseModel):
    """The answer of /v1/whoami (apikeys.whoami)."""

    kind: Annotated[str, WithJsonSchema({"type": "string", "enum": ["user", "api_key"]})]
    id: str
    name: str
    rights: list[str] = Field(description="What the token opens.")
    expires_at: Moment = Field(serialization_alias="expiresAt")
    deployment: Named | None = Field(default=None, description="That of an API key.")
    workspace: Named | None = Field(default=None, description="That of an API key.")
    email: str | None = Field(default=None, description="That of a person.")


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

    name: Annotated[Name, Field(min_length=1)] = ""
    description: Description = ""
    executor: Annotated[
        ExecutorChoice,
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


def actor(kind: str, identifier: str, name: str) -> Actor | None:
    """Who did something, as a row keeps it; None where nobody is known."""
    return Actor(kind=kind, id=identifier, name=name) if kind else None


class AlertEmails(BaseModel):
    """Where alerts go."""

    alert_emails: list[str]


class AlertEmailsWanted(Body):
    """Where alerts go from now on."""

    EXAMPLE: ClassVar = {"alert_emails": ["team@example.com"]}

    alert_emails: list[Annotated[str, Field(max_length=EMAIL_LENGTH)]] = Field(max_length=ALERT_EMAILS)
