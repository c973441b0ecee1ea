"""The tables of this app; import them from here."""

from deployments.models.airflow import Airflow, AirflowAuth, AirflowRole, Ground
from deployments.models.airflow_visit import AirflowVisit
from deployments.models.alert import Alert, AlertKind
from deployments.models.cluster import Cluster, ClusterKind, NodePool, RuntimeRelease
from deployments.models.deploy import Deploy, DeployFailures, DeployKind, DeployStatus
from deployments.models.deployment import Deployment, Executor, Status
from deployments.models.queue import WorkerQueue
from deployments.models.staged_deploy import StagedDeploy
from deployments.models.variable import EnvironmentVariable

__all__ = [
    "Airflow",
    "AirflowAuth",
    "AirflowRole",
    "AirflowVisit",
    "Alert",
    "AlertKind",
    "Cluster",
    "ClusterKind",
    "Deploy",
    "DeployFailures",
    "DeployKind",
    "DeployStatus",
    "Deployment",
    "EnvironmentVariable",
    "Executor",
    "Ground",
    "NodePool",
    "RuntimeRelease",
    "StagedDeploy",
    "Status",
    "WorkerQueue",
]
