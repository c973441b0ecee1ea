"""The tables of this app; import them from here."""

from deployments.models.cluster import Cluster, NodePool, RuntimeRelease
from deployments.models.deploy import Deploy, DeployFailures, DeployKind, DeployStatus
from deployments.models.deployment import Deployment, Executor, Status
from deployments.models.queue import WorkerQueue
from deployments.models.staged_deploy import StagedDeploy
from deployments.models.variable import EnvironmentVariable

__all__ = [
    "Cluster",
    "Deploy",
    "DeployFailures",
    "DeployKind",
    "DeployStatus",
    "Deployment",
    "EnvironmentVariable",
    "Executor",
    "NodePool",
    "RuntimeRelease",
    "StagedDeploy",
    "Status",
    "WorkerQueue",
]
