"""Deployments as the client of today reads and sends them; see `schemas`."""

from typing import Annotated

from pydantic import Field

from apikeys.astro.v1.schemas import Page, Sent, Shown, Subject
from cloudui.web.rest.schemas import Moment
from deployments.queues.fields import MOST


class VariableShown(Shown):
    """An environment variable; the value of a secret is empty."""

    key: str
    value: str = Field(repr=False)
    is_secret: bool
    updated_at: Moment


class QueueShown(Shown):
    """A worker queue."""

    id: str
    name: str
    is_default: bool
    min_worker_count: int
    max_worker_count: int
    worker_concurrency: int
    node_pool_id: str
    pod_cpu: str
    pod_memory: str


class DeploymentShown(Shown):
    """A Deployment. Lists of Deployments leave out the environment variables."""

    id: str
    name: str
    description: str
    namespace: str
    type: str = "HYBRID"
    status: str
    workspace_id: str
    workspace_name: str
    organization_id: str
    cluster_id: str
    cluster_name: str
    cloud_provider: str
    region: str
    runtime_version: str
    astro_runtime_version: str
    airflow_version: str
    executor: str
    scheduler_au: int
    scheduler_replicas: int
    is_dag_deploy_enabled: bool
    is_cicd_enforced: bool
    is_high_availability: bool
    is_development_mode: bool = False
    task_pod_node_pool_id: str | None = None
    image_repository: str = ""
    image_tag: str
    web_server_url: str = ""
    web_server_airflow_api_url: str = ""
    contact_emails: list[str]
    environment_variables: list[VariableShown] | None = None
    worker_queues: list[QueueShown]
    created_at: Moment
    updated_at: Moment
    updated_by: Subject | None = None


class DeploymentPage(Page):
    """Some of the caller's Deployments."""

    deployments: list[DeploymentShown]


class VariableSent(Sent):
    """A variable as it is to be; a secret without a value keeps its own."""

    key: str
    value: str | None = Field(None, repr=False)
    is_secret: bool = False


Count = Annotated[int, Field(ge=0, le=MOST)]


class QueueSent(Sent):
    """A worker queue as it is to be; 0 is what the client sends where nobody chose."""

    name: str
    id: str | None = None
    node_pool_id: str | None = None
    min_worker_count: Count | None = None
    max_worker_count: Count | None = None
    worker_concurrency: Count | None = None


class SchedulerSent(Sent):
    """The schedulers; 0 keeps."""

    au: Count | None = None
    replicas: Count | None = None


class DeploymentSent(Sent):
    """What a Deployment becomes. What is missing or null stays, but null `contactEmails` stand for none."""

    type: str | None = None
    name: str | None = None
    description: str | None = None
    executor: str | None = None
    scheduler: SchedulerSent | None = None
    is_cicd_enforced: bool | None = None
    is_dag_deploy_enabled: bool | None = None
    is_high_availability: bool | None = None
    task_pod_node_pool_id: str | None = None
    contact_emails: list[str] | None = None
    environment_variables: list[VariableSent] | None = None
    worker_queues: list[QueueSent] | None = None
    workspace_id: str | None = None


class DeploymentNew(DeploymentSent):
    """A new Deployment."""

    name: str
    workspace_id: str
    cluster_id: str | None = None
    astro_runtime_version: str
