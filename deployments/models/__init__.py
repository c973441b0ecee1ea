"""The tables of this app; import them from here."""

from deployments.models.cluster import Cluster, NodePool, RuntimeRelease
from deployments.models.deploy import Deploy, DeployFailures, DeployStatus
from deployments.models.deployment import Deployment, Executor, Status
from deployments.models.queue import WorkerQueue
from deployments.models.variable import EnvironmentVariable

__all__ = [
    "Cluster",
    "Deploy",
    "DeployFailures",
    "DeployStatus",
    "Deployment",
    "EnvironmentVariable",
    "Executor",
    "NodePool",
    "RuntimeRelease",
    "Status",
    "WorkerQueue",
]
