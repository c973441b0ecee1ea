"""The documents and inputs that the `astro` command-line client makes of what it was answered."""

from collections.abc import Mapping
from typing import Any


class Refused(Exception):
    """The client went no further by itself."""


def pool_id(cluster: Mapping[str, Any], worker_type: str) -> str:
    """The node pool of a worker type."""
    for pool in cluster["nodePools"]:
        if pool["nodeInstanceType"] == worker_type:
            return str(pool["id"])
    raise Refused(f"workerType {worker_type} is not available for this deployment")


def plain_queue(queue: Mapping[str, Any]) -> dict[str, Any]:
    """A queue without what its node pool decides."""
    return {name: value for name, value in queue.items() if name not in {"podCpu", "podRam"}}


def sent_queue(queue: Mapping[str, Any]) -> dict[str, Any]:
    """A queue as Go writes it: what is empty or 0 is left out where its type says so."""
    left_out = {"id", "maxWorkerCount", "workerConcurrency", "podCpu", "podRam"}
    return {name: value for name, value in queue.items() if value or name not in left_out}


def inspected(deployment: Mapping[str, Any]) -> dict[str, Any]:
    """What `astro deployment inspect` prints of a Deployment, but for its metadata."""
    spec, pools = deployment["deploymentSpec"], deployment["cluster"]["nodePools"]
    types = {pool["id"]: pool["nodeInstanceType"] for pool in pools}
    return {
        "configuration": {
            "name": deployment["label"],
            "description": deployment["description"],
            "dag_deploy_enabled": deployment["dagDeployEnabled"],
            "ci_cd_enforcement": deployment["apiKeyOnlyDeployments"],
            "executor": spec["executor"],
            "scheduler_au": spec["scheduler"]["au"],
            "scheduler_count": spec["scheduler"]["replicas"],
            "cluster_name": deployment["cluster"]["name"],
        },
        "worker_queues": [
            {
                "name": queue["name"],
                "max_worker_count": queue["maxWorkerCount"],
                "min_worker_count": queue["minWorkerCount"],
                "worker_concurrency": queue["workerConcurrency"],
                "worker_type": types.get(queue["nodePoolId"], ""),
            }
            for queue in deployment["workerQueues"]
        ],
        "environment_variables": [
            {"is_secret": each["isSecret"], "key": each["key"], "value": each["value"]}
            for each in spec["environmentVariablesObjects"]
        ],
        "alert_emails": deployment["alertEmails"],
    }
