"""What the client of today reads, and what it sends. A field that is left out is one that it does without.

Nothing else may be left out: the client ends with a stack trace where it looks for one of them.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from cloudui.web.rest.schemas import Moment

# What a database has room for, so that no number is too large to be looked up.
MOST_ROWS = 2**31 - 1


class Shown(BaseModel):
    """Part of an answer."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Sent(BaseModel):
    """Part of a request. What we do not know is passed over: each version of the client sends something more."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="ignore",
        strict=True,
        hide_input_in_errors=True,
    )


class Page(Shown):
    """Part of a list, and how long the whole list is; without that the client reads no further."""

    total_count: int
    limit: int
    offset: int


class Subject(Shown):
    """Who did something."""

    id: str
    subject_type: str | None
    full_name: str


class OrganizationShown(Shown):
    """The Organization. `HYBRID` is the product whose Deployments run on Clusters that have names."""

    id: str
    name: str
    product: str = "HYBRID"
    status: str = "ACTIVE"
    is_scim_enabled: bool = False


class OrganizationPage(Page):
    """The one Organization."""

    organizations: list[OrganizationShown]


class SelfShown(Shown):
    """The person of a token."""

    id: str
    username: str
    full_name: str
    status: str = "ACTIVE"
    avatar_url: str = ""


class WorkspaceShown(Shown):
    """A Workspace."""

    id: str
    name: str
    description: str
    organization_id: str
    organization_name: str
    cicd_enforced_default: bool
    created_at: Moment
    updated_at: Moment


class WorkspacePage(Page):
    """Some of the caller's Workspaces."""

    workspaces: list[WorkspaceShown]


class WorkspaceSent(Sent):
    """A Workspace as it is to be."""

    name: str | None = None
    description: str | None = None
    cicd_enforced_default: bool | None = None


class NodePoolShown(Shown):
    """A kind of worker machine of a Cluster."""

    id: str
    name: str
    node_instance_type: str
    cloud_provider: str
    cluster_id: str
    is_default: bool
    max_node_count: int


class ClusterShown(Shown):
    """Where Deployments run."""

    id: str
    name: str
    cloud_provider: str
    region: str
    type: str = "HYBRID"
    status: str = "CREATED"
    organization_id: str
    node_pools: list[NodePoolShown]
    created_at: Moment
    updated_at: Moment


class ClusterPage(Page):
    """All Clusters that the caller may know of."""

    clusters: list[ClusterShown]


class Region(Shown):
    """A place of a provider."""

    name: str


class ClusterOptions(Shown):
    """The regions of a provider in which there are Clusters."""

    provider: str
    regions: list[Region]


class Limits(Shown):
    """What a number may be."""

    floor: int
    ceiling: int
    default: int


class QueueLimits(Shown):
    """What the numbers of a worker queue may be; the client sends nothing that is outside."""

    min_workers: Limits
    max_workers: Limits
    worker_concurrency: Limits


class Release(Shown):
    """A release that a Deployment may run."""

    version: str
    airflow_version: str
    channel: str


class SchedulerLimits(Shown):
    """What clients before 1.43 look up of the schedulers."""

    scheduler_astro_unit_range: Limits
    scheduler_replica_range: Limits


class DeploymentOptions(Shown):
    """What may be chosen for a Deployment. Its schedulers and workers are counted, and have no sizes to choose from."""

    executors: list[str]
    runtime_releases: list[Release]
    scheduler_machines: list[str] = []
    worker_machines: list[str] = []
    worker_queues: QueueLimits
    legacy_astro: SchedulerLimits


class LogShown(Shown):
    """Lines of a log; the client asks again as long as there are as many as it asked for."""

    limit: int
    max_num_results: int
    offset: int
    result_count: int
    search_id: str
    results: list[dict[str, Any]]


class HibernationSent(Sent):
    """Whether a Deployment hibernates from now on; `overrideUntil` would be a moment."""

    is_hibernating: bool
    override_until: str | None = None


class WorkspaceRoleShown(Shown):
    """A person's role in a Workspace."""

    workspace_id: str
    role: str


class UserShown(Shown):
    """A person, with the roles that the caller may know of."""

    id: str
    username: str
    full_name: str
    status: str
    avatar_url: str = ""
    organization_role: str
    workspace_roles: list[WorkspaceRoleShown]
    created_at: Moment
    updated_at: Moment


class UserPage(Page):
    """Some people."""

    users: list[UserShown]


class WorkspaceRoleSent(Sent):
    """A person's role in a Workspace, as it is to be."""

    workspace_id: str
    role: str


class RolesSent(Sent):
    """All roles of a person; a list that is missing stays."""

    organization_role: str | None = None
    workspace_roles: list[WorkspaceRoleSent] | None = None
