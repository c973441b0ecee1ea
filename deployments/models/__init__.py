"""The tables of this app; import them from here."""

from deployments.models.cluster import Cluster, NodePool, RuntimeRelease
from deployments.models.deployment import Deployment, Executor, Status

__all__ = ["Cluster", "Deployment", "Executor", "NodePool", "RuntimeRelease", "Status"]
