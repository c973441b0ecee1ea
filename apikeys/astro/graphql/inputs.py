"""What the client means by the input of a mutation.

It sends the whole Deployment with each change, and `dagDeployEnabled: false` and `apiKeyOnlyDeployments: false` also
where nobody chose them:

- `dagDeployEnabled` is false in every command but `--dag-deploy enable`. It turns DAG deploys off only where nothing
  else differs from what is stored, and no worker queues were sent.
- `apiKeyOnlyDeployments` is false with every Deployment file. It turns CI/CD enforcement off under the same condition,
  and where `dagDeployEnabled` says that it is no file: a file says of DAG deploys what is so, a flag says false.
"""

from typing import Any

from apikeys.astro.changes import ChangeRefused, DeploymentChange, QueueChange, executor_named
from deployments.models import Deployment

STAYS_ON_CLUSTER = "A Deployment stays on its Cluster, which is {}."


def new_deployment(given: dict[str, Any]) -> DeploymentChange:
    """A new Deployment as the client describes it: what nobody chose is filled in already."""
    return DeploymentChange(
        **_described(given),
        dag_deploys_enabled=given["dag_deploy_enabled"],
        ci_cd_enforced=given["api_key_only_deployments"],
    )


def update_of(given: dict[str, Any], stored: Deployment) -> DeploymentChange:
    """What the client changes of a Deployment, whose row the caller holds.

    Raises:
        ChangeRefused: for another Cluster.
    """
    if given["cluster_id"] != stored.cluster_id:
        raise ChangeRefused(STAYS_ON_CLUSTER.format(stored.cluster.name))
    described = _described(given)
    enables, enforces = given["dag_deploy_enabled"], given["api_key_only_deployments"]
    is_alone = described["queues"] is None and not _differs(described, stored)
    is_flag = stored.dag_deploys_enabled and not enables
    lowers = is_alone and is_flag and stored.ci_cd_enforced and not enforces
    disables = is_alone and is_flag and enforces == stored.ci_cd_enforced
    return DeploymentChange(
        **described,
        dag_deploys_enabled=True if enables else (False if disables else None),
        ci_cd_enforced=True if enforces else (False if lowers else None),
    )


def queue_changes(given: list[dict[str, Any]] | None) -> list[QueueChange] | None:
    """The worker queues as they were sent; what a worker has is decided by its node pool."""
    if given is None:
        return None
    return [
        QueueChange(
            name=queue["name"],
            id=queue.get("id") or "",
            node_pool=queue.get("node_pool_id") or "",
            min_workers=queue.get("min_worker_count"),
            max_workers=queue.get("max_worker_count"),
            concurrency=queue.get("worker_concurrency"),
        )
        for queue in given
    ]


def _described(given: dict[str, Any]) -> dict[str, Any]:
    scheduler = given["deployment_spec"]["scheduler"]
    return {
        "name": given["label"],
        "description": given["description"],
        "executor": executor_named(given["deployment_spec"]["executor"]),
        "scheduler_au": scheduler["au"],
        "scheduler_replicas": scheduler["replicas"],
        "queues": queue_changes(given.get("worker_queues")),
    }


def _differs(described: dict[str, Any], stored: Deployment) -> bool:
    fields = ("name", "description", "executor", "scheduler_au", "scheduler_replicas")
    # A number of 0 keeps.
    return any(
        described[field] != getattr(stored, field)
        for field in fields
        if not field.startswith("scheduler") or described[field]
    )
